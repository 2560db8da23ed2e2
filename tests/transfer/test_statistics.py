"""Oracles of the intervals: published values, scipy, and coverage in simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, trim_mean

from simfactor.errors import SimfactorError
from simfactor.statistics import wilson_interval
from simfactor.transfer.statistics import (
    hierarchical_bootstrap,
    iqm,
    iqm_of_trainings,
    joint_bootstrap,
    mean,
    paired_gap,
)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy(count):
    successes, n = count
    ours = wilson_interval(successes, n, confidence=0.9)
    theirs = binomtest(successes, n).proportion_ci(confidence_level=0.9, method="wilson")
    assert ours.mean == successes / n
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= ours.mean <= ours.high <= 1


def test_wilson_agrees_with_newcombe_1998():
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    table = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611)}
    for (successes, n), expected in table.items():
        assert wilson_interval(successes, n)[1:3] == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 5), (0, 0)])
def test_wilson_refuses_impossible_counts(successes, n):
    with pytest.raises(SimfactorError, match=f"successes={successes} of n={n}"):
        wilson_interval(successes, n)


def test_iqm_is_the_trimmed_mean_over_seeds_and_episodes():
    values = np.random.default_rng(0).normal(size=(3, 2, 17))
    expected = [trim_mean(block.ravel(), 0.25) for block in values]
    np.testing.assert_allclose(iqm(values), expected)
    assert iqm(np.array([[0.0, 1.0, 2.0, 1000.0]])) == 1.5


def test_bootstrap_is_decided_by_its_seed():
    values = np.random.default_rng(1).normal(size=(3, 20))
    first = hierarchical_bootstrap(values, seed=4)
    assert first == hierarchical_bootstrap(values, seed=4)
    assert first != hierarchical_bootstrap(values, seed=5)
    assert first.low < first.mean < first.high
    assert (first.n, first.seeds) == (60, 3)


def test_one_seed_resamples_episodes_only():
    values = np.random.default_rng(2).normal(size=(1, 100))
    got = hierarchical_bootstrap(values, resamples=4000)
    half = 1.96 * values.std() / 10
    assert (got.low, got.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)
    assert got.seeds == 1


def test_seeds_that_differ_widen_the_interval_as_pooling_would_not():
    """Five seeds, one collapsed: pooled as 500 episodes it would look sure."""
    values = np.repeat([[1.0], [1.0], [1.0], [1.0], [0.0]], 100, axis=1)
    honest = hierarchical_bootstrap(values)
    pooled = hierarchical_bootstrap(values.reshape(1, -1))
    assert honest.high - honest.low > 5 * (pooled.high - pooled.low)


def _coverage(crossed: bool) -> float:
    """How often a nominal 90 % interval holds the truth, when a start is as hard for every seed."""
    rng = np.random.default_rng(3)
    hits = 0
    for trial in range(200):
        seed_effect = rng.normal(size=(8, 1))
        start_effect = rng.normal(size=(1, 12)) * 2
        values = seed_effect + start_effect + rng.normal(size=(8, 12)) * 0.5
        got = hierarchical_bootstrap(values, confidence=0.9, resamples=300, seed=trial, crossed=crossed)
        hits += got.low <= 0 <= got.high
    return hits / 200


def test_coverage_when_episodes_are_shared():
    """Crossed draws (nearly) keep the promise; nested draws count a shared start once a seed and do not."""
    assert 0.82 <= _coverage(crossed=True) <= 0.97
    assert _coverage(crossed=False) < 0.75


def test_coverage_when_episodes_are_not_shared():
    rng = np.random.default_rng(4)
    hits = 0
    for trial in range(200):
        values = rng.normal(size=(10, 1)) + rng.normal(size=(10, 20))
        got = hierarchical_bootstrap(values, confidence=0.9, resamples=300, seed=trial)
        hits += got.low <= 0 <= got.high
    assert 0.82 <= hits / 200 <= 0.97


def test_pairing_narrows_the_gap_of_correlated_episodes():
    rng = np.random.default_rng(5)
    difficulty = rng.normal(size=(1, 60))
    clean = difficulty + 0.1 * rng.normal(size=(3, 60))
    shifted = difficulty - 0.2 + 0.1 * rng.normal(size=(3, 60))
    paired = paired_gap(clean, shifted)
    unpaired = paired_gap(clean, rng.permuted(shifted, axis=1))
    assert paired.mean == pytest.approx(0.2, abs=0.06)
    assert unpaired.mean == pytest.approx(paired.mean)
    assert paired.high - paired.low < 0.3 * (unpaired.high - unpaired.low)


def test_gap_of_the_mean_is_the_bootstrap_of_the_differences():
    rng = np.random.default_rng(6)
    clean, shifted = rng.random((2, 4, 30)).round()
    direct = hierarchical_bootstrap(clean - shifted, seed=7, crossed=True)
    assert paired_gap(clean, shifted, seed=7) == pytest.approx(direct)


def test_gap_has_a_sign_and_takes_another_statistic():
    clean, shifted = np.full((2, 40), 5.0), np.full((2, 40), 2.0)
    assert paired_gap(clean, shifted, statistic=iqm)[:3] == (3, 3, 3)
    assert paired_gap(shifted, clean, statistic=mean)[:3] == (-3, -3, -3)


@pytest.mark.parametrize(
    ("clean", "shifted", "message"),
    [
        (np.zeros((2, 5)), np.zeros((2, 6)), "not paired"),
        (np.zeros(5), np.zeros(5), "shape"),
        (np.full((1, 5), np.nan), np.zeros((1, 5)), "5 values that are not finite"),
    ],
)
def test_gap_refuses_what_is_not_paired(clean, shifted, message):
    with pytest.raises(SimfactorError, match=message):
        paired_gap(clean, shifted)


def test_one_collapsed_training_of_five_does_not_move_the_iqm_of_trainings():
    values = np.array([[0.9], [0.92], [0.94], [0.96], [0.0]])
    assert iqm_of_trainings(values) == pytest.approx((0.9 + 0.92 + 0.94) / 3)
    assert iqm_of_trainings(values[:2]) == pytest.approx(0.91)


def test_joint_draws_leave_nothing_of_what_two_results_share():
    """Both results are hard in the same episodes and seeds: their difference is known without doubt."""
    rng = np.random.default_rng(8)
    shared = rng.normal(size=(5, 1)) + rng.normal(size=(1, 30))
    got = joint_bootstrap([shared, shared + 0.3], lambda two: mean(two[1]) - mean(two[0]))
    assert got[:3] == pytest.approx((0.3, 0.3, 0.3))
    assert got[3:] == (150, 5)
