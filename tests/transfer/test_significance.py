"""Tests keep their error rates, agree with published values, and say what cannot be told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from simfactor.errors import SimfactorError
from simfactor.transfer import episodes_to_tell, holm, mcnemar, paired_p, smallest_drop


@settings(max_examples=50)
@given(st.integers(0, 30), st.integers(0, 30))
def test_mcnemar_is_the_sign_test_of_the_changed_episodes(lost, won):
    clean = np.array([1] * lost + [0] * won + [1, 1, 0], bool)
    shifted = np.array([0] * lost + [1] * won + [1, 1, 0], bool)
    expected = binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
    assert mcnemar(clean, shifted) == pytest.approx(expected)
    assert mcnemar(clean, shifted) == pytest.approx(mcnemar(shifted, clean))


def test_mcnemar_on_a_worked_case():
    """9 lost against 1 won: 2 * (C(10,0) + C(10,1)) / 2**10."""
    clean, shifted = [1] * 9 + [0], [0] * 9 + [1]
    assert mcnemar(clean, shifted) == pytest.approx(22 / 1024)


def test_one_training_gets_mcnemars_exact_p():
    rng = np.random.default_rng(0)
    clean, shifted = (rng.random((2, 1, 40)) < [[[0.9]], [[0.6]]]).astype(float)
    assert paired_p(clean, shifted) == mcnemar(clean[0], shifted[0])


def test_flips_agree_with_all_of_them_counted_out():
    """Four episodes lost by both trainings, none won: 2 of 2^4 sign patterns are as extreme."""
    clean, shifted = np.ones((2, 4)), np.zeros((2, 4))
    assert paired_p(clean, shifted) == pytest.approx(2 / 16, abs=0.02)
    assert paired_p(clean, clean) == 1.0


def test_trainings_that_share_their_episodes_are_not_counted_as_more_episodes():
    """No effect, but whether an episode is lost is the same for all five trainings: 5 % stay 5 %."""
    rng = np.random.default_rng(1)
    rejected = 0
    for trial in range(200):
        first, second = rng.random((2, 30)) < 0.7
        rejected += paired_p(np.tile(first, (5, 1)), np.tile(second, (5, 1)), seed=trial) < 0.05
    assert rejected / 200 < 0.1
    alone = [
        mcnemar(np.tile(first, 5), np.tile(second, 5)) for first, second in rng.random((40, 2, 30)) < 0.7
    ]
    assert np.mean(np.array(alone) < 0.05) > 0.2  # what pooling them would do


def test_holm_on_a_worked_case():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02}
    )
    assert holm({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_the_order_and_lies_between_raw_and_bonferroni(p_values):
    raw = {str(k): p for k, p in enumerate(p_values)}
    adjusted = holm(raw)
    assert list(adjusted) == list(raw)
    for name, p in raw.items():
        assert p <= adjusted[name] <= min(1.0, len(raw) * max(raw.values()))
    ranked = sorted(raw, key=lambda name: raw[name])
    assert [adjusted[name] for name in ranked] == sorted(adjusted.values())


def test_episodes_needed_agree_with_the_tables():
    """Fleiss, Levin & Paik 2003: 199 an arm for 0.9 against 0.8; half as much for twice the difference."""
    assert episodes_to_tell(0.9, 0.8) == 199
    assert episodes_to_tell(0.8, 0.9) == 199
    assert episodes_to_tell(0.5, 0.4) == 388


@given(st.floats(0.05, 1.0), st.integers(5, 5000))
def test_the_smallest_drop_is_what_so_many_episodes_show(rate, episodes):
    drop = smallest_drop(rate, episodes)
    if drop is None:
        assert episodes_to_tell(rate, 0.0) > episodes
    else:
        assert episodes_to_tell(rate, max(0.0, rate - 1.001 * drop)) <= episodes + 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: holm({"dusk": 1.2}), "p-value 1.2 of 'dusk'"),
        (lambda: episodes_to_tell(0.9, 0.9), r"rates 0.9 and 0.9 must be in \[0, 1\] and differ"),
        (lambda: paired_p(np.zeros((2, 5)), np.zeros((2, 6))), "not paired"),
        (lambda: mcnemar(np.zeros(5), np.zeros(6)), "not paired"),
    ],
)
def test_what_cannot_be_tested_is_refused(call, message):
    with pytest.raises(SimfactorError, match=message):
        call()
