"""Distances of features, against closed forms and by their definition."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from simfactor.adaptation.distances import frechet_distance, kernel_distance
from simfactor.adaptation.features import feature_distances, nearest_pairs, unlike_share


def test_frechet_distance_of_gaussians() -> None:
    mean, deviations, others = np.array([1.0, -2, 0]), np.array([1.0, 2, 0.5]), np.array([2.0, 2, 1])
    rng = np.random.default_rng(0)
    a, b = deviations * rng.normal(size=(60_000, 3)), mean + others * rng.normal(size=(60_000, 3))
    closed = np.square(mean).sum() + np.square(deviations - others).sum()
    assert frechet_distance(a, b) == pytest.approx(closed, rel=0.02)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 30), st.integers(4, 30), st.integers(1, 12))
def test_frechet_distance_is_the_published_formula(seed: int, n: int, m: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, d)), rng.normal(size=(m, d)) @ rng.normal(size=(d, d)) + 1
    first, second = (np.atleast_2d(np.cov(own, rowvar=False)) for own in (a, b))
    root = sqrtm(first + 1e-12 * np.eye(d)) @ sqrtm(second + 1e-12 * np.eye(d))
    trace = np.linalg.norm(np.real(root), "nuc")  # of the root of a product
    wanted = np.square(a.mean(axis=0) - b.mean(axis=0)).sum() + np.trace(first + second) - 2 * trace
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b), rel=1e-6, abs=1e-6)
    assert frechet_distance(a, a + 2) == pytest.approx(4 * d, rel=1e-6)


def test_kernel_distance_has_no_bias() -> None:
    """The mean over all samples of a population, drawn with replacement, is the population's own."""
    first, second = np.array([[0.0, 1.0], [2.0, -1.0]]), np.array([[1.0, 1.0], [0.5, 3.0]])
    draws = list(itertools.product([0, 1], repeat=3))
    found = [kernel_distance(first[list(i)], second[list(j)]).mean for i in draws for j in draws]

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float(((a @ b.T / 2 + 1) ** 3).mean())

    wanted = kernel(first, first) + kernel(second, second) - 2 * kernel(first, second)
    assert np.mean(found) == pytest.approx(wanted, rel=1e-9)
    same = [kernel_distance(first[list(i)], first[list(j)]).mean for i in draws for j in draws]
    assert np.mean(same) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_interval_of_the_kernel_distance_covers(shift: float) -> None:
    rng = np.random.default_rng(1)
    found = [
        kernel_distance(rng.uniform(size=(60, 4)), rng.uniform(size=(60, 4)) + shift) for _ in range(400)
    ]
    true = np.mean([own.mean for own in found]) if shift else 0  # the estimate has no bias
    assert np.mean([own.low <= true <= own.high for own in found]) > 0.92


def test_halves_of_the_source_have_the_bias_of_the_domains() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(300, 20)), rng.normal(size=(150, 20))
    domains, halves, kernel = feature_distances(a, b, False, 0)
    assert domains.n == halves.n == 150
    assert domains.mean == pytest.approx(halves.mean, rel=0.25)
    assert kernel.low < 0 < kernel.high
    scaled = feature_distances(1000 * a, 1000 * b, False, 0)
    assert scaled[0].mean == pytest.approx(domains.mean, rel=1e-9)
    moved, halves, kernel = feature_distances(a, b + 0.5, False, 0)
    assert moved.low > halves.high
    assert kernel.low > 0


def test_images_like_the_source_are_called_unlike_as_rarely_as_stated() -> None:
    rng = np.random.default_rng(3)
    rates = [unlike_share(rng.normal(size=(100, 3)), rng.normal(size=(100, 3)), 0.1).mean for _ in range(60)]
    assert 0.07 < np.mean(rates) < 0.115
    assert unlike_share(rng.normal(size=(100, 3)), rng.normal(9, 1, size=(50, 3)), 0.1).mean == 1


def test_nearest_pairs_go_from_the_ordinary_to_the_strange() -> None:
    source = np.arange(50.0)[:, None]
    target = np.concatenate([source[:20] + 0.1, [[90.0]]])
    pairs = nearest_pairs(source, target, 1000 + np.arange(50), 2000 + np.arange(21))
    assert pairs[-1] == (2020, (1049, 1048, 1047, 1046), 41.0)
    assert [pair.distance for pair in pairs] == sorted(pair.distance for pair in pairs)
    assert all(pair.source[0] - 1000 == pair.target - 2000 for pair in pairs[:-1])
