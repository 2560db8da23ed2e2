"""Worker processes that render shards: one studio each, deaf to Ctrl-C, gone when their parent is."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeAlias

from simfactor.data.manifest import Manifest
from simfactor.data.shards import Shard, write_shard
from simfactor.frames import Images
from simfactor.processes import lean_start
from simfactor.render import Studio

CHUNK_IMAGES = 64
CHUNK_PIXELS = 1 << 22


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
        with lean_start():
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
