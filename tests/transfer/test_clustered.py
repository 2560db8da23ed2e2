"""Trainings that agree in an episode are one witness; intervals know how many there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from simfactor.transfer import Interval, wilson_interval
from simfactor.transfer.clustered import clustered_rate, design_effect, margin


def _trainings(rng, count=5, episodes=40, shared=0.0, rate=0.7):
    """Successes (S, E): in a share of the episodes all trainings fare alike."""
    own = rng.random((count, episodes)) < rate
    alike = rng.random(episodes) < shared
    return np.where(alike, own[0], own).astype(float)


@pytest.mark.parametrize(("shared", "effect"), [(0.0, 1.0), (0.5, 3.0), (1.0, 5.0)])
def test_the_design_effect_is_what_agreement_makes_it(shared, effect):
    """Of S trainings that agree in a share q of episodes, 1 + (S - 1) q outcomes are worth one."""
    rng = np.random.default_rng(0)
    found = [design_effect([_trainings(rng, shared=shared) for _ in range(10)]) for _ in range(50)]
    assert np.mean(found) == pytest.approx(effect, abs=0.1)


def test_what_never_varies_may_be_one_outcome_seen_often():
    assert design_effect([np.ones((3, 20)), np.ones((3, 8))]) == 3
    assert design_effect([np.array([[1.0], [0.0]])]) == 2
    assert design_effect([np.random.default_rng(0).random((1, 30))]) == 1


def test_a_training_that_is_better_throughout_is_no_agreement():
    better = np.stack([np.ones(30), np.zeros(30)])
    assert design_effect([better]) == 1


@pytest.mark.parametrize("shared", [0.0, 0.6])
def test_intervals_cover_the_rate_where_pooled_ones_do_not(shared):
    rng = np.random.default_rng(1)
    covered, pooled = 0, 0
    for _ in range(400):
        domains = [_trainings(rng, shared=shared) for _ in range(6)]
        part = domains[0][:, :15]  # a bin
        found = clustered_rate(part, design_effect(domains))
        naive = wilson_interval(int(part.sum()), part.size)
        covered += found.low <= 0.7 <= found.high
        pooled += naive.low <= 0.7 <= naive.high
    assert covered > 0.93 * 400
    assert (pooled > 0.93 * 400) == (shared == 0.0)


def test_with_one_training_it_is_wilsons_interval():
    outcomes = np.array([[1, 1, 0, 1, 1, 1, 0, 1]])
    assert clustered_rate(outcomes, 1.0) == wilson_interval(6, 8)


@given(st.integers(0, 30), st.integers(1, 30), st.sampled_from([1.0, 1.7, 3.0]))
def test_more_success_never_lowers_an_interval(won, more, effect):
    def rate(successes):
        return clustered_rate(np.arange(90).reshape(3, 30) < successes, effect)

    low, high = rate(won), rate(won + more)
    assert low.low <= high.low <= high.mean
    assert low.high <= high.high


def test_the_margin_covers_the_difference_and_is_wide_for_paired_episodes():
    rng = np.random.default_rng(2)
    covered = {0.0: 0, 1.0: 0}
    for paired in covered:
        for _ in range(600):
            hard = rng.random(30)
            other = hard if paired else rng.random(30)
            rate, clean = clustered_rate([hard < 0.5], 1.0), clustered_rate([other < 0.8], 1.0)
            found = margin(rate, clean, 0.9)
            assert found.mean == pytest.approx(rate.mean - 0.9 * clean.mean)
            covered[paired] += found.low <= 0.5 - 0.9 * 0.8 <= found.high
    assert 0.93 * 600 < covered[0.0] < covered[1.0]


def test_exact_intervals_are_clopper_and_pearsons():
    for won in (0, 3, 8):
        found = clustered_rate(np.arange(8)[None] < won, 1.0, 0.99, exact=True)
        published = binomtest(won, 8).proportion_ci(0.99, method="exact")
        assert (found.low, found.high) == pytest.approx((published.low, published.high))


@pytest.mark.parametrize("count", [1, 3, 5, 9, 17, 40])
def test_few_episodes_do_not_carry_what_a_high_confidence_denies(count):
    """Of an agent at nine tenths of a clean success of 1: how often a fall is claimed, summed exactly."""
    confidence, clean = 0.9996, Interval(1.0, 1.0, 1.0, 50)

    def claims(exact):
        rates = [clustered_rate(np.arange(count)[None] < k, 1.0, confidence, exact) for k in range(count + 1)]
        chance = binom.pmf(np.arange(count + 1), count, 0.9)
        return sum(p for p, rate in zip(chance, rates, strict=True) if margin(rate, clean, 0.9).high < 0)

    assert claims(exact=True) <= (1 - confidence) / 2
    if count == 5:
        assert claims(exact=False) > (1 - confidence) / 2, "which is why Wilson's do not serve here"
