"""What is said of readings whose truth is known."""

import numpy as np
import pytest

from simfactor.adaptation.reading import difference, points_of, summary
from simfactor.factors import Angle, Categorical, Continuous

NUMBER, CIRCLE, ARC = Continuous(0, 10, unit="m"), Angle(0, 360), Angle(-30, 30)
KIND = Categorical(("disc", "square", "ring"))
RNG = np.random.default_rng(0)


def test_numbers() -> None:
    values = RNG.uniform(2, 4, 500)
    told = summary(NUMBER, values)
    assert (told.mean, told.low, told.high) == pytest.approx((3, 2.1, 3.9), abs=0.1)
    moved, of = difference(NUMBER, values, RNG.uniform(3, 5, 400), 500, 0)
    assert moved.low < 1 < moved.high
    assert moved.n == 400
    assert of == ""
    assert points_of(ARC, np.array([-20.0, 20])).shape == (2, 1)


def test_directions_go_the_short_way_round() -> None:
    source, target = (350 + RNG.normal(0, 8, 300)) % 360, (10 + RNG.normal(0, 8, 300)) % 360
    assert summary(CIRCLE, source).mean == pytest.approx(350, abs=2)
    assert summary(CIRCLE, source).low is None
    moved, _ = difference(CIRCLE, source, target, 500, 0)
    assert moved.mean == pytest.approx(20, abs=2)
    assert moved.low < 20 < moved.high
    assert moved.high - moved.low < 5
    opposite, _ = difference(CIRCLE, source, (source + 180) % 360, 500, 0)
    assert abs(opposite.mean) == pytest.approx(180, abs=1e-6)
    assert opposite.high - opposite.low < 8


def test_what_goes_all_round_has_no_direction() -> None:
    everywhere = np.linspace(0, 360, 200, endpoint=False)
    assert summary(CIRCLE, everywhere).mean is None
    assert difference(CIRCLE, everywhere, everywhere[:20], 100, 0) == (None, "")


def test_categories_are_told_by_the_one_that_changes_most() -> None:
    source, target = np.repeat([0.0, 1, 2], [50, 40, 10]), np.repeat([0.0, 1, 2], [50, 10, 40])
    assert summary(KIND, source).shares == {"disc": 0.5, "square": 0.4, "ring": 0.1}
    moved, of = difference(KIND, source, target, 500, 0)
    assert of in ("square", "ring")
    assert abs(moved.mean) == pytest.approx(0.3)
    np.testing.assert_array_equal(points_of(KIND, np.array([2.0])), [[0, 0, 1]])


def test_intervals_of_differences_cover_as_often_as_stated() -> None:
    hits = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        moved, _ = difference(NUMBER, rng.exponential(size=80), 0.5 + rng.exponential(size=60), 300, seed)
        hits += moved.low < 0.5 < moved.high
    assert hits > 0.91 * 300
