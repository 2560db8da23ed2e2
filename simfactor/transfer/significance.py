"""Could it be chance? Tests of paired success, corrected for their number, and how many episodes it takes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import binomtest

from simfactor.errors import SimfactorError
from simfactor.transfer.statistics import paired

FLIPS = 9999
ROUNDING = 1e-9  # sums of successes are equal within it
LEAST_DROP = 1e-4  # relative; nobody asks for less


def mcnemar(clean: ArrayLike, shifted: ArrayLike) -> float:
    """Exact two-sided p-value of McNemar's test for one agent's paired successes, both (E,) of 0/1.

    Only the episodes whose outcome changed count; under no effect either direction is as likely
    (McNemar 1947, binomial form). 1.0 if none changed. For one training seed: pooling seeds is not valid.
    """
    first, second = np.asarray(clean).astype(bool), np.asarray(shifted).astype(bool)
    if first.shape != second.shape or first.ndim != 1:
        raise SimfactorError(
            f"clean {first.shape} and shifted {second.shape} are not paired; "
            "give two (E,) arrays over the same episode seeds, of one trained agent."
        )
    lost, won = int((first & ~second).sum()), int((~first & second).sum())
    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def paired_p(clean: ArrayLike, shifted: ArrayLike, seed: int = 0) -> float:
    """Two-sided p-value of "the shift changes nothing for these trainings", both (S, E) of 0/1.

    With one training McNemar's exact test. With more, the trainings met the same episodes and are not
    independent in them, so an episode is the unit: if nothing changed, clean and shifted could be
    exchanged in it, for all trainings at once (a sign-flip test, Fisher 1935, section 21; 9,999 random
    flips, and the observed one). It says nothing of other trainings. Raises SimfactorError if the
    shapes differ.
    """
    both = paired("clean", clean, "shifted", shifted)
    if both.shape[1] == 1:
        return mcnemar(both[0, 0], both[1, 0])
    lost = (both[0] - both[1]).sum(axis=0)  # (E,)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(FLIPS, len(lost)))
    as_large = np.abs(signs @ lost) >= abs(lost.sum()) - ROUNDING
    return float((1 + as_large.sum()) / (1 + FLIPS))


def episodes_to_tell(first: float, second: float, power: float = 0.8, confidence: float = 0.95) -> int:
    """Independent episodes, in each of two arms, that tell one success rate from another.

    The normal approximation (Fleiss, Levin & Paik 2003, "Statistical methods for rates and proportions",
    section 4.2). Paired episodes need fewer, the more the arms agree. Raises SimfactorError unless the rates
    are in [0, 1] and differ.
    """
    if not (0 <= first <= 1 and 0 <= second <= 1) or first == second:
        raise SimfactorError(f"rates {first!r} and {second!r} must be in [0, 1] and differ.")
    return math.ceil(_episodes(first, second, power, confidence))


def smallest_drop(rate: float, episodes: int, power: float = 0.8, confidence: float = 0.95) -> float | None:
    """The least drop from a success rate that ``episodes`` in each arm would show; None if none would.

    Of independent episodes, as :func:`episodes_to_tell`. A smaller drop may go unseen.
    """

    def missing(drop: float) -> float:
        return _episodes(rate, rate - drop, power, confidence) - episodes

    least = LEAST_DROP * rate
    if rate <= 0 or missing(rate) > 0:
        return None
    return least if missing(least) <= 0 else float(brentq(missing, least, rate))


def _episodes(first: float, second: float, power: float, confidence: float) -> float:
    middle = (first + second) / 2
    under_null = ndtri(0.5 + confidence / 2) * math.sqrt(2 * middle * (1 - middle))
    under_effect = ndtri(power) * math.sqrt(first * (1 - first) + second * (1 - second))
    return float(((under_null + under_effect) / (first - second)) ** 2)
