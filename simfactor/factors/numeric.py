"""Numeric factors, straight and circular: the domain, and how a uniform number becomes a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors.roles import Role, check_role

Segment = tuple[float, float]
Array = NDArray[np.float64]
TOLERANCE = 1e-9  # relative slack for values that went through a file or another unit


@dataclass(frozen=True)
class Continuous:
    """A number in [low, high] (``unit``), less the open ranges in ``holes``.

    ``levels`` makes an evenly spaced lattice of it: for ``grid``, for ``sample(lattice=True)`` and for
    class labels. ``low == high`` is a fixed factor. Raises SimfactorError on an impossible range.
    """

    low: float
    high: float
    unit: str = ""
    group: str = ""
    role: Role = "nuisance"
    levels: int | None = None
    holes: tuple[Segment, ...] = ()

    kind: ClassVar[str] = "continuous"

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", _number("low", self.low))
        object.__setattr__(self, "high", _number("high", self.high))
        object.__setattr__(self, "holes", tuple((float(a), float(b)) for a, b in self.holes))
        if self.low > self.high:
            raise SimfactorError(f"low={self.low:g} is above high={self.high:g}; give low <= high.")
        if self.levels is not None and (int(self.levels) != self.levels or self.levels < 1):
            raise SimfactorError(f"levels={self.levels!r} must be a whole number of at least 1.")
        check_role(self.role)
        if not self.segments:
            raise SimfactorError(
                f"holes {self.holes} leave nothing of [{self.low:g}, {self.high:g}]; hold out less."
            )

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The closed ranges that remain when the holes are taken out, in ascending order."""
        left = [(self.low, self.high)]
        for a, b in self.holes:
            left = [piece for low, high in left for piece in _subtract(low, high, a, b)]
        return tuple(left)

    @property
    def fixed(self) -> bool:
        """Whether only one value is possible."""
        return len(self.segments) == 1 and self.segments[0][0] == self.segments[0][1]

    def quantile(self, u: Array, lattice: bool = False) -> Array:
        """Values for uniform numbers ``u`` in [0, 1): uniform over the segments (or over the lattice)."""
        if lattice and self.levels is not None:
            values = self.grid()
            return values[np.minimum((u * len(values)).astype(np.int64), len(values) - 1)]
        starts = np.array([a for a, _ in self.segments])
        lengths = np.array([b - a for a, b in self.segments])
        if lengths.sum() == 0:
            return starts[np.minimum((u * len(starts)).astype(np.int64), len(starts) - 1)]
        edges = np.concatenate([[0.0], np.cumsum(lengths)])
        distance = u * edges[-1]
        piece = np.clip(np.searchsorted(edges, distance, side="right") - 1, 0, len(starts) - 1)
        return starts[piece] + (distance - edges[piece])

    def grid(self, levels: int | None = None) -> Array:
        """Evenly spaced values from low to high without those in holes; default: the factor's own levels."""
        count = levels or self.levels or (1 if self.fixed else None)
        if count is None:
            raise SimfactorError("this factor has no levels; give it `levels` or pass a number of levels.")
        values = np.linspace(self.low, self.high, count) if count > 1 else np.array([self.low])
        return values[self.contains(values)]

    def contains(self, values: Array | float) -> NDArray[np.bool_]:
        """Whether each value lies in the domain (within rounding)."""
        v = np.asarray(values, np.float64)
        slack = TOLERANCE * max(1.0, abs(self.low), abs(self.high))
        return np.any([(v >= a - slack) & (v <= b + slack) for a, b in self.segments], axis=0)

    def canonical(self, value: float) -> float:
        """The value as rows hold it (for an angle: turned into [low, low + period))."""
        return float(value)

    def classes(self, values: Array, bins: int) -> NDArray[np.int64]:
        """Class labels: the nearest level where there are levels, else one of ``bins`` equal-width bins."""
        if self.fixed:
            return np.zeros(len(values), np.int64)
        if self.levels is not None:
            return np.abs(values[:, None] - self.grid()[None, :]).argmin(axis=1)
        share = (values - self.low) / (self.high - self.low)
        return np.clip((share * bins).astype(np.int64), 0, bins - 1)

    def restrict(self, low: float, high: float) -> Continuous:
        """The part inside [low, high]. A lattice keeps those of its levels that lie inside."""
        if not (bool(self.contains(low)) and bool(self.contains(high))) or low > high:
            raise SimfactorError(
                f"range [{low:g}, {high:g}] is not inside the domain {self.describe()}; choose one that is."
            )
        if self.levels is None:
            return replace(self, low=low, high=high)
        inside = [v for v in self._turns(self.grid()) if low - TOLERANCE <= v <= high + TOLERANCE]
        if not inside:
            raise SimfactorError(
                f"no level of {self.describe()} lies in [{low:g}, {high:g}]; widen the range."
            )
        return replace(self, low=inside[0], high=inside[-1], levels=len(inside))

    def _turns(self, values: Array) -> Array:
        """The values in every form they can take in a range of this domain, ascending."""
        return values

    def fix(self, value: float) -> Continuous:
        """Only this value."""
        if not bool(self.contains(value)):
            raise SimfactorError(f"value {value!r} is not in the domain {self.describe()}.")
        value = self.canonical(value)
        return replace(self, low=value, high=value, holes=(), levels=None if self.levels is None else 1)

    def hold_out(self, low: float, high: float) -> Continuous:
        """The domain without the open range (low, high)."""
        if low >= high:
            raise SimfactorError(f"held-out range [{low:g}, {high:g}] is empty; give low < high.")
        return replace(self, holes=(*self.holes, (low, high)))

    def describe(self) -> str:
        """The allowed values in words, for messages."""
        ranges = " or ".join(f"[{a:g}, {b:g}]" if a < b else f"{a:g}" for a, b in self.segments)
        return f"{ranges} {self.unit}".rstrip()


@dataclass(frozen=True)
class Angle(Continuous):
    """A circular number, in degrees unless ``unit`` says otherwise: ``value + period`` is the same value.

    low and high may lie anywhere as long as ``high - low <= period``, so a sector across the seam is
    written directly: ``Angle(150, 210)``.
    """

    unit: str = "deg"
    period: float = 360.0

    kind: ClassVar[str] = "angle"

    def __post_init__(self) -> None:
        if not self.period > 0:
            raise SimfactorError(f"period={self.period!r} must be above 0.")
        if self.high - self.low > self.period * (1 + TOLERANCE):
            raise SimfactorError(
                f"range [{self.low:g}, {self.high:g}] is longer than the period {self.period:g}; shorten it."
            )
        object.__setattr__(self, "holes", self._unrolled(self.holes))
        super().__post_init__()

    @property
    def full(self) -> bool:
        """Whether the whole circle is allowed (holes aside)."""
        return self.high - self.low >= self.period * (1 - TOLERANCE)

    def canonical(self, value: float) -> float:
        return float(self._canonical(np.asarray(value, np.float64)))

    def contains(self, values: Array | float) -> NDArray[np.bool_]:
        v = self._canonical(np.asarray(values, np.float64))
        return super().contains(v) | super().contains(v - self.period) | super().contains(v + self.period)

    def grid(self, levels: int | None = None) -> Array:
        count = levels or self.levels
        if count is None or not self.full:
            return super().grid(levels)
        values: Array = self.low + np.arange(count, dtype=np.float64) * (self.period / count)
        return values[self.contains(values)]

    def classes(self, values: Array, bins: int) -> NDArray[np.int64]:
        if self.levels is None:
            return super().classes(self._canonical(values), bins)
        turn = np.abs(values[:, None] - self.grid()[None, :]) % self.period
        return np.minimum(turn, self.period - turn).argmin(axis=1)

    def restrict(self, low: float, high: float) -> Continuous:
        if high - low > self.period:
            raise SimfactorError(f"range [{low:g}, {high:g}] is longer than the period {self.period:g}.")
        if self.full and self.levels is None:
            return replace(self, low=low, high=high)
        start = self.canonical(low)
        return super().restrict(start, start + (high - low))

    def _turns(self, values: Array) -> Array:
        return np.concatenate([values, values + self.period])

    def _canonical(self, values: Array) -> Array:
        inside = (values >= self.low) & (values <= self.high)
        turned = self.low + np.mod(values - self.low, self.period)
        return np.asarray(np.where(inside, values, turned), np.float64)

    def _unrolled(self, holes: Sequence[Segment]) -> tuple[Segment, ...]:
        """Each hole as it shows in [low, high]: across the seam it shows twice."""
        shown = []
        for a, b in holes:
            turns = math.floor((self.high - a) / self.period)
            for k in range(turns, turns - 3, -1):
                piece = (a + k * self.period, b + k * self.period)
                if piece[1] > self.low and piece[0] < self.high and piece not in shown:
                    shown.append(piece)
        return tuple(shown)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise SimfactorError(f"{name}={value!r} must be a finite number.")
    return float(value)


def _subtract(low: float, high: float, a: float, b: float) -> list[Segment]:
    """[low, high] without the open (a, b)."""
    if b <= low or a >= high:
        return [(low, high)]
    pieces = []
    if a > low:
        pieces.append((low, a))
    if b < high:
        pieces.append((b, high))
    return pieces
