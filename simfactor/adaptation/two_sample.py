"""Do two samples come from one distribution? Points in, effect and p-value out. NumPy and SciPy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]


class Comparison(NamedTuple):
    """How far two samples are apart. effect: in [0, 1]; p_value: of "they come from one distribution"."""

    effect: float
    p_value: float


def permutations_of(source: int, target: int, count: int, seed: int) -> NDArray[np.float32]:
    """Which images are called the target's, (source + target, 1 + count) of 0/1: as it is, then at random."""
    labels = np.repeat(np.array([0, 1], np.float32), [source, target])
    shuffled = np.random.default_rng(seed).permuted(np.tile(labels, (count, 1)), axis=1)
    return np.concatenate([labels[None], shuffled]).T


def energy_comparison(source: Floats, target: Floats, labels: NDArray[np.float32]) -> Comparison:
    """Energy test of points (n, d) and (m, d), by the labels of :func:`permutations_of`.

    The statistic is the energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| without bias, which is 0 for equal
    distributions only (Szekely & Rizzo 2004, 2013); it is the MMD of the distance's kernel (Sejdinovic et al.
    2013) and has no width to choose. The p-value is exact: the rank among permutations, the sample's own
    counted in. The effect is the square root of its share of 2 E|X - Y| (the coefficient of inhomogeneity,
    Szekely & Rizzo 2013): 0 of equal distributions, 1 of two different points; half of a small shift of a
    normal's mean, in standard deviations.
    """
    points = np.concatenate([source, target])
    apart = cdist(points, points).astype(np.float32)
    between, within = _mean_distances(apart, labels)
    energies = between - within
    effect = np.sqrt(max(0.0, energies[0]) / between[0]) if between[0] > 0 else 0.0
    rounding = 1e-6 * between[0]
    return Comparison(float(effect), float((energies >= energies[0] - rounding).mean()))


def _mean_distances(apart: NDArray[np.float32], labels: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Twice the mean distance between the samples, and the sum of those within each, a labelling each."""
    m = int(labels[:, 0].sum())
    n = len(labels) - m
    to_target = apart @ labels
    in_target = np.einsum("ip,ip->p", labels, to_target, dtype=np.float64)
    to_all = apart.sum(axis=1, dtype=np.float64)
    across = labels.T.astype(np.float64) @ to_all - in_target
    in_source = to_all.sum() - in_target - 2 * across
    return 2 * across / (n * m), in_source / (n * (n - 1)) + in_target / (m * (m - 1))


def bootstrap_means(points: Floats, resamples: int, seed: int) -> Floats:
    """Means (resamples, d) of as many draws, with replacement, of all n of the points (n, d)."""
    n = len(points)
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    return np.asarray(counts.astype(np.float64) @ points / n)
