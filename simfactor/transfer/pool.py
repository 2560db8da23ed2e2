"""Where jobs are tested in spawned processes, which stop within a step when their parent does."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
from collections.abc import Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

import torch

from simfactor.errors import SimfactorError
from simfactor.processes import deferred_interrupt, lean_start
from simfactor.transfer.bench import Bench, Finished
from simfactor.transfer.episodes import Act, Episodes
from simfactor.transfer.job import Job


class Flag(Protocol):
    """A truth value that processes share."""

    value: bool


class Tester(Protocol):
    """What runs jobs; close it when there are no more."""

    def run(self, jobs: Sequence[Job]) -> Finished:
        """Each job with its result."""

    def close(self) -> None:
        """Stop what runs."""


def open_tester(workers: int | None) -> Tester:
    """A tester of ``workers`` processes, by default one a core; 1 is this one."""
    count = workers or os.cpu_count() or 1
    return Pool(count) if count > 1 else Bench()


class Pool:
    """Processes, each with a bench of its own. They start with the first jobs."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.workers = workers
        self._stop: Flag = context.RawValue(ctypes.c_bool, False)
        self._pool = ProcessPoolExecutor(workers, context, _start_worker, (self._stop,))

    def run(self, jobs: Sequence[Job]) -> Finished:
        """Each job with its result, in the order in which they finish.

        Raises what a job raised, and SimfactorError for a job that does not pickle and when a worker died.
        """
        for job in jobs:
            _check_picklable(job)
        try:
            with lean_start(main=True):
                futures = {self._pool.submit(_work, job): job for job in jobs}
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise SimfactorError(
                f"one of {self.workers} worker processes died (killed, or out of memory). Finished results "
                "are kept: run the same call again, with fewer workers if memory was short."
            ) from error

    def close(self) -> None:
        """Stop the workers, each within a step of its environments; a second call does nothing."""
        self._stop.value = True
        with deferred_interrupt():  # a second Ctrl-C would leave workers for the exit to wait for
            self._pool.shutdown(wait=True, cancel_futures=True)


_stop: Flag
_bench: Bench


def _start_worker(stop: Flag) -> None:
    global _stop, _bench
    _stop, _bench = stop, Bench()
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


def _check_picklable(job: Job) -> None:
    try:
        pickle.dumps(job)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise SimfactorError(
            f"job {job.name!r} cannot be sent to another process ({error}); open_agent and make_env must be "
            "functions of a module, or functools.partial of one, or use workers=1."
        ) from error
