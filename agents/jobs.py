"""Many trainings at a time, each in a process of its own; they share nothing but files."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from simfactor.agents.description import read_description
from simfactor.agents.record import steps_done
from simfactor.agents.train import MakeEnv, train_agent
from simfactor.errors import SimfactorError
from simfactor.processes import lean_start

LOOK = 0.5  # seconds between two looks at the curves
INTERRUPTED = 130  # exit status, as of a shell


@dataclass(frozen=True)
class TrainJob:
    """One training: ``train_agent(make_env, out, **options)``. All of it must pickle."""

    name: str
    make_env: MakeEnv
    out: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Environment steps of the training."""
        default = (train_agent.__kwdefaults__ or {})["steps"]
        return int(self.options.get("steps", default))


@dataclass(frozen=True)
class _Running:
    job: TrainJob
    process: SpawnProcess
    link: Connection  # takes the job, gives its failure


def train_agents(jobs: Sequence[TrainJob], workers: int = 2, progress: bool = True) -> dict[str, Path]:
    """Train all jobs, ``workers`` at a time; job name -> folder of its agent.

    On Ctrl-C, and when a job fails, every training that runs writes its checkpoint, and the same call later
    resumes all of them; finished ones are not run again. A process per job, not a pool: one that is killed
    (out of memory, say) then takes no other with it and can be named.

    Raises SimfactorError for jobs that share a name or folder, that do not pickle, or that fail with a
    SimfactorError; RuntimeError, with the worker's traceback, for those that fail otherwise.
    """
    _check_distinct(jobs)
    waiting, running = [job for job in jobs if not _finished(job)], list[_Running]()
    total, disable = sum(job.steps for job in jobs), None if progress else True
    with tqdm(total=total, initial=_steps_done(jobs), desc="training", disable=disable) as bar:
        try:
            while waiting or running:
                while waiting and len(running) < max(workers, 1):
                    running.append(_start(waiting.pop(0)))
                wait([worker.process.sentinel for worker in running], timeout=LOOK)
                ended = [worker for worker in running if not worker.process.is_alive()]
                running = [worker for worker in running if worker not in ended]
                for worker in ended:
                    _check_outcome(worker)
                bar.update(_steps_done(jobs) - bar.n)
        finally:
            _stop(running)
        bar.update(total - bar.n)
    return {job.name: job.out for job in jobs}


def _check_distinct(jobs: Sequence[TrainJob]) -> None:
    for what, values in (("name", [job.name for job in jobs]), ("folder", [str(job.out) for job in jobs])):
        repeated = sorted({value for value in values if values.count(value) > 1})
        if repeated:
            raise SimfactorError(f"several jobs have the {what} {repeated[0]!r}; give each its own.")


def _steps_done(jobs: Sequence[TrainJob]) -> int:
    return sum(min(steps_done(job.out), job.steps) for job in jobs)


def _finished(job: TrainJob) -> bool:
    """Whether there is nothing to do. Raises SimfactorError if the folder holds another training."""
    stored = read_description(job.out)
    if stored is None or not stored["finished"]:
        return False
    try:
        train_agent(job.make_env, job.out, **job.options)
    except SimfactorError as error:
        raise SimfactorError(f"job {job.name!r}: {error}") from error
    return True


def _start(job: TrainJob) -> _Running:
    try:
        packed = pickle.dumps(job)
    except (AttributeError, TypeError, ValueError, ImportError, pickle.PicklingError) as error:
        raise SimfactorError(
            f"job {job.name!r} cannot be sent to a worker process ({error}); make_env must be a function of "
            "a module, or functools.partial of one with arguments that pickle."
        ) from error
    context = multiprocessing.get_context("spawn")
    link, end = context.Pipe()
    # daemons are ended (and so write their checkpoints) whatever ends the parent
    process = context.Process(target=_work, args=(end,), name=job.name, daemon=True)
    # only the parent gets the terminal's Ctrl-C, and tells its workers once: a second interrupt would
    # break into the writing of the checkpoint
    with lean_start(main=b"__main__" in packed), suppress(ConnectionError):
        process.start()
        end.close()
        # not as an argument, or the start would wait for ever if the process died over a long one; here that
        # is a ConnectionError, and its exit status will tell
        link.send_bytes(packed)
    return _Running(job, process, link)


def _work(link: Connection) -> None:
    """The worker's main function. SIGTERM is its Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        job: TrainJob = pickle.loads(link.recv_bytes())
        train_agent(job.make_env, job.out, **{**job.options, "progress": False})
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SimfactorError as error:
        link.send((str(error), ""))
        sys.exit(1)
    except Exception as error:
        link.send((f"{type(error).__name__}: {error}", traceback.format_exc()))
        sys.exit(1)


def _interrupt(signum: int, frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _check_outcome(worker: _Running) -> None:
    """Raise what went wrong in a worker that has ended, naming its job."""
    worker.process.join()
    code, name = worker.process.exitcode, worker.job.name
    if code == 0:
        return
    try:
        message, trace = worker.link.recv()
    except (EOFError, OSError):
        raise RuntimeError(
            f"job {name!r} ended with exit status {code} and no report (status -9: the system ran out of "
            "memory, try fewer workers); run the same call again to resume."
        ) from None
    if not trace:
        raise SimfactorError(f"job {name!r}: {message}")
    raise RuntimeError(f"job {name!r} failed: {message}\n{trace}")


def _stop(running: Sequence[_Running]) -> None:
    """End the workers, each after it has written its checkpoint."""
    for worker in running:
        worker.process.terminate()
    for worker in running:
        worker.process.join()
