"""Standard errors of the energy effect: against deleting points by hand, and against many samples."""

import numpy as np
import pytest

from simfactor.adaptation.jackknife import energy_share, fall
from simfactor.adaptation.two_sample import energy_comparison, permutations_of


def by_hand(source: np.ndarray, target: np.ndarray) -> float:
    return energy_comparison(source, target, permutations_of(len(source), len(target), 0, 0)).effect


def drawn(rng: np.random.Generator, shift: float = 1.0) -> tuple[np.ndarray, ...]:
    """Two simulations of the same random numbers, and what is observed."""
    numbers = rng.normal(size=(60, 3))
    along = np.array([1.0, 0, 0])
    return numbers + 1.5 * along, 0.9 * numbers + shift * along, rng.normal(size=(30, 3))


def test_the_effect_and_those_without_each_point() -> None:
    source, _, target = drawn(np.random.default_rng(0))
    found = energy_share(source, target)
    assert found.effect.value == pytest.approx(by_hand(source, target), abs=1e-6)
    for k in (0, 7, 29):
        left, right = (np.delete(own, k, axis=0) for own in (source, target))
        assert found.without_source[k] == pytest.approx(by_hand(left, target) ** 2, abs=1e-6)
        assert found.without_target[k] == pytest.approx(by_hand(source, right) ** 2, abs=1e-6)


@pytest.mark.parametrize("shift", [1.0, 0.0])
def test_errors_are_what_other_samples_show(shift: float) -> None:
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        first, second, target = drawn(rng, shift)
        before, after = energy_share(first, target), energy_share(second, target)
        found.append((before.value, before.error, *before.effect, *fall(before, after)))
    share, error, effect, error_of_effect, falls, error_of_fall = np.array(found).T
    for own, values in ((error, share), (error_of_effect, effect), (error_of_fall, falls)):
        assert np.sqrt(np.square(own).mean()) == pytest.approx(values.std(), rel=0.15)


def test_pairs_make_a_fall_surer() -> None:
    first, second, target = drawn(np.random.default_rng(3))
    before, after = energy_share(first, target), energy_share(second, target)
    assert fall(before, after).error < 0.8 * np.hypot(before.error, after.error)


def test_the_same_pictures_do_not_fall() -> None:
    first, _, target = drawn(np.random.default_rng(2))
    found = energy_share(first, target)
    assert fall(found, found) == (0, 0)
    assert energy_share(np.zeros((5, 2)), np.ones((4, 2))).effect == (1, 0)
    assert energy_share(np.zeros((5, 2)), np.zeros((4, 2))).value == 0
    like = energy_share(first, first[::-1] + 0.01)
    assert like.value < 0  # the nearest are the same points
    assert like.effect.value == 0 < like.error
