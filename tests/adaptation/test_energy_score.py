"""The energy score: closed forms, its tie to the energy distance, and how often a fall is claimed in vain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import energy_distance as scipys

from simfactor.adaptation.energy_score import energy_distance, energy_scores, score_gain, spreads

UNIT = {"x": 1.0}


def points(values: np.ndarray) -> dict[str, np.ndarray]:
    return {"x": values.reshape(len(values), -1)}


def test_the_score_of_a_point_forecast_is_the_absolute_error() -> None:
    seen = np.array([1.0, -2.0])
    assert energy_scores(points(np.full(3, 0.5)), points(seen), UNIT) == pytest.approx([0.5, 2.5])


def test_a_uniform_forecast() -> None:
    """On [0, 1]: E|X - y| = y^2 - y + 1/2, E|X - X'| = 1/3."""
    drawn, seen = points((np.arange(3000) + 0.5) / 3000), np.array([0.0, 0.3])
    assert energy_scores(drawn, points(seen), UNIT) == pytest.approx(seen**2 - seen + 1 / 3, abs=1e-3)
    assert spreads(drawn)["x"] == pytest.approx(1 / 3, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30), st.integers(3, 30))
def test_the_distance_is_scipys_without_its_bias(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=n), rng.normal(1, 2, size=m)
    biased = sum(np.abs(own[:, None] - own).mean() / (len(own) - 1) for own in (a, b))
    assert energy_distance(points(a), points(b), UNIT) == pytest.approx(scipys(a, b) ** 2 - biased, abs=1e-9)


def test_a_gain_is_half_of_the_fall_of_the_distance_and_is_found() -> None:
    rng = np.random.default_rng(0)
    before, after, seen = (points(rng.normal(mean, 1, (200, 2))) for mean in (0.8, 0.0, 0.0))
    gain, p_value = score_gain(before, after, seen, UNIT)
    fall = energy_distance(before, seen, UNIT) - energy_distance(after, seen, UNIT)
    assert gain.mean == pytest.approx(fall / 2, rel=1e-9)
    assert gain.low > 0
    assert p_value < 1e-6
    back, p_back = score_gain(after, before, seen, UNIT)
    assert back.mean == pytest.approx(-gain.mean)
    assert p_back == pytest.approx(1 - p_value)
    assert score_gain(before, before, seen, UNIT) == ((0.0, 0.0, 0.0, 200, 1), 1.0)


def test_a_fall_is_claimed_in_vain_as_rarely_as_stated() -> None:
    """Two simulations that are equally far off: there is no fall, but few pictures and many observations."""
    claimed, covered, runs = 0, 0, 400
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        own = rng.normal(size=60)
        gain, p_value = score_gain(points(own - 0.3), points(own + 0.3), points(rng.normal(size=300)), UNIT)
        claimed += p_value <= 0.05
        covered += gain.low <= 0 <= gain.high
    assert claimed < 0.09 * runs
    assert covered > 0.91 * runs
