"""Worker processes that render shards: one studio each, deaf to Ctrl-C, gone when their parent is."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypeAlias

from simfactor.data.manifest import Manifest
from simfactor.data.shards import Shard, write_shard
from simfactor.frames import Images
from simfactor.render import Studio

CHUNK_IMAGES = 64
CHUNK_PIXELS = 1 << 22
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


Shards: TypeAlias = Generator[tuple[int, Shard], None, None]


class Flag(Protocol):
    """A truth value that processes share."""

    value: bool


def render_shard(
    studio: Studio, recipe: Manifest, folder: Path, number: int, stop: Flag | None = None
) -> Shard:
    """Render and write one shard. Gives up between two chunks of images once ``stop`` is set."""
    indices = recipe.rows_of(number)
    rows = recipe.factors_of(number)

    def parts() -> Iterator[Images]:
        chunk = max(1, min(CHUNK_IMAGES, CHUNK_PIXELS // recipe.spec.image_size**2))
        for start in range(0, len(rows), chunk):
            if stop is not None and stop.value:
                raise CancelledError
            yield studio.images(recipe.space, rows[start : start + chunk])

    return write_shard(folder, number, recipe.space, indices.start, rows, recipe.keep, parts())


def shards_here(recipe: Manifest, folder: Path, numbers: Sequence[int]) -> Shards:
    """Render shards one after another in this process."""
    with recipe.spec.open() as studio:
        for number in numbers:
            yield number, render_shard(studio, recipe, folder, number)


def shards_in_pool(recipe: Manifest, folder: Path, numbers: Sequence[int], workers: int) -> Shards:
    """Render shards in ``workers`` processes; yields each as it is finished.

    Closing the iterator early stops the workers within one chunk of images. Raises what a worker raised, or
    ``BrokenProcessPool`` when one died.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue(ctypes.c_bool, False)  # without a lock that a killed worker could take along
    pool = ProcessPoolExecutor(workers, context, _start_worker, (_Task(recipe, folder, stop),))
    try:
        with _lean_start():
            futures = {pool.submit(_work, number): number for number in numbers}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        stop.value = True
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class _Task:
    """What a worker was started for; its studio opens with its first shard and stays open."""

    recipe: Manifest
    folder: Path
    stop: Flag

    @cached_property
    def studio(self) -> Studio:
        return self.recipe.spec.open()


_task: _Task


def _start_worker(task: _Task) -> None:
    global _task
    _task = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent handles it
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(number: int) -> Shard:
    if _task.stop.value:
        raise CancelledError  # before the studio opens
    return render_shard(_task.studio, _task.recipe, _task.folder, number, _task.stop)


@contextmanager
def _lean_start() -> Iterator[None]:
    """Processes started inside block SIGINT, keep to one thread, and do without the caller's main module.

    A worker needs nothing of ``__main__``; importing it there would run a script that has no
    ``if __name__ == "__main__"`` once more, and load whatever a program loads.
    """
    threads = {name: os.environ.get(name) for name in THREAD_LIMITS}
    main = sys.modules["__main__"]
    with _deferred_interrupt():
        ensure_running()  # starting the tracker later would unblock SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
            sys.modules["__main__"] = ModuleType("__main__")
            yield
        finally:
            sys.modules["__main__"] = main
            for name, value in threads.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def _deferred_interrupt() -> Iterator[None]:
    """Ctrl-C takes effect at the end of the block: a process whose start it cuts short would wait for ever.

    Blocking the signal does not do that: another thread takes it, and the main thread is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():  # only that one is ever interrupted
        yield
        return
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
    if arrived:
        signal.raise_signal(signal.SIGINT)
