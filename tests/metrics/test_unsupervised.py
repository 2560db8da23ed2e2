import numpy as np
import pytest
from scipy.linalg import sqrtm

from simfactor.metrics import unsupervised


def test_closed_form_of_two_latents():
    """Of correlation r and variances a: total correlation -1/2 log(1 - r^2), and eigenvalues a^2 (1 +- r)."""
    r, a = 0.6, 9.0
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(50, 2))
    white = np.linalg.qr(noise - noise.mean(axis=0))[0] * np.sqrt(49)
    codes = 3 * white @ [[1, r], [0, np.sqrt(1 - r**2)]] + [5, -2]
    result = unsupervised(codes)
    assert result.total_correlation == pytest.approx(-np.log(1 - r**2) / 2)
    wasserstein = 4 * a - 2 * a * (np.sqrt(1 + r) + np.sqrt(1 - r))
    assert result.wasserstein_correlation == pytest.approx(wasserstein)
    assert result.wasserstein_correlation_normalised == pytest.approx(wasserstein / (2 * a))
    assert (result.active, result.n) == (2, 50)


def test_wasserstein_distance_of_any_covariance():
    rng = np.random.default_rng(1)
    codes = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5))
    covariance = np.cov(codes.T)
    marginals = np.diag(np.diag(covariance))
    root = sqrtm(marginals)
    # Dowson & Landau 1982, the distance of two Gaussians.
    expected = np.trace(covariance + marginals - 2 * sqrtm(root @ covariance @ root).real)
    assert unsupervised(codes).wasserstein_correlation == pytest.approx(expected)


def test_independent_latents_are_at_zero_and_units_cancel():
    rng = np.random.default_rng(2)
    codes = rng.normal(size=(20000, 6))
    result = unsupervised(codes)
    assert 0 <= result.total_correlation < 0.002
    assert 0 <= result.wasserstein_correlation < 0.005
    mixed = codes @ rng.normal(size=(6, 6))
    a, b = unsupervised(mixed), unsupervised(100 * mixed)
    assert b.total_correlation == pytest.approx(a.total_correlation)
    assert b.wasserstein_correlation_normalised == pytest.approx(a.wasserstein_correlation_normalised)
    assert b.wasserstein_correlation == pytest.approx(1e4 * a.wasserstein_correlation)
    apart = unsupervised(mixed * np.logspace(-3, 3, 6))
    assert apart.total_correlation == pytest.approx(a.total_correlation)


def test_duplicated_latents_are_infinitely_dependent():
    codes = np.random.default_rng(3).normal(size=(100, 3))
    result = unsupervised(np.hstack([codes, codes]))
    assert result.total_correlation == np.inf
    assert 0 < result.wasserstein_correlation_normalised < 1


def test_collapsed_latents_are_left_out():
    codes = np.random.default_rng(4).normal(size=(100, 3)) + [[0.5], [0]] * 50
    padded = unsupervised(np.hstack([codes, np.full((100, 2), 0.1)]))
    assert padded == unsupervised(codes)
    assert padded.active == 3
    assert unsupervised(np.full((100, 2), 0.1)) == (0, 0, 0, 0, 100)
