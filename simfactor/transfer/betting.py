"""How much a shift costs, by intervals that hold however often one looks and whenever one stops.

A gambler bets on every paired episode that the drop is larger, or smaller, than a margin. If the margin is
the true drop, the bets are fair, and the gambler's capital reaches 1/alpha with a chance of at most alpha,
over all of time (Ville 1939). Margins at which it has are ruled out; what is left is the interval
(Waudby-Smith & Ramdas 2023, "Estimating means of bounded random variables by betting", section 4). The
capital is spread over bets of all sizes, more of it over very small and very large ones, as in the universal
portfolio with a Dirichlet(1/2) prior (Cover & Ordentlich 1996).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from simfactor.errors import SimfactorError

Array = NDArray[np.float64]
Verdict = Literal["held", "violated", "open"]
BETS = np.sin(np.linspace(0, np.pi / 2, 21)[1:]) ** 2  # shares of the largest bet that loses no more than all
FINE = 1e-4  # how exactly the ends of intervals are found


class Drop(NamedTuple):
    """Success lost, ``mean`` over n episodes, with bounds that hold at every n at once."""

    mean: float
    low: float
    high: float
    n: int

    def verdict(self, bound: float) -> Verdict:
        """Whether the drop is above ``bound``, is not, or whether these episodes cannot tell."""
        if self.low > bound:
            return "violated"
        return "held" if self.high <= bound else "open"


def drop_interval(clean: ArrayLike, shifted: ArrayLike, confidence: float = 0.95, shifts: int = 1) -> Drop:
    """The drop from ``clean`` to ``shifted``, both (n,) in [0, 1] in the order of the episodes, paired.

    One may look after each episode, stop when it suffices, and go on later. ``high`` is too low with a
    chance of 1 - ``confidence`` at most; with that chance ``low`` is too high for *any* of as many ``shifts``
    (Bonferroni). Who says that a policy holds when every ``high`` is below a bound, and that it does not when
    any ``low`` is above it, is therefore wrong with that chance at most, either way.

    For one policy, and episodes drawn independently. Raises SimfactorError for arrays that are not paired or
    leave [0, 1].
    """
    first, second = np.asarray(clean, np.float64), np.asarray(shifted, np.float64)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise SimfactorError(
            f"clean {first.shape} and shifted {second.shape} are not paired; give two (n,) arrays, n >= 1, "
            "over the same episodes."
        )
    if not 0 < confidence < 1 or shifts < 1:
        raise SimfactorError(f"confidence={confidence!r} must be between 0 and 1, shifts={shifts!r} above 0.")
    both = np.stack([first, second])
    if not ((both >= 0) & (both <= 1)).all():
        raise SimfactorError("successes must lie in [0, 1]; give 0 and 1, or shares.")
    lost, error = first - second, 1 - confidence
    low, high = -_end(-lost, math.log(shifts / error)), _end(lost, math.log(1 / error))
    return Drop(float(lost.mean()), low, high, len(lost))


def _end(lost: Array, needed: float) -> float:
    """The least margin of which it is ruled out, by then or earlier, that the mean is as large; 1 if none is.

    Capital grows with the margin, for the same bet is then paid better: the margin is found by halving.
    """
    low, high = -1.0, 1.0
    if log_capital(lost, high).max() < needed:
        return high
    while high - low > FINE:
        middle = (low + high) / 2
        low, high = (low, middle) if log_capital(lost, middle).max() >= needed else (middle, high)
    return high


def log_capital(lost: Array, margin: float) -> Array:
    """Log of the capital (n,) after each of the losses (n,) in [-1, 1], of who bets they are below a margin.

    It starts at 1. As long as the losses' mean is ``margin`` or more, it is not expected to grow.
    """
    largest = 1 / max(1 - margin, 1e-9)  # a loss of 1 then takes everything
    with np.errstate(divide="ignore"):
        growth = np.log1p(np.maximum(BETS[:, None] * largest * (margin - lost), -1.0))
    capital: Array = logsumexp(growth.cumsum(axis=1), axis=0) - np.log(len(BETS))
    return capital
