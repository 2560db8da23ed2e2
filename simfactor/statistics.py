"""Estimates with intervals, and p-values of many questions at once: how what is measured is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaincinv, ndtri

from simfactor.errors import SimfactorError


class Interval(NamedTuple):
    """An estimate with its interval; ``n`` counts episodes over all ``seeds`` training seeds.

    With ``seeds == 1`` the interval speaks for that one trained agent only: how much another training
    would differ is unknown, not zero.
    """

    mean: float
    low: float
    high: float
    n: int
    seeds: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return self._asdict()


def format_interval(interval: Mapping[str, Any], digits: int = 2, signed: bool = False) -> str:
    """``0.87 [0.80, 0.92]``; with ``signed`` the mean carries its sign."""
    mean, low, high = (round(float(interval[key]), digits) + 0.0 for key in ("mean", "low", "high"))
    sign = "+" if signed else ""
    return f"{mean:{sign}.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a success rate (Wilson 1927), without continuity correction.

    Valid for n independent episodes of *one* agent. On counts pooled over training seeds it still says
    how well those very agents are measured, but not how the next training will turn out.
    Raises SimfactorError unless 0 <= successes <= n and n >= 1.
    """
    if n < 1 or not 0 <= successes <= n:
        raise SimfactorError(
            f"successes={successes} of n={n} is no count of episodes; give 0 <= successes <= n, n >= 1."
        )
    low, high = score_bounds(successes / n, n, confidence)
    return Interval(successes / n, low, high, n)


def score_bounds(rate: float, n: float, confidence: float) -> tuple[float, float]:
    """Low and high of Wilson's interval for a rate of n independent outcomes; n need not be whole."""
    check_confidence(confidence)
    z2 = float(ndtri(0.5 + confidence / 2)) ** 2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return 0.0 if rate == 0 else float(centre - half), 1.0 if rate == 1 else float(centre + half)


def exact_bounds(rate: float, n: float, confidence: float) -> tuple[float, float]:
    """As :func:`score_bounds`, after Clopper & Pearson 1934: wide, and never too narrow, however small n."""
    check_confidence(confidence)
    tail, won = (1 - confidence) / 2, rate * n
    low = float(betaincinv(won, n - won + 1, tail)) if rate > 0 else 0.0
    return low, float(betaincinv(won + 1, n - won, 1 - tail)) if rate < 1 else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p-values, which hold for all hypotheses of a family at once (Holm 1979), in the given order.

    Reject what is below 0.05, and the chance of any false rejection is at most 0.05. Raises SimfactorError
    for what is no probability.
    """
    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise SimfactorError(f"p-value {p!r} of {name!r} must be in [0, 1].")
    adjusted, largest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def check_confidence(confidence: float) -> None:
    """Raise SimfactorError unless a confidence is between 0 and 1."""
    if not 0 < confidence < 1:
        raise SimfactorError(f"confidence={confidence!r} must lie between 0 and 1, for example 0.95.")
