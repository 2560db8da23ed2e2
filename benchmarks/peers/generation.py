"""Whole-pipeline generation: sample, pose, render and write labelled images with two worker processes."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from statistics import median

from peers.contender import Unavailable
from peers.scenes import tabletop_rows
from simfactor.render import RENDERERS, StudioSpec

WORKERS = 2
FEW, MANY = 1024, 32768  # images of a run, at least and at most
SHARD = 512


def rate(renderer: str, repetitions: int, count: int) -> dict[str, float | None]:
    """Images a second at 64 px of runs of ``count`` images: in all, and once the workers have started.

    The latter is None if starting took so much of the time that it could not be told. Raises Unavailable
    where PyBullet or the renderer is missing.
    """
    if importlib.util.find_spec("pybullet") is None:
        raise Unavailable("pybullet is not installed")
    if renderer not in RENDERERS:
        raise Unavailable(f"there is no renderer {renderer!r} here")
    _seconds(renderer, WORKERS)  # fills the caches on disk
    start = median(_seconds(renderer, WORKERS) for _ in range(repetitions))
    count = min(max(count, FEW), MANY)
    whole = median(_seconds(renderer, count) for _ in range(repetitions))
    return {
        "generate_64_images_per_s": (count - WORKERS) / (whole - start) if whole > 1.2 * start else None,
        "generate_64_images_per_s_with_start": count / whole,
        "generate_64_start_s": start,
        "generate_64_images": count,
    }


def _seconds(renderer: str, count: int) -> float:
    from simfactor.data import generate  # here, because machines that only render lack what it needs

    space, _ = tabletop_rows()
    shard = max(1, min(SHARD, count // (2 * WORKERS)))
    spec = StudioSpec("tabletop", renderer, 64)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        generate(space, folder, count, 0, spec, shard_size=shard, workers=WORKERS, progress=False)
        return time.perf_counter() - start
