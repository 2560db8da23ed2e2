"""Jobs on a pool of spawned processes, which stop within a step when their parent does."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeAlias

import torch

from simfactor.errors import SimfactorError
from simfactor.processes import lean_start
from simfactor.transfer.batched import Worlds, open_worlds, play
from simfactor.transfer.episodes import Act, Episodes, evaluate_domain
from simfactor.transfer.job import Job

Finished: TypeAlias = Generator[tuple[Job, Episodes], None, None]


class Flag(Protocol):
    """A truth value that processes share."""

    value: bool


def run_here(jobs: Sequence[Job]) -> Finished:
    """Each job with its result, one after another in this process."""
    with closing(_Bench()) as bench:
        for job in jobs:
            yield job, bench.test(job)


def run_in_pool(jobs: Sequence[Job], workers: int) -> Finished:
    """Each job with its result, in the order in which they finish in ``workers`` processes.

    Closing the iterator early (Ctrl-C does) stops the workers within one step of their environments. Raises
    what a job raised, and SimfactorError for a job that does not pickle and when a worker died.
    """
    for job in jobs:
        _check_picklable(job)
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue(ctypes.c_bool, False)
    pool = ProcessPoolExecutor(workers, context, _start_worker, (stop,))
    try:
        with lean_start(main=True):
            futures = {pool.submit(_work, job): job for job in jobs}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as error:
        raise SimfactorError(
            f"one of {workers} worker processes died (killed, or out of memory). Finished results are kept: "
            "run the same call again, with fewer workers if memory was short."
        ) from error
    finally:
        stop.value = True
        pool.shutdown(wait=True, cancel_futures=True)


_stop: Flag
_bench: _Bench


def _start_worker(stop: Flag) -> None:
    global _stop, _bench
    _stop, _bench = stop, _Bench()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets Ctrl-C, and tells by the flag
    torch.set_num_threads(1)  # two threads a worker are slower than one, and there is a worker a core


def _work(job: Job) -> Episodes:
    return _bench.test(job, _watchful)


def _watchful(act: Act) -> Act:
    """The same policy, which stops when the parent has asked for it or is no more."""
    parent = multiprocessing.parent_process()

    def watched(observation: Any) -> Any:
        if parent is not None and not parent.is_alive():
            os._exit(1)  # killed: nobody waits for this, and the pool's queue would wait for ever
        if _stop.value:
            raise CancelledError
        return act(observation)

    return watched


class _Bench:
    """Where jobs are tested: the agent and its worlds stay open as long as the next job needs the same."""

    def __init__(self) -> None:
        self._open: tuple[Any, Act, Worlds | None] | None = None

    def test(self, job: Job, guard: Callable[[Act], Act] = lambda act: act) -> Episodes:
        """The episodes of a job."""
        act, worlds = self._opened(job)
        act = guard(act)

        def one_by_one(seeds: Sequence[int]) -> Episodes:
            return evaluate_domain(act, job.make_env, job.domain, seeds, job.film_frames, progress=False)

        if worlds is None:
            return one_by_one(job.episode_seeds)
        episodes = play(act, worlds, job.domain, job.episode_seeds)
        return replace(episodes, film=one_by_one(job.episode_seeds[:1]).film) if job.film_frames else episodes

    def close(self) -> None:
        """Close the worlds; a second call does nothing."""
        if self._open is not None and self._open[2] is not None:
            self._open[2].close()
        self._open = None

    def _opened(self, job: Job) -> tuple[Act, Worlds | None]:
        makers = (_content(job.open_agent), _content(job.make_vector))
        wanted = (*makers, job.version, len(job.episode_seeds))
        if self._open is None or self._open[0] != wanted:
            self.close()
            make = job.make_vector
            worlds = None if make is None else open_worlds(make, job.domain, job.episode_seeds)
            self._open = wanted, job.open_agent(), worlds
        return self._open[1:]


def _content(function: Any) -> Any:
    """What two partial functions of equal content have in common; they travel one by one, as copies."""
    return (function.func, function.args, function.keywords) if isinstance(function, partial) else function


def _check_picklable(job: Job) -> None:
    try:
        pickle.dumps(job)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise SimfactorError(
            f"job {job.name!r} cannot be sent to another process ({error}); open_agent and make_env must be "
            "functions of a module, or functools.partial of one, or use workers=1."
        ) from error
