"""The FactorVAE and BetaVAE scores, and the draws under them."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simfactor.metrics import beta_vae_score, factor_vae_score
from simfactor.metrics._groups import Groups

LABELS = hnp.arrays(np.int64, 25, elements=st.integers(-3, 20))


@settings(deadline=None)
@given(labels=LABELS, seed=st.integers(0, 99))
def test_draws_share_a_class_and_pairs_differ(labels, seed):
    assume(len(np.unique(labels)) < len(labels))
    groups, rng = Groups(labels), np.random.default_rng(seed)
    drawn = labels[groups.draw(rng, 8, 5)]
    assert (drawn == drawn[:, :1]).all()
    first, second = groups.pairs(rng, 8, 5)
    np.testing.assert_array_equal(labels[first], labels[second])
    assert (first != second).all()


def test_draws_reach_every_shared_row_evenly():
    labels = np.array([4, 2, 4, 9, 2, 4])
    rng = np.random.default_rng(0)
    groups = Groups(labels)
    for rows in (groups.draw(rng, 3000, 4), *groups.pairs(rng, 3000, 4)):
        shares = np.bincount(rows.ravel(), minlength=6) / rows.size
        # The row without a partner is never drawn.
        np.testing.assert_allclose(shares, [0.2, 0.2, 0.2, 0, 0.2, 0.2], atol=0.015)


@pytest.fixture(scope="module")
def grid():
    """Factors (2000, 3) and their codes at unit variance."""
    factors = np.random.default_rng(1).integers(0, 5, (2000, 3)).astype(np.float64)
    return factors, factors / factors.std(axis=0)


def test_votes_go_to_the_latent_of_the_factor(grid):
    factors, codes = grid
    noise = np.random.default_rng(2).normal(size=(2000, 1))
    result = factor_vae_score(np.hstack([codes[:, [2, 0]], noise, codes[:, [1]]]), factors)
    assert result.score == result.train == 1
    expected = np.zeros((4, 3))
    expected[[1, 3, 0], [0, 1, 2]] = 10_000 // 3
    np.testing.assert_array_equal(result.votes, expected)
    assert (result.active, result.n) == (4, 2000)


def test_a_factor_missing_from_the_codes_is_guessed(grid):
    """Two factors are found. Held, the third leaves both at full variance: a coin, never for itself."""
    factors, codes = grid
    assert factor_vae_score(codes[:, :2], factors).score == pytest.approx(2 / 3, abs=0.01)
    # Differences that show no shared factor do point to the third.
    assert beta_vae_score(codes[:, :2], factors).score > 0.99
    # With two factors missing, they cannot be told apart.
    assert beta_vae_score(codes[:, :1], factors).score == pytest.approx(2 / 3, abs=0.02)


def test_latents_below_the_threshold_are_pruned(grid):
    factors, codes = grid
    small = codes * [1, 0.04, 0.04]
    assert factor_vae_score(small, factors).active == 1
    assert factor_vae_score(small, factors).score == pytest.approx(1 / 3, abs=0.01)
    assert factor_vae_score(small, factors, min_std=0.03).score == 1
    assert factor_vae_score(codes * 0.01, factors)[:2] == (0, 0)
    assert factor_vae_score(np.full((2000, 2), 0.1), factors, min_std=0)[:2] == (0, 0)


def test_collapsed_codes_score_chance(grid):
    result = beta_vae_score(np.zeros((2000, 4)), grid[0])
    assert result.score == pytest.approx(result.chance)
    assert (result.chance, result.learner, result.n) == (1 / 3, "logistic regression", 2000)


@pytest.mark.parametrize("score", [factor_vae_score, beta_vae_score])
def test_intervals_count_as_one_value(score):
    rng = np.random.default_rng(3)
    factors = np.column_stack([rng.uniform(-1, 1, 1500), rng.uniform(0, 360, 1500), rng.integers(0, 3, 1500)])
    radians = np.radians(factors[:, 1])
    codes = np.column_stack([factors[:, 0], np.cos(radians), np.sin(radians), factors[:, 2]])
    assert score(codes, factors, kinds=("continuous", "angle", "categorical")).score > 0.97


@pytest.mark.parametrize("score", [factor_vae_score, beta_vae_score])
def test_seeds_choose_the_draws(score, grid):
    factors, codes = grid
    noisy = codes + 2 * np.random.default_rng(4).normal(size=codes.shape)
    a, b, c = (score(noisy, factors, seed=seed, batch=8).train for seed in (0, 0, 1))
    assert a == b != c
    assert a == pytest.approx(c, abs=0.03)
