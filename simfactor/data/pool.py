"""Worker processes that make shards: one maker each, deaf to Ctrl-C, gone when their parent is."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from contextlib import closing
from typing import Protocol, TypeAlias

from simfactor.data.shards import Shard
from simfactor.processes import lean_start

Shards: TypeAlias = Generator[tuple[int, Shard], None, None]


class Flag(Protocol):
    """A truth value that processes share."""

    value: bool


class ShardMaker(Protocol):
    """Makes the shards of one data set; can be sent to other processes."""

    def make(self, number: int, stop: Flag | None = None) -> Shard:
        """Make and write one shard. Gives up soon once ``stop`` is set."""

    def close(self) -> None:
        """Close what making them has opened."""


def go_on(stop: Flag | None) -> None:
    """Raise CancelledError once ``stop`` is set."""
    if stop is not None and stop.value:
        raise CancelledError


def shards_here(maker: ShardMaker, numbers: Sequence[int]) -> Shards:
    """Make shards one after another in this process."""
    with closing(maker):
        for number in numbers:
            yield number, maker.make(number)


def shards_in_pool(maker: ShardMaker, numbers: Sequence[int], workers: int) -> Shards:
    """Make shards in ``workers`` processes; yields each as it is finished.

    Closing the iterator early stops the workers within one chunk of images. Raises what a worker raised, or
    ``BrokenProcessPool`` when one died.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue(ctypes.c_bool, False)  # without a lock that a killed worker could take along
    pool = ProcessPoolExecutor(workers, context, _start_worker, (maker, stop))
    try:
        with lean_start():
            futures = {pool.submit(_work, number): number for number in numbers}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        stop.value = True
        pool.shutdown(wait=True, cancel_futures=True)


_maker: ShardMaker
_stop: Flag


def _start_worker(maker: ShardMaker, stop: Flag) -> None:
    global _maker, _stop
    _maker, _stop = maker, stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent handles it
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(number: int) -> Shard:
    go_on(_stop)  # before anything opens
    return _maker.make(number, _stop)
