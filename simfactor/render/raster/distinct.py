"""Which images of a batch can share work: neighbours that see the same geometry, or cast the same shadows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import GEOMETRY, RenderBatch

Array = NDArray[Any]


@dataclass(frozen=True)
class Distinct:
    """The distinct among consecutive images.

    Attributes:
        geometry: (N,) number of each image's geometry.
        map: (N,) number of each image's shadow map.
        first_geometry, first_map: the first image of each.
    """

    geometry: Array
    map: Array
    first_geometry: Array
    first_map: Array

    @staticmethod
    def of(batch: RenderBatch) -> Distinct:
        """Compare every image of a batch with the one before."""
        moved = np.ones(len(batch), bool)
        moved[1:] = False
        for name in GEOMETRY:
            moved[1:] |= _changes(getattr(batch, name))
        turned = moved.copy()
        turned[1:] |= _changes(batch.light_direction[:, :1])
        return Distinct(
            (np.cumsum(moved) - 1).astype(np.int32),
            (np.cumsum(turned) - 1).astype(np.int32),
            np.flatnonzero(moved),
            np.flatnonzero(turned),
        )

    def pieces(self, geometries: int, maps: int, images: int) -> list[slice]:
        """Consecutive images in pieces that hold at most so many of each."""
        full = np.diff(self.geometry // geometries, prepend=-1) | np.diff(self.map // maps, prepend=-1)
        starts = np.flatnonzero(full)
        ends = [*starts[1:].tolist(), len(full)]
        return [
            slice(at, min(at + images, end))
            for start, end in zip(starts.tolist(), ends, strict=True)
            for at in range(start, end, images)
        ]


def _changes(values: Array) -> Array:
    return (values[1:] != values[:-1]).any(axis=tuple(range(1, values.ndim)))
