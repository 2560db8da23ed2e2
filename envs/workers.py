"""Worlds in other processes, which do physics and send back poses."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import pickle
import signal
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np

from simfactor.envs.moments import Array, Moment, Turn
from simfactor.envs.worlds import Options, Seeds, Worlds, WorldSpec
from simfactor.errors import SimfactorError
from simfactor.processes import deferred_interrupt, lean_start
from simfactor.scene.state import SceneState

PATIENCE = 10.0  # seconds that a worker has to close its worlds


@dataclass
class _Worker:
    process: SpawnProcess
    link: Connection
    rows: slice  # its worlds
    seeds: Seeds = ()  # that they were last given

    def __str__(self) -> str:
        return f"worlds {self.rows.start} to {self.rows.stop - 1}"


class Workers:
    """As :class:`Worlds`, but shared among ``workers`` processes, which step at the same time.

    Requests go to all before any answer is read. Ctrl-C takes effect between two requests. The processes end
    with this one, however that ends: their connection breaks.

    Raises SimfactorError for more workers than worlds, arguments that do not pickle, and when a worker has
    died; what Worlds raises comes out as it was.
    """

    def __init__(self, spec: WorldSpec, count: int, workers: int, looks: bool, same_step: bool) -> None:
        self._workers: list[_Worker] = []
        if multiprocessing.current_process().daemon:
            raise SimfactorError(
                f"workers={workers} in a process that is a worker itself, which must not start others; "
                "use workers=0 there."
            )
        edges = np.linspace(0, count, workers + 1).round().astype(int).tolist()
        packed = _packed(spec)
        with lean_start(main=b"__main__" in packed):
            for first, stop in itertools.pairwise(edges):
                self._workers.append(_start(packed, slice(first, stop), looks, same_step))

    def reset(self, seeds: Seeds, options: Options) -> Moment:
        """As of Worlds."""
        for worker in self._workers:
            worker.seeds = list(seeds[worker.rows])
        return Moment.join(self._ask("reset", seeds, options))

    def step(self, moves: Array) -> Turn:
        """As of Worlds."""
        return Turn.join(self._ask("step", moves))

    def state(self) -> SceneState:
        """As of Worlds."""
        return SceneState.concatenate(self._ask("state"))

    def bodies(self) -> dict[str, int]:
        """As of Worlds."""
        bodies: dict[str, int] = self._ask("bodies")[0]
        return bodies

    def close(self) -> None:
        """End the processes; a second call does nothing."""
        for worker in self._workers:
            worker.link.close()  # which tells them
        for worker in self._workers:
            worker.process.join(PATIENCE)
            worker.process.kill()
            worker.process.join()
            worker.process.close()
        self._workers = []

    def _ask(self, name: str, *columns: Any) -> list[Any]:
        """The answers of all workers, each of which gets its rows of ``columns``."""
        if not self._workers:
            raise SimfactorError("the worker processes have ended; make the environment anew.")
        with deferred_interrupt():  # an answer that was left unread would be taken for the next one's
            for worker in self._workers:
                _send(worker, (name, [column[worker.rows] for column in columns]))
            answers = [self._receive(worker) for worker in self._workers]
        for ok, answer, trace in answers:
            if not ok:
                raise RuntimeError(f"{answer}\n{trace}") if trace else SimfactorError(answer)
        return [answer for _, answer, _ in answers]

    def _receive(self, worker: _Worker) -> Any:
        try:
            return worker.link.recv()
        except (EOFError, OSError):
            worker.process.join(PATIENCE)
            died = (
                f"the worker process of {worker} died (exit status {worker.process.exitcode}; -9: killed, "
                f"perhaps for want of memory). They were last reset with seeds {_told(worker.seeds)}. All "
                "workers are closed: make the environment anew, with fewer workers if memory was short."
            )
        self.close()
        raise SimfactorError(died)


def _told(seeds: Seeds) -> str:
    return ", ".join(map(str, seeds)) or "(none yet)"


def _packed(spec: WorldSpec) -> bytes:
    try:
        return pickle.dumps(spec)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise SimfactorError(
            f"the environment's arguments cannot be sent to worker processes ({error}); use functions of a "
            "module, or functools.partial of one, or workers=0."
        ) from error


def _start(packed: bytes, rows: slice, looks: bool, same_step: bool) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (theirs, packed, range(rows.start, rows.stop), looks, same_step)
    process = context.Process(target=_work, args=arguments, daemon=True)
    process.start()
    theirs.close()  # or its end would not be noticed here
    return _Worker(process, ours, rows)


def _send(worker: _Worker, request: Any) -> None:
    with contextlib.suppress(OSError):  # it has died: there will be no answer, which says so
        worker.link.send(request)


def _work(link: Connection, packed: bytes, numbers: range, looks: bool, same_step: bool) -> None:
    """A worker's main function: answers until the other end closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent handles it
    worlds = Worlds(pickle.loads(packed), numbers, looks, same_step)
    try:
        while True:
            name, arguments = link.recv()
            link.send(_answer(worlds, name, arguments))
    except (EOFError, OSError):
        worlds.close()


def _answer(worlds: Worlds, name: str, arguments: list[Any]) -> tuple[bool, Any, str]:
    """Whether it went well; the answer, or what went wrong; the trace of what nobody has foreseen."""
    try:
        return True, getattr(worlds, name)(*arguments), ""
    except SimfactorError as error:
        return False, str(error), ""
    except Exception as error:
        return False, f"{type(error).__name__}: {error}", traceback.format_exc()
