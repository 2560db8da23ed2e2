"""The energy effect of two samples, and by how much it would differ with other samples. NumPy and SciPy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """A value and its standard error."""

    value: float
    error: float


class Share(NamedTuple):
    """The energy distance's share of the mean distance between n points and m others, the square of the
    effect of :func:`.two_sample.energy_comparison`; and what it is without each of the n and of the m.

    It is smooth where the effect is not, at 0, and may lie a little below. So errors are errors of it.
    """

    value: float
    without_source: Floats
    without_target: Floats

    @property
    def error(self) -> float:
        """The standard error."""
        return _error(self.without_source, self.without_target)

    @property
    def effect(self) -> Estimate:
        """The effect, with half of what it moves by over two standard errors of the share."""
        low, middle, high = (_root(self.value + step * self.error) for step in (-1, 0, 1))
        return Estimate(middle, (high - low) / 2)


def energy_share(source: Floats, target: Floats) -> Share:
    """Of points (n, d) and (m, d), three of each at least."""
    n, m = len(source), len(target)
    across, own, others = cdist(source, target), cdist(source, source), cdist(target, target)
    total, of_source, of_target = across.sum(), own.sum(), others.sum()
    in_source, in_target = of_source / (n * (n - 1)), of_target / (m * (m - 1))
    return Share(
        float(_share(2 * total / (n * m), in_source + in_target)),
        _share(
            2 * (total - across.sum(axis=1)) / ((n - 1) * m),
            (of_source - 2 * own.sum(axis=1)) / ((n - 1) * (n - 2)) + in_target,
        ),
        _share(
            2 * (total - across.sum(axis=0)) / (n * (m - 1)),
            in_source + (of_target - 2 * others.sum(axis=1)) / ((m - 1) * (m - 2)),
        ),
    )


def fall(before: Share, after: Share) -> Estimate:
    """By how much a share falls: of the same m points of the target, and of n points in pairs."""
    return Estimate(
        before.value - after.value,
        _error(
            before.without_source - after.without_source,
            before.without_target - after.without_target,
        ),
    )


def _share(between: Floats, within: Floats) -> Floats:
    return (between - within) / np.maximum(between, np.finfo(float).tiny)


def _root(share: float) -> float:
    return float(np.sqrt(max(0.0, share)))


def _error(*without: Floats) -> float:
    """The jackknife's standard error of a statistic of independent samples (Efron & Stein 1981; Arvesen 1969
    of two samples), from its values without each of their points."""
    return float(np.sqrt(sum((len(own) - 1) * own.var() for own in without)))
