"""What a shift does as it grows, and what two shifts do together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.statistics import Interval
from simfactor.transfer.statistics import joint_bootstrap, mean

Array = NDArray[np.float64]


def curve_area(severities: Sequence[float], values: ArrayLike, seed: int = 0) -> Interval:
    """Area under the curve of means over severities, over their range: a mean, 1 if nothing ever fails.

    values (K, S, E): results at K ascending severities (0 is clean), of the same trainings on the same
    episodes. The curve is linear in between. Raises SimfactorError for fewer than two severities and for
    severities that do not ascend.
    """
    steps = np.diff(np.asarray(severities, np.float64))
    if len(steps) < 1 or (steps <= 0).any() or len(severities) != len(np.asarray(values)):
        raise SimfactorError(
            f"severities={list(severities)!r} must be two or more, ascending, one for each of the "
            f"{len(np.asarray(values))} results."
        )
    weights = (np.append(steps, 0) + np.append(0, steps)) / (2 * steps.sum())  # of the trapezoids
    return joint_bootstrap(values, lambda results: np.tensordot(weights, mean(results), axes=1), seed=seed)


def interaction(
    clean: ArrayLike, first: ArrayLike, second: ArrayLike, both: ArrayLike, seed: int = 0
) -> Interval:
    """What two shifts do together beyond what each does alone, in log-odds of success, all (S, E) of 0/1.

    logit(both) - logit(first) - logit(second) + logit(clean): 0 if each multiplies the odds as if it were
    alone, below 0 if they are worse together. Half an episode is added to successes and failures (Haldane
    1956), so that a rate of 0 or 1 has a logit; with few episodes that draws the result to 0. Raises
    SimfactorError if the shapes differ.
    """
    results = [np.asarray(part, np.float64) for part in (clean, first, second, both)]
    if len({part.shape for part in results}) > 1:
        raise SimfactorError(
            f"results have shapes {', '.join(str(part.shape) for part in results)}; give the same trainings "
            "and episodes for all four."
        )
    return joint_bootstrap(
        np.stack(results),
        lambda four: np.tensordot([1.0, -1.0, -1.0, 1.0], log_odds(four), axes=1),
        seed=seed,
    )


def log_odds(successes: Array) -> Array:
    """Log-odds of success over the last two axes, half an episode added to either side."""
    count = successes.shape[-2] * successes.shape[-1]
    won = successes.sum(axis=(-2, -1))
    return np.log((won + 0.5) / (count - won + 0.5))
