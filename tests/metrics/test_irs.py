import numpy as np
import pytest

from simfactor.metrics import irs


def test_a_latent_of_two_factors_moves_by_the_other():
    """z = 2 a + b on a grid of signs: held a, it moves by 1 of 3; held b, by 2 of 3."""
    grid = np.stack(np.meshgrid([-1, 1], [-1, 1], indexing="ij"), -1).reshape(-1, 2).repeat(50, 0)
    codes = (grid @ [[2.0], [1.0]]) + 7
    result = irs(codes, grid)
    np.testing.assert_allclose(result.robustness, [[2 / 3, 1 / 3]])
    assert result.score == pytest.approx(2 / 3)
    assert result.n == 200


def test_latents_weigh_by_their_largest_deviation():
    grid = np.stack(np.meshgrid([-1, 1], [-1, 1], indexing="ij"), -1).reshape(-1, 2).repeat(50, 0)
    codes = np.column_stack([10 * grid[:, 0], grid.sum(axis=1), np.full(200, 3.0)])
    # 10 of a robust latent, 2 of one that is half robust, 0 of one that stands still.
    assert irs(codes, grid).score == pytest.approx((10 * 1 + 2 * 1 / 2) / 12)


def test_an_outlier_within_one_percent_is_forgiven():
    labels = np.arange(4000)[:, None] % 2
    codes = labels.astype(np.float64)
    codes[:10, 0] += 5
    assert irs(codes, labels).score == pytest.approx(1, abs=0.01)
    codes[:100, 0] += 5
    assert irs(codes, labels).score < 0.9


def test_gaussian_noise_scores_what_the_docstring_says():
    rng = np.random.default_rng(0)
    score = irs(rng.normal(size=(10000, 10)), rng.integers(0, 5, (10000, 4))).score
    assert score == pytest.approx(0.36, abs=0.03)


def test_an_interval_holds_a_continuous_factor_only_so_still():
    values = np.linspace(0, 1, 10000)[:, None]
    assert irs(values, values, kinds=["continuous"]).score == pytest.approx(0.9, abs=0.002)
    assert irs(values, values, kinds=["continuous"], factor_bins=50).score == pytest.approx(0.98, abs=0.002)
