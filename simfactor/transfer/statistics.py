"""Intervals for success rates and gaps: seeds first, then episodes, and never the one for the other.

An array of results is always (S, E): S training seeds of one agent on axis 0, E episodes on axis 1.
Source of the practice: Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import trim_mean

from simfactor.errors import SimfactorError
from simfactor.statistics import Interval, check_confidence

Array = NDArray[np.float64]
CHUNK = 4_000_000  # resampled values held at once (32 MB)


def mean(values: Array) -> Array:
    """Mean over seeds and episodes, the last two axes: (..., S, E) -> (...)."""
    return values.mean(axis=(-2, -1))


def iqm(values: Array) -> Array:
    """Interquartile mean over seeds and episodes, the last two axes: (..., S, E) -> (...).

    The mean of what is left when the lowest and the highest quarter are cut (Agarwal et al. 2021). For
    returns; on 0/1 success it saturates, so success uses the mean.
    """
    return np.asarray(trim_mean(values.reshape(*values.shape[:-2], -1), 0.25, axis=-1))


def iqm_of_trainings(values: Array) -> Array:
    """Interquartile mean over trainings of their means over episodes: (..., S, E) -> (...).

    One collapsed training of five does not move it (Agarwal et al. 2021); with fewer than four it is the
    mean.
    """
    return np.asarray(trim_mean(values.mean(axis=-1), 0.25, axis=-1))


def hierarchical_bootstrap(
    values: ArrayLike,
    statistic: Callable[[Array], Array] = mean,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    crossed: bool = False,
) -> Interval:
    """Percentile interval of a statistic of (S, E) results, resampling seeds first and then episodes.

    ``crossed=False``: every drawn seed draws its own episodes (nested, for episodes that the seeds do not
    share). ``crossed=True``: one draw of episodes serves all drawn seeds (the pigeonhole bootstrap, Owen
    2007), which is right when all agents met the *same* episodes: a hard start is hard for all of them, and
    the nested draw would count it S times.

    With S = 1 the seed level is degenerate: only episodes are resampled, and the interval covers that one
    trained agent (``Interval.seeds`` says so). With S of 2 to 5 it is narrower than its name, since few
    seeds show little of their spread. If all values are equal the interval has no width: the bootstrap
    cannot see what never happened. Raises SimfactorError on an empty or non-finite array.
    """
    data = _results("values", values)
    check_confidence(confidence)
    drawn = [statistic(data[index]) for index in _draws(data.shape, resamples, seed, crossed)]
    low, high = _percentiles(np.concatenate(drawn), confidence)
    return Interval(float(statistic(data)), low, high, data.size, len(data))


def joint_bootstrap(
    values: ArrayLike,
    statistic: Callable[[Array], Array],
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Interval of what several results of the same trainings on the same episodes say together, (A, S, E).

    ``statistic`` takes (A, ..., S, E) to (...). Every resample takes the same seeds and the same episodes in
    all A results, so what an easy or hard start does to all of them cancels. Episodes are drawn once for all
    seeds (crossed; see :func:`hierarchical_bootstrap`, also for S = 1). Raises SimfactorError on an empty or
    non-finite array.
    """
    data = np.stack([_results(f"values[{k}]", part) for k, part in enumerate(np.asarray(values, np.float64))])
    check_confidence(confidence)
    draws = _draws(data.shape[1:], resamples, seed, crossed=True, results=len(data))
    drawn = [statistic(data[:, rows, columns]) for rows, columns in draws]
    low, high = _percentiles(np.concatenate(drawn), confidence)
    return Interval(float(statistic(data)), low, high, data[0].size, data.shape[1])


def paired_gap(
    clean: ArrayLike,
    shifted: ArrayLike,
    statistic: Callable[[Array], Array] = mean,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """What a shift costs, clean minus shifted, with a bootstrap interval: both (S, E), episode by episode.

    Column e of both arrays must be the same episode seed and row s the same trained agent
    (:func:`joint_bootstrap`). A positive gap means that the shift hurts. Raises SimfactorError if the shapes
    differ.
    """
    both = paired("clean", clean, "shifted", shifted)
    return joint_bootstrap(
        both, lambda pair: statistic(pair[0]) - statistic(pair[1]), confidence, resamples, seed
    )


def paired(first: str, a: ArrayLike, second: str, b: ArrayLike) -> Array:
    """Two results (S, E) as one array (2, S, E). Raises SimfactorError unless they can be paired."""
    both = _results(first, a), _results(second, b)
    if both[0].shape != both[1].shape:
        raise SimfactorError(
            f"{first} {both[0].shape} and {second} {both[1].shape} are not paired; "
            "evaluate both on the same training seeds and the same episode seeds."
        )
    return np.stack(both)


def _draws(
    shape: tuple[int, ...], resamples: int, seed: int, crossed: bool, results: int = 1
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Index pairs that pick resampled (R, S, E) of ``results`` results, in chunks that fit into memory."""
    if resamples < 1:
        raise SimfactorError(f"resamples={resamples} must be at least 1; 2000 is usual.")
    seeds, episodes = shape
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // (results * seeds * episodes))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        rows = rng.integers(seeds, size=(count, seeds, 1))
        columns = rng.integers(episodes, size=(count, 1 if crossed else seeds, episodes))
        yield rows, columns


def _percentiles(values: Array, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _results(name: str, values: ArrayLike) -> Array:
    data = np.asarray(values, np.float64)
    if data.ndim != 2 or data.size == 0:
        raise SimfactorError(f"{name} has shape {data.shape}; give (seeds, episodes), both at least 1.")
    if not np.isfinite(data).all():
        raise SimfactorError(f"{name} holds {int((~np.isfinite(data)).sum())} values that are not finite.")
    return data
