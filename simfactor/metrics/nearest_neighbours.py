"""Mutual information from distances to the k-th nearest neighbour, in nats, of columns of any kind.

Kraskov et al. 2004, "Estimating mutual information", eq. 8, for two continuous columns; Ross 2014, "Mutual
information between discrete and continuous data sets", for one of each; a table of counts for two discrete
ones. An angle is a circle of its own: neighbours lie across the turn, and one coordinate is enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

from simfactor.metrics._checks import Floats, Labels
from simfactor.metrics.mutual_information import mutual_information

NOISE = 1e-10  # of a standard deviation, breaks ties: the estimators assume that no two values are equal
ROUNDING = 1e-14  # keeps the neighbour at the very rim outside, as the estimators count strictly


class Line(NamedTuple):
    """Values (n,) of standard deviation 1 without ties, in [0, period) where they lie on a circle."""

    values: Floats
    ordered: Floats  # the same, ascending, and repeated one turn to both sides on a circle
    period: float | None


def line(column: Floats, period: float | None, rng: np.random.Generator) -> Line:
    """A continuous column (n,) or an angle with its period, made ready; a constant column is mere noise."""
    if period is None:
        column = column - column.mean()
        scale = column.std() or 1.0
    else:
        scale = period / (2 * np.pi)
    values = column / scale + NOISE * rng.standard_normal(len(column))
    if period is None:
        return Line(values, np.sort(values), None)
    turn = 2 * np.pi
    values = values % turn % turn  # twice: a hair below 0 is rounded up to a whole turn
    ordered = np.sort(values)
    return Line(values, np.concatenate([ordered - turn, ordered, ordered + turn]), turn)


def information(a: Line | Labels, b: Line | Labels, neighbours: int) -> float:
    """I(a; b) of columns made ready with ``line``, or of class labels (n,), never below 0."""
    if isinstance(a, Line) and isinstance(b, Line):
        value = _both_continuous(a, b, neighbours)
    elif isinstance(a, Line):
        value = _continuous_and_discrete(a, np.asarray(b), neighbours)
    elif isinstance(b, Line):
        value = _continuous_and_discrete(b, a, neighbours)
    else:
        value = mutual_information(a, b)
    return max(0.0, value)


def _both_continuous(a: Line, b: Line, neighbours: int) -> float:
    # boxsize 0 is a straight axis, anything else a circle of that length.
    tree = cKDTree(np.column_stack([a.values, b.values]), boxsize=[a.period or 0, b.period or 0])
    radius = tree.query(tree.data, k=neighbours + 1, p=np.inf)[0][:, -1]
    inside = digamma(_within(a, a.values, radius)) + digamma(_within(b, b.values, radius))
    return float(digamma(neighbours) + digamma(len(radius)) - inside.mean())


def _continuous_and_discrete(a: Line, labels: Labels, neighbours: int) -> float:
    """A class of a single sample has no neighbour and is left out, smaller ones than k take all they have."""
    classes, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    of_class, used, inside = [], [], []
    for index in range(len(classes)):
        if counts[index] > 1:
            k = min(neighbours, counts[index] - 1)
            values = np.sort(a.values[labels == index])
            used.append(np.full(counts[index], k))
            of_class.append(np.full(counts[index], counts[index]))
            inside.append(_within(a, values, _distance(values, k, a.period)))
    if not used:
        return 0.0
    k, size, around = (np.concatenate(part) for part in (used, of_class, inside))
    return float(digamma(len(k)) + (digamma(k) - digamma(size) - digamma(around)).mean())


def _distance(ordered: Floats, k: int, period: float | None) -> Floats:
    """How far the k-th nearest of the others is from each of the ascending values (n,), n > k."""
    n = len(ordered)
    pad = np.full(k, np.inf)
    before, after = (-pad, pad) if period is None else (ordered[-k:] - period, ordered[:k] + period)
    padded = np.concatenate([before, ordered, after])
    # The k + 1 nearest, itself among them, stand in a row: the best of the k + 1 rows that contain it.
    rows = [
        np.maximum(ordered - padded[start : start + n], padded[start + k : start + k + n] - ordered)
        for start in range(k + 1)
    ]
    return np.min(rows, axis=0)


def _within(a: Line, centres: Floats, radius: Floats) -> Labels:
    """How many values of the line are nearer to each centre than its radius, the centre itself among them."""
    radius = radius - ROUNDING
    low = np.searchsorted(a.ordered, centres - radius, side="right")
    high = np.searchsorted(a.ordered, centres + radius, side="left")
    return np.maximum(high - low, 1)
