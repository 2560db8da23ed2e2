"""What a reader makes of a published data set, and the check that its labels are in lattice order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.data.lattice import Lattice
from simfactor.data.standard.archives import AGAIN
from simfactor.data.standard.pixels import Pixels
from simfactor.data.standard.spaces import first_levels
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace

Sizes: TypeAlias = Sequence[int] | None
TOLERANCE = 1e-6


class Contents(NamedTuple):
    """The pixels of N images and where they stand in the factor space."""

    pixels: Pixels
    lattice: Lattice
    positions: NDArray[np.int64] | None  # (N,) in the lattice; None: image i stands at position i


def lattice_of(space: FactorSpace, sizes: Sizes) -> Lattice:
    """The published lattice, or the first ``sizes[k]`` levels of every factor of it."""
    return Lattice(space if sizes is None else first_levels(space, sizes))


def folder_at(path: Path, holds: str) -> Path:
    """``path``, which must be a folder that holds what is said."""
    if not path.is_dir():
        raise SimfactorError(f"{str(path)!r} is not a folder; give the folder that holds {holds}.")
    return path


def check_labels(path: Path, labels: NDArray[np.number], lattice: Lattice) -> None:
    """Raises SimfactorError unless row i of the labels (N, K) is position i of the lattice.

    Values may be of any scale, but must ascend with the level and be the same wherever the level is.
    """
    names = lattice.space.names
    wanted = (len(lattice), len(names))
    if labels.shape != wanted or labels.dtype.kind not in "iuf":
        raise SimfactorError(
            f"{str(path)!r} holds labels {labels.shape} of {labels.dtype}; needed are numbers {wanted}, a "
            f"column each for {', '.join(names)}. {AGAIN}"
        )
    levels = lattice.codes(np.arange(len(lattice)))
    for k, name in enumerate(names):
        column = labels[:, k].astype(np.float64)
        first = np.unique(levels[:, k], return_index=True)[1]
        values = column[first]
        if not np.all(np.diff(values) > 0):
            raise SimfactorError(
                f"{str(path)!r}: {name} does not ascend with its levels in C order (its first values are "
                f"{', '.join(f'{v:g}' for v in values[:4])}); the lattice is {lattice.sizes} of "
                f"{', '.join(names)}. {AGAIN}"
            )
        wrong = np.flatnonzero(
            ~(np.abs(column - values[levels[:, k]]) <= TOLERANCE * (1 + np.abs(values).max()))
        )
        if len(wrong):
            i = wrong[0]
            raise SimfactorError(
                f"{str(path)!r}: {name} of image {i} is {column[i]:g}, but {values[levels[i, k]]:g} stands "
                f"there in the lattice {lattice.sizes} of {', '.join(names)} in C order. {AGAIN}"
            )
