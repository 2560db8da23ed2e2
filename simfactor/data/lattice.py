"""A lattice: every combination of the factors' levels, numbered in C order (the last factor fastest)."""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError, naming
from simfactor.factors import Angle, Factor, FactorSpace
from simfactor.factors.space import Rows

SLACK = 1e-6  # relative: rows may have passed through float32


class Lattice:
    """The combinations of the levels of a factor space, as positions 0 .. N - 1.

    Position, codes (level numbers) and factor row are three names of the same thing; the methods translate.
    Raises SimfactorError when a factor has no levels, or when combinations are held out: then the positions
    are no lattice.
    """

    def __init__(self, space: FactorSpace) -> None:
        if space.excluded:
            raise SimfactorError(
                "a space with held-out combinations is no lattice; use `space.grid()` for the rows it has."
            )
        self.space = space
        self._axes: list[NDArray[np.float64]] = []
        for name, factor in space.factors.items():
            with naming(name):
                self._axes.append(factor.grid())

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many levels each factor has."""
        return tuple(len(axis) for axis in self._axes)

    def __len__(self) -> int:
        return prod(self.sizes)

    def codes(self, positions: ArrayLike) -> NDArray[np.int64]:
        """The level numbers (n, K) at positions (n,). Raises IndexError past the end."""
        positions = np.asarray(positions, np.int64)
        if np.any((positions < 0) | (positions >= len(self))):
            raise IndexError(f"position outside 0 .. {len(self) - 1}")
        return np.stack(np.unravel_index(positions, self.sizes), axis=-1)

    def factors(self, positions: ArrayLike) -> Rows:
        """The factor rows (n, K) at positions (n,). Raises IndexError past the end."""
        return self.rows(self.codes(positions))

    def rows(self, codes: ArrayLike) -> Rows:
        """The factor rows (n, K) of level numbers (n, K)."""
        codes = np.asarray(codes, np.int64)
        columns = [axis[codes[..., k]] for k, axis in enumerate(self._axes)]
        return np.stack(columns, axis=-1)

    def positions(self, rows: ArrayLike) -> NDArray[np.int64]:
        """The positions (n,) of factor rows (n, K), the inverse of :meth:`factors`.

        Raises SimfactorError that names the first value which is no level of its factor.
        """
        rows = np.asarray(rows, np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.space):
            raise SimfactorError(
                f"rows have shape {rows.shape}; this lattice needs (n, {len(self.space)}): "
                f"{', '.join(self.space.names)}."
            )
        codes = np.empty(rows.shape, np.int64)
        for k, (name, factor) in enumerate(self.space.factors.items()):
            with naming(name):
                codes[:, k] = _nearest(factor, self._axes[k], rows[:, k])
        return codes @ self._strides

    @cached_property
    def _strides(self) -> NDArray[np.int64]:
        return np.append(np.cumprod(self.sizes[:0:-1])[::-1], 1).astype(np.int64)


def _nearest(factor: Factor, axis: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The numbers of the levels at ``values`` (n,), which may lie on another turn of a circle."""
    ladder = axis
    if isinstance(factor, Angle):
        values = axis[0] + np.mod(values - axis[0], factor.period)
        ladder = np.append(axis, axis[0] + factor.period)
    found = np.searchsorted((ladder[1:] + ladder[:-1]) / 2, values)
    off = ~(np.abs(ladder[found] - values) <= SLACK * (1 + np.abs(axis).max()))
    if np.any(off):
        value = values[np.flatnonzero(off)[0]]
        raise SimfactorError(
            f"{value:g} is none of its {len(axis)} levels ({axis[0]:g} .. {axis[-1]:g}); "
            "give rows of the lattice, such as `space.sample(n, seed, lattice=True)`."
        )
    return found % len(axis)
