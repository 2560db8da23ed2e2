"""How a factor moves during an episode, as a function of the step alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from simfactor.envs.episodes import CANDIDATES
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, FactorSpace

Value: TypeAlias = float | str
Path: TypeAlias = Callable[[int], Value]  # step -> value; step 0 is the reset


@dataclass(frozen=True)
class Drift:
    """A walk from the episode's value by ``speed`` a step, in the factor's unit, to and fro in its range.

    An angle whose range is the whole circle goes round. Held-out ranges are walls like the ends of the range,
    held-out combinations are not; a start outside the range widens it.
    """

    speed: float

    def __post_init__(self) -> None:
        if not isinstance(self.speed, (int, float)) or not math.isfinite(self.speed):
            raise SimfactorError(
                f"speed={self.speed!r} must be a finite number, in the factor's unit a step."
            )

    def check(self, space: FactorSpace, name: str) -> None:
        """Raise SimfactorError for a factor that cannot drift."""
        factor = space[name]
        if isinstance(factor, Categorical):
            raise SimfactorError(f"{name!r} has names for values, which cannot drift; use Resample.")
        if factor.fixed:
            raise SimfactorError(
                f"{name!r} has one value only in this space, {factor.describe()}; give a space in which it "
                "has a range."
            )

    def path(self, space: FactorSpace, name: str, start: Value, seed: int) -> Path:
        """Where the factor is at each step of an episode that starts at ``start``."""
        factor = space[name]
        assert not isinstance(factor, Categorical)  # see ``check``
        begin = factor.canonical(float(start))
        if isinstance(factor, Angle) and factor.full and not factor.holes:
            return lambda step: factor.canonical(begin + self.speed * step)
        low, high = next((part for part in factor.segments if part[0] <= begin <= part[1]), (begin, begin))
        if low == high:
            low, high = min(begin, factor.low), max(begin, factor.high)
        return lambda step: _reflected(begin + self.speed * step, low, high)


@dataclass(frozen=True)
class Resample:
    """A new draw from the space every ``every`` steps; factors with one ``every`` are drawn together.

    The draws of an episode continue the sample whose first rows FactorControl chooses the episode from.
    """

    every: int

    def __post_init__(self) -> None:
        if not isinstance(self.every, int) or self.every < 1:
            raise SimfactorError(f"every={self.every!r} must be a whole number of steps, 1 or more.")

    def check(self, space: FactorSpace, name: str) -> None:
        """Every factor can be drawn."""

    def path(self, space: FactorSpace, name: str, start: Value, seed: int) -> Path:
        """Where the factor is at each step of the episode ``seed`` that starts at ``start``."""

        @cache
        def draw(number: int) -> Value:
            return (
                space.decode(space.sample(1, seed, start=CANDIDATES + number)[0])[name] if number else start
            )

        return lambda step: draw(step // self.every)


Motion: TypeAlias = Drift | Resample | Path


def _reflected(value: float, low: float, high: float) -> float:
    """``value``, folded at both ends of [low, high]."""
    width = high - low
    turned = (value - low) % (2 * width)
    return low + min(turned, 2 * width - turned)
