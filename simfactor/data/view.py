"""Chosen images of a data set, in a chosen order, as a data set of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.data.source import ImageSource, chosen_indices
from simfactor.factors import FactorSpace
from simfactor.frames import Byte


@dataclass(frozen=True)
class View:
    """The images of ``source`` at ``places`` (n,), read like a :class:`FactorDataset`. Nothing is copied."""

    source: ImageSource
    places: NDArray[np.int64]

    @property
    def space(self) -> FactorSpace:
        """The factors of the source."""
        return self.source.space

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self.source.image_size

    def __len__(self) -> int:
        return len(self.places)

    def images(self, indices: ArrayLike | slice | None = None) -> Byte:
        """The chosen images (all by default) as a copy, (n, H, W, 3) uint8."""
        return self.source.images(self.places[chosen_indices(len(self), indices)])

    def factors(self, indices: ArrayLike | slice | None = None) -> NDArray[np.float64]:
        """The chosen factor rows (all by default), (n, K) float64."""
        return self.source.factors(self.places[chosen_indices(len(self), indices)])
