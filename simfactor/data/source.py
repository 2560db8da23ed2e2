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


def chosen_indices(count: int, indices: ArrayLike | slice | None) -> NDArray[np.int64]:
    """Indices, masks, slices and negative numbers as plain indices (n,) of ``count`` things.

    Raises IndexError past either end, or for a mask of another length.
    """
    if indices is None or isinstance(indices, slice):
        return np.arange(*(indices or slice(None)).indices(count))
    wanted = np.atleast_1d(np.asarray(indices))
    if wanted.dtype == bool:
        return np.arange(count)[wanted]
    if wanted.size and (wanted.dtype.kind not in "iu" or wanted.min() < -count or wanted.max() >= count):
        raise IndexError(f"index outside -{count} .. {count - 1}, or no whole number")
    wanted = wanted.astype(np.int64)
    return np.where(wanted < 0, wanted + count, wanted)
