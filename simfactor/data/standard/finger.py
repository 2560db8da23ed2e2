"""Reader of robot_finger_datasets (Dittadi et al. 2021): a robot finger and a cube, simulated and real.

Not every combination of its factors occurs (the finger would stand in the cube): it is a list of rows.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.data.lattice import Lattice
from simfactor.data.shards import npy_header
from simfactor.data.standard import spaces
from simfactor.data.standard.archives import AGAIN, npy_array, npz_array, npz_images, readable, unpack
from simfactor.data.standard.contents import Contents, Sizes, folder_at
from simfactor.data.standard.pixels import ArrayPixels, Pixels, SpanPixels
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Factor

INDEX_BYTES = 16  # of one image in the unpacked index of a tar archive


def robot_finger(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """A folder ``finger``, ``finger_heldout_colors`` or ``finger_real`` of robot_finger_datasets.

    With the folder's name in front it holds ``_labels.npz`` (labels, level numbers), ``_info.npz``
    (num_factor_values) and ``_images.tar`` or ``_images.npz``. The info file's pickled ``factor_values`` are
    not read: colours are numbered, and the other factors have evenly spaced levels over the simulated set's
    published ranges. The tar archive is read once from end to end, for an index of where each image is.
    """
    folder_at(path, "robot_finger_datasets' finger, finger_heldout_colors or finger_real")
    if sizes is not None:
        raise SimfactorError(f"sizes={tuple(sizes)} is not needed: robot_finger's info file has them.")
    lattice = _lattice(path / f"{path.name}_info.npz")
    labels = _labels(path / f"{path.name}_labels.npz", lattice)
    positions = np.ravel_multi_index(tuple(labels.T), lattice.sizes)
    return Contents(_pixels(path, len(labels), cache), lattice, positions)


def _lattice(info: Path) -> Lattice:
    sizes = npz_array(info, "num_factor_values")
    space = spaces.ROBOT_FINGER
    if sizes.shape != (len(space),) or sizes.dtype.kind not in "iu" or np.any(sizes < 1):
        raise SimfactorError(
            f"{str(info)!r}: num_factor_values is {sizes.tolist()}; needed are {len(space)} whole numbers of "
            f"at least 1, for {', '.join(space.names)}. {AGAIN}"
        )
    factors = space.factors.items()
    levels = {name: _levels(factor, int(n)) for (name, factor), n in zip(factors, sizes, strict=True)}
    return Lattice(replace(space, factors=levels))


def _levels(factor: Factor, count: int) -> Factor:
    if isinstance(factor, Categorical):
        names = factor.values if count <= factor.levels else tuple(str(i) for i in range(count))
        return replace(factor, values=names[:count])
    return replace(factor, levels=count)


def _labels(path: Path, lattice: Lattice) -> NDArray[np.int64]:
    labels = npz_array(path, "labels")
    names, sizes = lattice.space.names, lattice.sizes
    if labels.ndim != 2 or labels.shape[1] != len(names) or labels.dtype.kind not in "iuf" or not len(labels):
        raise SimfactorError(
            f"{str(path)!r} holds labels {labels.shape} of {labels.dtype}; needed are numbers (N, "
            f"{len(names)}), a column each for {', '.join(names)}. {AGAIN}"
        )
    for k, name in enumerate(names):
        column = labels[:, k]
        wrong = np.flatnonzero((column < 0) | (column >= sizes[k]) | (column != np.rint(column)))
        if len(wrong):
            raise SimfactorError(
                f"{str(path)!r}: {name} of image {wrong[0]} is {column[wrong[0]]:g}, but its level numbers "
                f"go from 0 to {sizes[k] - 1}. {AGAIN}"
            )
    return labels.astype(np.int64)


def _pixels(path: Path, count: int, cache: Path | None) -> Pixels:
    arrays, tar = path / f"{path.name}_images.npz", path / f"{path.name}_images.tar"
    if arrays.is_file():
        return ArrayPixels([npz_images(arrays, "images", count, cache)])
    target = (cache or path) / f"{tar.name}.index.npy"
    with readable(tar, "a tar archive of PNG images (or an .npz archive)"):
        unpack(target, [tar], count * INDEX_BYTES, lambda out: _write_index(tar, count, out))
    spans = npy_array(target)
    if spans.shape != (count, 2):
        raise SimfactorError(
            f"{str(target)!r} is the index of {len(spans)} images, but there are {count} labels. Delete it; "
            "it is made again."
        )
    return SpanPixels(tar, spans)


def _write_index(tar: Path, count: int, out: Callable[[bytes | memoryview], None]) -> None:
    """Where in the archive each image's bytes are, as an .npy file of (count, 2) int64: start, size."""
    spans = np.zeros((count, 2), np.int64)
    try:
        with tarfile.open(tar, "r:") as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # else a million of them would stay in memory
                number = Path(member.name).stem
                if member.isfile() and member.name.endswith(".png") and number.isdigit():
                    if int(number) >= count:
                        raise SimfactorError(
                            f"{str(tar)!r} has an image {member.name!r} for {count} labels. {AGAIN}"
                        )
                    spans[int(number)] = member.offset_data, member.size
    except tarfile.TarError as error:
        raise SimfactorError(f"{str(tar)!r} is damaged or not a tar archive ({error}). {AGAIN}") from error
    missing = np.flatnonzero(spans[:, 1] == 0)
    if len(missing):
        raise SimfactorError(
            f"{str(tar)!r} has {count - len(missing)} images for {count} labels; {missing[0]}.png is "
            f"missing. {AGAIN}"
        )
    out(npy_header(spans.shape, spans.dtype))
    out(spans.data)
