"""The energy score: how well a simulated distribution foretells pictures. Points in, numbers out.

Of simulated X, X' and an observed y it is E|X - y| - E|X - X'| / 2 (Gneiting & Raftery 2007, equation 22): a
strictly proper score, so its mean is least for the distribution that the observations come from. It is half
of the energy distance but for a term of the observations alone. So two simulations are compared by a plain
mean over observations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import ndtr, ndtri

from simfactor.statistics import Interval

Floats = NDArray[np.float64]
Points = Mapping[str, Floats]


def spreads(points: Points) -> dict[str, float]:
    """The mean distance within each view of points (n, d): its unit of length."""
    return {name: float(_within(own).mean()) or 1.0 for name, own in points.items()}


def energy_scores(simulated: Points, observed: Points, units: Mapping[str, float]) -> Floats:
    """The score of each observation (m,), without bias, summed over the views in their units."""
    total = np.zeros(len(next(iter(observed.values()))))
    for name, unit in units.items():
        apart = cdist(simulated[name], observed[name]).mean(axis=0)
        total += (apart - _within(simulated[name]).mean() / 2) / unit
    return total


def score_gain(
    before: Points, after: Points, observed: Points, units: Mapping[str, float]
) -> tuple[Interval, float]:
    """By how much the mean score falls from one simulation to another, with a 95 % interval, and p of "not".

    ``before`` and ``after`` are n pictures each, made of the same random numbers. Normal, with the variance
    of the statistic's linear part (Hajek's projection) in the m observations *and* the n pairs of pictures:
    with many observations the few pictures are what is uncertain.
    """
    of_observed = energy_scores(before, observed, units) - energy_scores(after, observed, units)
    n = len(next(iter(before.values())))
    of_pairs = np.zeros(n)
    for name, unit in units.items():
        first, second, seen = before[name], after[name], observed[name]
        across = cdist(first, seen).mean(axis=1) - cdist(second, seen).mean(axis=1)
        of_pairs += (across - (_within(first) - _within(second))) / unit
    middle, m = float(of_observed.mean()), len(of_observed)
    deviation = float(np.sqrt(of_observed.var(ddof=1) / m + of_pairs.var(ddof=1) / n))
    half = float(ndtri(0.975)) * deviation
    p_value = float(ndtr(-middle / deviation)) if deviation > 0 else 1.0
    return Interval(middle, middle - half, middle + half, m), p_value


def energy_distance(simulated: Points, observed: Points, units: Mapping[str, float]) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'|, without bias, summed over the views in their units."""
    own = sum(_within(observed[name]).mean() / unit for name, unit in units.items())
    return float(2 * energy_scores(simulated, observed, units).mean() - own)


def _within(points: Floats) -> Floats:
    """The mean distance of each point (n, d) from the others, (n,)."""
    return np.asarray(cdist(points, points).sum(axis=1) / max(1, len(points) - 1))
