"""A set of labelled images in memory: the smallest thing that reads like a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.data.source import chosen_indices
from simfactor.factors import FactorSpace


@dataclass(frozen=True)
class Frames:
    space: FactorSpace
    rows: NDArray[np.float64]
    size: int = 8

    @property
    def image_size(self) -> int:
        return self.size

    def __len__(self) -> int:
        return len(self.rows)

    def images(self, indices: ArrayLike | slice | None = None) -> NDArray[np.uint8]:
        chosen = chosen_indices(len(self), indices)
        pixels = np.arange(self.size * self.size * 3, dtype=np.int64).reshape(self.size, self.size, 3)
        return ((chosen[:, None, None, None] * 37 + pixels) % 251).astype(np.uint8)

    def factors(self, indices: ArrayLike | slice | None = None) -> NDArray[np.float64]:
        return self.rows[chosen_indices(len(self), indices)].copy()
