"""The energy test: closed forms, an independent implementation, and how often it errs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import energy_distance, norm

from simfactor.adaptation.two_sample import bootstrap_means, energy_comparison, permutations_of
from simfactor.statistics import holm

SEEDS = st.integers(0, 2**32 - 1)


def compare(source: np.ndarray, target: np.ndarray, count: int = 99, seed: int = 0):
    return energy_comparison(source, target, permutations_of(len(source), len(target), count, seed))


def test_the_effect_of_a_small_shift_is_half_of_it_in_standard_deviations() -> None:
    normal = norm.ppf((np.arange(1500) + 0.5) / 1500)[:, None]
    assert compare(normal, normal + 0.3, 1).effect == pytest.approx(0.15, abs=0.01)


def test_closed_forms_of_the_effect() -> None:
    line = np.linspace(0, 1, 2000)[:, None]
    assert compare(line, (1 + line) / 2, 1).effect == pytest.approx(
        0.5, abs=1e-2
    )  # half of the range is left
    assert compare(line * 0, line * 0 + 1, 1) == (1.0, 0.5)  # p: of two labellings, only the true one
    assert compare(line, line, 1).effect == 0
    corners = np.eye(3)[np.arange(1500) % 3]  # thirds against a third and two: sum of squares over 2 E|X-Y|
    assert compare(corners, np.eye(3)[np.repeat([0, 1], [500, 1000])], 1).effect == pytest.approx(
        np.sqrt((2 / 9) / (2 * 2 / 3)), abs=1e-3
    )


def test_the_statistic_is_scipys_without_its_bias() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=30), rng.normal(0.5, 2, size=20)
    biased = [np.abs(own[:, None] - own).mean() / (len(own) - 1) for own in (a, b)]
    across = np.abs(a[:, None] - b).mean()
    wanted = np.sqrt((energy_distance(a, b) ** 2 - sum(biased)) / (2 * across))
    assert compare(a[:, None], b[:, None]).effect == pytest.approx(wanted, rel=1e-4)


def test_false_alarms_of_one_question_and_of_a_family_are_as_rare_as_stated() -> None:
    rng = np.random.default_rng(2)
    runs, single, family = 400, 0, 0
    for run in range(runs):
        cause = rng.normal(size=(45, 1))  # blocks that tell of the same thing
        blocks = cause + rng.standard_t(3, size=(5, 45, 1))
        labels = permutations_of(25, 20, 199, run)
        p_values = {
            str(k): energy_comparison(own[:25], own[25:], labels).p_value for k, own in enumerate(blocks)
        }
        single += p_values["0"] <= 0.05
        family += min(holm(p_values).values()) <= 0.05
    assert 6 < single < 36  # 20 expected; either end has a chance of 1 in 1000 or less
    assert family < 36


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(3, 12), st.integers(3, 12), st.integers(1, 3))
def test_properties_of_a_comparison(seed: int, n: int, m: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, d)), rng.normal(1, 2, size=(m, d))
    found = compare(a, b, 19, seed)
    assert 0 <= found.effect <= 1
    assert round(found.p_value * 20, 6) in range(1, 21)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    moved = compare(3 * a @ turn + 5, 3 * b @ turn + 5, 19, seed)
    assert moved.effect == pytest.approx(found.effect, abs=1e-3)
    assert compare(b, a, 19, seed).effect == pytest.approx(found.effect, abs=1e-3)


def test_bootstrapped_means_have_the_error_of_a_mean() -> None:
    points = np.random.default_rng(3).normal([2, -1], [1, 3], size=(400, 2))
    drawn = bootstrap_means(points, 3000, 0)
    np.testing.assert_allclose(drawn.std(axis=0), points.std(axis=0) / 20, rtol=0.08)
    np.testing.assert_allclose(drawn.mean(axis=0), points.mean(axis=0), atol=0.02)
