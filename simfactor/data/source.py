"""What every set of labelled images offers, wherever it comes from."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.factors import FactorSpace
from simfactor.frames import Byte


@runtime_checkable
class ImageSource(Protocol):
    """N labelled images that can be read by index: ours, a published data set, or a view of one.

    ``indices`` are whole numbers, a slice or a mask; None means all. Negative numbers count from the end and
    an index past it raises IndexError. Results are copies.
    """

    @property
    def space(self) -> FactorSpace:
        """The factors; its names are the columns of :meth:`factors`."""

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""

    def __len__(self) -> int: ...

    def images(self, indices: ArrayLike | slice | None = None) -> Byte:
        """The chosen images, (n, H, W, 3) uint8."""

    def factors(self, indices: ArrayLike | slice | None = None) -> NDArray[np.float64]:
        """The chosen factor rows, (n, K) float64."""
