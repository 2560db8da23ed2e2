"""The values of a factor, in bins: where an angle is cut, and which episodes of a domain go together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simfactor.factors import Angle, Categorical, Continuous, Factor
from simfactor.transfer.support import SLACK, Segment, turned_segments

Array = NDArray[np.float64]
MOST, LEAST = 5, 15  # bins of a range, and episodes in one of several


@dataclass(frozen=True)
class Axis:
    """Where the values of a numeric factor stand: an angle's in [start, start + period)."""

    start: float = 0.0
    period: float | None = None

    def place(self, values: Array) -> Array:
        """The values as they stand on the axis."""
        if self.period is None:
            return values
        return np.asarray(self.start + np.mod(values - self.start, self.period), np.float64)

    def spans(self, factor: Continuous) -> list[Segment]:
        """The ranges of a factor's domain on the axis, in ascending order; one value is a range, too."""
        return sorted(turned_segments(factor, self.start))


@dataclass(frozen=True, eq=False)
class Bin:
    """Some episodes of a domain that are close in a factor.

    where: what is to be said of the values: ``value`` (their mean, or the category's name), and of numbers
    ``low`` and ``high``, between which they lie. members (k,) indices of episodes.
    """

    where: dict[str, float | str]
    members: NDArray[np.intp]


def axis_of(factors: Sequence[Factor]) -> Axis:
    """The axis for the domains of one factor, the clean one first.

    A circle is cut in the middle of the widest range that no domain has; where they have all of it, opposite
    the middle of the clean one. Turns are counted such that the clean domain begins where its factor says.
    """
    clean = factors[0]
    if not isinstance(clean, Angle):
        return Axis()
    pieces = sorted(p for factor in factors if isinstance(factor, Angle) for p in turned_segments(factor))
    end = max(high for _, high in pieces) - clean.period
    widest, cut = SLACK * clean.period, (clean.low + clean.high - clean.period) / 2
    for low, high in pieces:
        if low - end > widest:
            widest, cut = low - end, (low + end) / 2
        end = max(end, high)
    return Axis(cut + clean.period * math.floor((clean.low - cut) / clean.period), clean.period)


def number_bins(values: Array, factor: Continuous, axis: Axis) -> list[Bin]:
    """Bins of about as many episodes each, at most five a range of the domain, of fifteen episodes or more.

    values (E,) as rows hold them. Where there are no more than five different values, each is a bin. The
    edges of a bin lie between the values, the outermost at the ends of the range.
    """
    placed, spans = axis.place(values), axis.spans(factor)
    starts = np.array([low for low, _ in spans])
    slack = SLACK * np.abs(placed).max(initial=1.0)
    which = np.clip(np.searchsorted(starts, placed + slack, side="right") - 1, 0, None)
    found = []
    for k, (low, high) in enumerate(spans):
        members = np.flatnonzero(which == k)
        edges = _edges(placed[members]) if len(members) else np.empty(0)
        place = np.digitize(placed[members], edges)
        bounds = [low, *edges.tolist(), high]
        for i in np.unique(place).tolist():
            chosen = members[place == i]
            value = float(placed[chosen].mean())
            found.append(Bin({"value": value, "low": bounds[i], "high": bounds[i + 1]}, chosen))
    return found


def category_bins(values: Array, factor: Categorical) -> list[Bin]:
    """A bin a category that occurred, in the order of the factor's values. values (E,): codes."""
    codes = values.astype(np.int64)
    return [Bin({"value": factor.values[c]}, np.flatnonzero(codes == c)) for c in np.unique(codes).tolist()]


def _edges(values: Array) -> Array:
    """What separates the bins of some values, in ascending order."""
    different = np.unique(values)
    if len(different) <= min(MOST, len(values) - 1):
        return (different[:-1] + different[1:]) / 2
    count = int(np.clip(len(values) // LEAST, 1, MOST))
    return np.unique(np.quantile(values, np.arange(1, count) / count))
