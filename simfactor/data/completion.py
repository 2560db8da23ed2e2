"""Making what is missing of a data set, shard by shard; the same call again goes on where it stopped."""

from __future__ import annotations

import fcntl
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from simfactor.atomic import remove_partial
from simfactor.data.dataset import FactorDataset
from simfactor.data.manifest import FILE, Manifest
from simfactor.data.pool import ShardMaker, shards_here, shards_in_pool
from simfactor.data.shards import KINDS, is_whole
from simfactor.errors import SimfactorError
from simfactor.render import StudioSpec


def complete(
    wanted: Manifest,
    out: str | Path,
    maker: Callable[[Manifest, Path], ShardMaker],
    workers: int | None,
    progress: bool,
    finish: Callable[[Manifest, Path], Manifest] | None = None,
) -> FactorDataset:
    """The data set ``wanted`` in the folder ``out``, where whole shards of it are kept and the rest is made.

    ``maker`` is given the recipe and the folder; ``workers`` processes make shards (default: one a core, or
    one for CUDA), with 1 this one. ``finish`` says what is known only once all shards are there. Raises as
    :func:`simfactor.data.generate` does.
    """
    workers = _check_workers(workers, wanted.spec)
    folder = Path(out)
    with _alone_in(folder):
        remove_partial(folder)
        manifest = _continued(folder, wanted)
        if manifest.missing:
            _check_room(folder, manifest)
            try:
                manifest = _completed(folder, manifest, maker, workers, progress)
            finally:
                remove_partial(folder)
        (finish(manifest, folder) if finish else manifest).save(folder)
    return FactorDataset(folder)


def _completed(
    folder: Path,
    manifest: Manifest,
    maker: Callable[[Manifest, Path], ShardMaker],
    workers: int,
    progress: bool,
) -> Manifest:
    missing = manifest.missing
    workers = min(workers, len(missing))
    makes = maker(replace(manifest, shards={}), folder)
    shards = shards_in_pool(makes, missing, workers) if workers > 1 else shards_here(makes, missing)
    bar = tqdm(
        total=manifest.count,
        initial=manifest.finished_images,
        unit=" images",
        disable=None if progress else True,  # None: shown on terminals only
    )
    try:
        with closing(shards), bar:
            for number, shard in shards:
                manifest = manifest.with_shard(number, shard)
                manifest.save(folder)
                bar.update(shard.rows)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped: {len(manifest.shards)} of {manifest.shard_count} shards are finished in "
            f"{str(folder)!r}; run the same command again to go on."
        ) from None
    except BrokenProcessPool:
        raise SimfactorError(
            f"a worker process died (killed, or out of memory); missing in {str(folder)!r}: shards "
            f"{_spans(manifest.missing)} of {manifest.shard_count}. Finished shards are kept: run the same "
            f"command again, with fewer than {workers} workers if memory is short."
        ) from None
    return manifest


def _continued(folder: Path, wanted: Manifest) -> Manifest:
    """The wanted data set with those shards that are in the folder already, checked byte by byte."""
    if not (folder / FILE).exists():
        return wanted
    there = Manifest.load(folder)
    differences = there.differences(wanted)
    if there.count > wanted.count:
        differences.append(f"count is {there.count}, more than {wanted.count}")
    if differences:
        raise SimfactorError(
            f"{str(folder)!r} holds another data set: {'; '.join(differences)}. "
            "Give the same arguments to go on with it, or another folder (or delete this one)."
        )
    shards = {
        number: shard
        for number, shard in there.shards.items()
        if shard.rows == len(wanted.rows_of(number)) and is_whole(folder, shard)
    }
    if len(shards) < wanted.shard_count and there.versions != wanted.versions:
        warnings.warn(
            f"{str(folder)!r} was begun with {dict(there.versions)}, goes on with {dict(wanted.versions)}: "
            "images may differ in detail; generate into a new folder if that matters.",
            stacklevel=4,  # the line that called generate
        )
    return replace(wanted, versions=there.versions, shards=shards)


def _check_room(folder: Path, manifest: Manifest) -> None:
    pixels = manifest.spec.image_size**2
    pixel_bytes = sum(KINDS[kind].pixel_bytes for kind in manifest.keep)
    images = sum(len(manifest.rows_of(number)) for number in manifest.missing)
    needed = images * (pixels * pixel_bytes + 8 * (len(manifest.space) + 1))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SimfactorError(
            f"{images} images need {needed / 1e6:,.1f} MB in {str(folder)!r}, where {free / 1e6:,.1f} MB are "
            "free; make room, choose another folder, or lower count, image size or the channels in keep."
        )


def _check_workers(workers: int | None, spec: StudioSpec) -> int:
    if workers is None and spec.device != "cpu":
        return 1  # the GPU is one, and each process would take its own share of the memory
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SimfactorError(f"workers={workers!r} must be a whole number of at least 1 (None: one a core).")
    return workers


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for this process only; the lock goes with the process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise SimfactorError(
            f"cannot write to {str(folder)!r}: {error.strerror}; choose a folder that you may write to."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SimfactorError(
                f"another process is writing to {str(folder)!r}; wait for it, or choose another folder."
            ) from None
        yield


def _spans(numbers: Sequence[int]) -> str:
    """Ascending numbers in short: ``0, 3-5``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    return ", ".join("-".join(map(str, span)) for span in spans)
