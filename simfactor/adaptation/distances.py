"""Distances of two sets of features (n, F) and (m, F): pure functions, arrays in, numbers out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simfactor.statistics import Interval

Floats = NDArray[np.float64]


def frechet_distance(first: Floats, second: Floats) -> float:
    """|mean - mean'|^2 + tr(S + S' - 2 (S S')^1/2), of Gaussians of these moments (Dowson & Landau 1982;
    Heusel et al. 2017, equation 6).

    With S = A'A and S' = B'B, the trace of the root is the sum of the singular values of A B', which needs no
    root of a matrix and holds with fewer images than features, too. Biased upward by about as much as two
    halves of one set differ: compare it with that.
    """
    a, b = _root(first), _root(second)
    across = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return float(means + np.square(a).sum() + np.square(b).sum() - 2 * across)


def kernel_distance(first: Floats, second: Floats, confidence: float = 0.95) -> Interval:
    """Squared maximum mean discrepancy without bias, kernel (x'y / F + 1)^3 (Gretton et al. 2012, lemma 6;
    Binkowski et al. 2018), with its interval. On average 0 of equal distributions, so it may be below.

    The interval is normal with the jackknife's variance for two samples (Arvesen 1969), each image left out
    in turn: on average more than the true one (Efron & Stein 1981), above all where the distributions are
    equal. From three images of each.
    """
    own, other, across = _kernel(first, first), _kernel(second, second), _kernel(first, second)
    np.fill_diagonal(own, 0.0)
    np.fill_diagonal(other, 0.0)
    n, m = len(first), len(second)
    within_first, within_second, between = own.sum(), other.sum(), across.sum()

    def distance(a: Floats, b: Floats, c: Floats, n: int, m: int) -> Floats:
        return a / (n * (n - 1)) + b / (m * (m - 1)) - 2 * c / (n * m)

    without_one = (
        distance(within_first - 2 * own.sum(axis=1), within_second, between - across.sum(axis=1), n - 1, m),
        distance(within_first, within_second - 2 * other.sum(axis=1), between - across.sum(axis=0), n, m - 1),
    )
    variance = sum((len(left) - 1) * left.var() for left in without_one)
    middle = float(distance(within_first, within_second, between, n, m))
    half = float(ndtri(0.5 + confidence / 2) * np.sqrt(variance))
    return Interval(middle, middle - half, middle + half, min(n, m))


def _root(features: Floats) -> Floats:
    """A (min(n, F), F) with A'A the covariance of the features."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r"))


def _kernel(first: Floats, second: Floats) -> Floats:
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3)
