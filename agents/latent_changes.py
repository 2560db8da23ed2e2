"""What can be done to one factor's block of latents in a batch: pure functions, and ours.

Of all: batch (n, ..., L), samples on axis 0 and latents on the last; what lies between belongs to one sample
and gets the same change: (n, 2, L) holds an observation and the next, of which the light is the same. dims
(d,) are the block's dimensions, all others stay equal bit for bit. bank (m, L) are latents of images that
show the factor's full range. A new array is returned.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.floating[Any])
Dims = NDArray[np.int64]
Bank = NDArray[np.floating]


def swap(
    batch: NDArray[Number], dims: Dims, generator: np.random.Generator, strength: float = 1.0
) -> NDArray[Number]:
    """Permute the block between samples, a share ``strength`` of them."""
    rows = _some(len(batch), strength, generator)
    changed = batch.copy()
    changed[_cells(batch, rows, dims)] = batch[generator.permutation(rows)][..., dims]
    return changed


def resample(
    batch: NDArray[Number], dims: Dims, bank: Bank, generator: np.random.Generator, strength: float = 1.0
) -> NDArray[Number]:
    """Replace the block by that of a row of the bank, in a share ``strength`` of the samples."""
    rows = _some(len(batch), strength, generator)
    drawn = bank[generator.integers(len(bank), size=len(rows))][:, dims]
    return _replaced(batch, dims, rows, drawn)


def mix(
    batch: NDArray[Number], dims: Dims, bank: Bank, generator: np.random.Generator, strength: float = 1.0
) -> NDArray[Number]:
    """Move the block towards that of a row of the bank, by up to ``strength`` of the way (uniformly).

    As mixup (Zhang et al. 2018), of one factor alone, and without mixing what should be done.
    """
    drawn = bank[generator.integers(len(bank), size=len(batch))][:, dims]
    way = _wide(strength * generator.random((len(batch), 1)), batch)
    return _shifted(batch, dims, way * (_wide(drawn, batch) - batch[..., dims]))


def noise(
    batch: NDArray[Number], dims: Dims, bank: Bank, generator: np.random.Generator, strength: float = 1.0
) -> NDArray[Number]:
    """Add noise of mean 0 and ``strength`` standard deviations of the block in the bank.

    It is the difference of two of the bank's rows, so it varies in the directions in which the block does.
    """
    one, other = bank[generator.integers(len(bank), size=(2, len(batch)))][..., dims]
    return _shifted(batch, dims, _wide(strength / math.sqrt(2) * (one - other), batch))


def drop(
    batch: NDArray[Number], dims: Dims, generator: np.random.Generator, strength: float = 1.0
) -> NDArray[Number]:
    """Put 0, the middle of a factor's range, in its place, in a share ``strength`` of the samples."""
    rows = _some(len(batch), strength, generator)
    return _replaced(batch, dims, rows, np.zeros((len(rows), len(dims))))


def _some(count: int, share: float, generator: np.random.Generator) -> NDArray[np.int64]:
    """Which of ``count`` samples are changed: each with the probability ``share``."""
    return np.arange(count) if share >= 1 else np.flatnonzero(generator.random(count) < share)


def _replaced(
    batch: NDArray[Number], dims: Dims, rows: NDArray[np.int64], values: NDArray[np.floating]
) -> NDArray[Number]:
    changed = batch.copy()
    changed[_cells(batch, rows, dims)] = _wide(values, batch)
    return changed


def _cells(batch: NDArray[Number], rows: NDArray[np.int64], dims: Dims) -> tuple[Any, ...]:
    """The index of a block in some samples, (k, ..., d)."""
    return np.ix_(rows, *(np.arange(size) for size in batch.shape[1:-1]), dims)


def _shifted(batch: NDArray[Number], dims: Dims, by: NDArray[np.floating]) -> NDArray[Number]:
    changed = batch.copy()
    changed[..., dims] += by.astype(batch.dtype)
    return changed


def _wide(values: NDArray[np.floating], batch: NDArray[Number]) -> NDArray[np.floating]:
    """Values (k, d) of samples as (k, 1, ..., d), for all that a sample of the batch holds."""
    return values.reshape(len(values), *(1,) * (batch.ndim - 2), values.shape[1])
