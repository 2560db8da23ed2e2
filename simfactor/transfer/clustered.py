"""Success of several trainings in the same episodes: what they agree in is not counted twice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.statistics import Interval, exact_bounds, score_bounds

Array = NDArray[np.float64]


def design_effect(results: Sequence[Array]) -> float:
    """How many outcomes are worth one independent one (Kish 1965), from successes (S, E) of some domains.

    1 if the S trainings fail in an episode independently of each other, S if they always do alike: the
    variance of their mean over episodes, in units of what it would be for S * E independent outcomes. Both
    are taken from the one-way analysis of variance within each domain, pooled. S also where nothing varies,
    or a domain has one episode only, for then nothing is known of it.
    """
    trainings = len(results[0])
    means = [part.mean(axis=0) for part in results]
    freedom = sum(len(mean) - 1 for mean in means)
    if trainings == 1 or not freedom:
        return float(trainings)
    between = trainings * sum(float(((mean - mean.mean()) ** 2).sum()) for mean in means) / freedom
    within = sum(float(((part - mean) ** 2).sum()) for part, mean in zip(results, means, strict=True))
    within /= sum(len(mean) for mean in means)  # S - 1 times its mean square
    whole = between + within
    return float(np.clip(trainings * between / whole, 1, trainings)) if whole else float(trainings)


def clustered_rate(
    successes: ArrayLike, effect: float, confidence: float = 0.95, exact: bool = False
) -> Interval:
    """The rate of (S, E) successes with Wilson's interval for as many outcomes as they are worth.

    Counts are divided by the design effect (Rao & Scott 1992). As Wilson's interval always does, it says how
    well these trainings are measured, and nothing of other ones. It is right on average; ``exact`` takes
    Clopper & Pearson's (Korn & Graubard 1998), which a high confidence needs where episodes are few.
    """
    outcomes = np.asarray(successes, np.float64)
    rate, bounds = float(outcomes.mean()), exact_bounds if exact else score_bounds
    return Interval(rate, *bounds(rate, outcomes.size / effect, confidence), outcomes.size, len(outcomes))


def margin(rate: Interval, reference: Interval, share: float) -> Interval:
    """``rate`` minus ``share`` times ``reference``, with the interval that follows from theirs.

    From the distances of both to their bounds (MOVER, Zou & Donner 2008), at their confidence. It takes them
    for independent; where both are of the same episodes, which helps or harms both, it is too wide.
    """
    mean = rate.mean - share * reference.mean
    below = math.hypot(rate.mean - rate.low, share * (reference.high - reference.mean))
    above = math.hypot(rate.high - rate.mean, share * (reference.mean - reference.low))
    return Interval(mean, mean - below, mean + above, rate.n, rate.seeds)
