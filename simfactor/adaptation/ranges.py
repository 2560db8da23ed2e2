"""Ranges of numeric factors as points of a cube, among which a search can go."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simfactor.factors import Angle, Continuous, FactorSpace

Floats = NDArray[np.float64]
LEAST = 0.005  # half-width of the narrowest range, in shares of the factor's
DIGITS = 4  # that ranges are rounded to


def to_place(centre: float, half: float) -> tuple[float, float]:
    """A range (in shares of the factor's) as two coordinates in [0, 1]: centre, logarithm of half-width."""
    width = np.clip(half, LEAST, 0.5)
    return centre, float(1 + math.log(width / 0.5) / math.log(0.5 / LEAST))


def choices_at(space: FactorSpace, names: Sequence[str], place: Floats) -> dict[str, list[float]]:
    """The ranges [low, high] at a place (2 n,), for :meth:`FactorSpace.restrict`."""
    return {
        name: _range(_numeric(space, name), *own)
        for name, own in zip(names, place.reshape(-1, 2).tolist(), strict=True)
    }


def value_at(factor: Continuous, share: float) -> float:
    """The value at a share of the factor's range; round a full circle for shares beyond."""
    value = factor.low + share * (factor.high - factor.low)
    if isinstance(factor, Angle) and is_full(factor):
        return _rounded(factor, _least_turn(factor, value))
    return min(factor.high, max(factor.low, _rounded(factor, value)))


def share_of(factor: Continuous, values: Floats) -> Floats:
    """Values (n,) as shares of the factor's range: 0 at its low end, 1 at its high end."""
    return np.asarray((values - factor.low) / (factor.high - factor.low))


def is_full(factor: Continuous) -> bool:
    """Whether it goes all round."""
    return isinstance(factor, Angle) and factor.full


def _numeric(space: FactorSpace, name: str) -> Continuous:
    factor = space[name]
    assert isinstance(factor, Continuous)
    return factor


def _range(factor: Continuous, centre: float, width: float) -> list[float]:
    half = LEAST * (0.5 / LEAST) ** width
    if not is_full(factor):
        return [value_at(factor, centre - half), value_at(factor, centre + half)]
    if half >= 0.5 * (1 - 1e-9):
        return [factor.low, factor.high]
    middle, reach = value_at(factor, centre), half * (factor.high - factor.low)
    return [_rounded(factor, middle - reach), _rounded(factor, middle + reach)]


def _least_turn(factor: Angle, value: float) -> float:
    """The same angle within half a turn of 0: so no range around it leaves the turn that scenes take."""
    return (value + factor.period / 2) % factor.period - factor.period / 2


def _rounded(factor: Continuous, value: float) -> float:
    return round(value, DIGITS - 1 - math.floor(math.log10(factor.high - factor.low)))
