"""Contenders and how they are timed: in turns, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

Byte = NDArray[np.uint8]


class Unavailable(Exception):
    """This contender cannot run here; the message says why."""


@dataclass(frozen=True)
class Contender:
    """Something that draws ``count`` images when ``draw`` is called; ``rgb`` makes pictures of its result."""

    key: str
    label: str
    count: int
    triangles: float
    draw: Callable[[], Any]
    rgb: Callable[[Any], Byte]


@dataclass(frozen=True)
class Sample:
    """Seconds per image in one repetition: on the clock, and of this process on all its threads."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Timing:
    """The samples of one contender, repetition by repetition."""

    samples: tuple[Sample, ...]

    @property
    def fps(self) -> float:
        """Images a second by the clock, median over the repetitions."""
        return 1.0 / median(sample.wall for sample in self.samples)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds an image, median over the repetitions."""
        return 1e3 * median(sample.cpu for sample in self.samples)


def measure(contender: Contender, seconds: float) -> Sample:
    """Draw again and again for at least ``seconds``."""
    images = 0
    wall, cpu = time.perf_counter(), time.process_time()
    while images == 0 or time.perf_counter() - wall < seconds:
        contender.draw()
        images += contender.count
    return Sample((time.perf_counter() - wall) / images, (time.process_time() - cpu) / images)


def interleaved(contenders: Sequence[Contender], repetitions: int, seconds: float) -> dict[str, Timing]:
    """Time every contender ``repetitions`` times, one after the other in each repetition."""
    samples: dict[str, list[Sample]] = {contender.key: [] for contender in contenders}
    for _ in range(repetitions):
        for contender in contenders:
            samples[contender.key].append(measure(contender, seconds))
    return {key: Timing(tuple(taken)) for key, taken in samples.items()}


def ratio(fast: Timing, slow: Timing) -> float:
    """How many times the images a second: the median of the ratios of each repetition."""
    return median(s.wall / f.wall for f, s in zip(fast.samples, slow.samples, strict=True))


def ratio_cpu(fast: Timing, slow: Timing) -> float:
    """The same in CPU time, which other work on the machine disturbs less."""
    return median(s.cpu / f.cpu for f, s in zip(fast.samples, slow.samples, strict=True))


def pin_to_one_core() -> set[int]:
    """Keep this process on one core, where the system can; returns the cores it had."""
    if not hasattr(os, "sched_setaffinity"):
        return set()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    return cores


def release(cores: set[int]) -> None:
    """Undo :func:`pin_to_one_core`."""
    if cores:
        os.sched_setaffinity(0, cores)
