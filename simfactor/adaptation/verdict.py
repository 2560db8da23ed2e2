"""What held-out pictures say of a calibration, and how far it can be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.calibrated import Calibrated, CalibratedFactor
from simfactor.adaptation.energy_score import Points, energy_distance, score_gain
from simfactor.adaptation.ranges import choices_at
from simfactor.adaptation.search import Tried
from simfactor.encoders.codes import Head
from simfactor.factors import Angle, Categorical, FactorSpace
from simfactor.factors.choices import Choice
from simfactor.statistics import Interval, holm

Floats = NDArray[np.float64]
CONFOUNDED = 0.7  # correlation of errors from which on half of a factor's error is another's


def ends_of(space: FactorSpace, numeric: Sequence[str], tried: Tried) -> dict[str, tuple[Interval, ...]]:
    """Of both ends of each range: between which they lie in all spaces that are not surely worse."""
    best, m = choices_at(space, numeric, tried.best), tried.scores.shape[1]
    others = [choices_at(space, numeric, place) for place in tried.not_worse()]
    intervals = {}
    for name in numeric:
        ends = np.array([best[name], *(own[name] for own in others)])
        factor = space[name]
        if isinstance(factor, Angle):
            turns = np.round((ends.mean(axis=1) - ends[0].mean()) / factor.period)
            ends = ends - (turns * factor.period)[:, None]
        intervals[name] = tuple(Interval(own[0], own.min(), own.max(), m) for own in ends.T)
    return intervals


def confounded_pairs(
    space: FactorSpace, heads: Sequence[Head], rows: Floats, read: Floats
) -> tuple[tuple[str, str, float], ...]:
    """Pairs of numeric factors that pictures hardly tell apart: the errors of their readings correlate."""
    errors = {}
    for head in heads:
        factor = space[head.name]
        if not isinstance(factor, Categorical):
            error = read[:, head.column] - rows[:, space.index(head.name)]
            half = factor.period / 2 if isinstance(factor, Angle) else np.inf
            errors[head.name] = error if np.isinf(half) else np.mod(error + half, 2 * half) - half
    pairs = [(a, b, float(np.corrcoef(errors[a], errors[b])[0, 1])) for a, b in combinations(errors, 2)]
    return tuple(pair for pair in pairs if abs(pair[2]) >= CONFOUNDED)


def judged(
    points_of: Callable[[FactorSpace], Points],
    space: FactorSpace,
    found: Mapping[str, Choice],
    ends: Mapping[str, tuple[Interval, ...]],
    confounded: tuple[tuple[str, str, float], ...],
    held_out: Points,
    units: Mapping[str, float],
    alpha: float,
) -> Calibrated:
    """What the held-out images say of the found ranges, all together and each for itself.

    ``points_of``: pictures of a space as points, always of the same random numbers.
    """

    def chosen(names: Iterable[str]) -> FactorSpace:
        return space.restrict({name: found[name] for name in names})

    before, after = points_of(space), points_of(chosen(found))
    gain, p_value = score_gain(before, after, held_out, units)
    gains = {
        name: score_gain(points_of(chosen(found.keys() - {name})), after, held_out, units) for name in found
    }
    p_values = holm({name: p for name, (_, p) in gains.items()})
    factors = tuple(
        CalibratedFactor(
            name,
            space[name],
            choice,
            ends.get(name),
            gains[name][0],
            p_values[name],
            p_value <= alpha and p_values[name] <= alpha,
        )
        for name, choice in found.items()
    )
    final = chosen(factor.name for factor in factors if factor.told)
    distances = tuple(energy_distance(points_of(own), held_out, units) for own in (space, final))
    return Calibrated(space, final, factors, gain, p_value, (distances[0], distances[1]), confounded, alpha)
