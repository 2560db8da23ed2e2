"""The search on a bowl: it finds the bottom, is the same again, and keeps what it has when it is stopped."""

import numpy as np
import pytest
from tqdm import tqdm

from simfactor.adaptation.search import Tried, minimise

SEEN = np.random.default_rng(0).normal([0.3, 0.7], 0.05, (60, 2))
BOUNDS = np.array([[0.0, 1.0], [0.0, 1.0]])
STARTS = np.array([[0.9, 0.1], [0.5, 0.5]])


def bowl(place: np.ndarray) -> np.ndarray:
    """Squared distances from what was seen: least at its mean."""
    return np.square(SEEN - place).sum(axis=1)


def search(scores=bowl, budget: int = 200, interruptible: bool = True) -> Tried:
    return minimise(scores, STARTS, BOUNDS, budget, 0, tqdm(disable=True), interruptible)


def test_the_bottom_is_found_and_its_bounds_hold_the_truth() -> None:
    tried = search()
    np.testing.assert_allclose(tried.best, SEEN.mean(axis=0), atol=1e-3)
    assert 200 <= len(tried.places) == len(tried.scores) < 210
    kept = tried.not_worse()
    low, high = kept.min(axis=0), kept.max(axis=0)
    assert ((low < [0.3, 0.7]) & (high > [0.3, 0.7])).all()
    assert (high - low < 0.1).all()
    np.testing.assert_array_equal(search().places, tried.places)


def test_what_was_tried_before_ctrl_c_is_kept() -> None:
    calls = []

    def stopped(place: np.ndarray) -> np.ndarray:
        if len(calls) == 11:
            raise KeyboardInterrupt
        calls.append(place)
        return bowl(place)

    tried = search(stopped)
    np.testing.assert_array_equal(tried.places, search(budget=20).places[:11])
    assert tried.scores.shape == (11, 60)
    calls.clear()
    with pytest.raises(KeyboardInterrupt):
        search(stopped, interruptible=False)
    assert len(calls) == 11


def test_ctrl_c_before_anything_was_tried_stops() -> None:
    def stopped(place: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(stopped)
