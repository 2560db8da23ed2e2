"""Areas under curves and interactions of shifts, on cases that can be worked out by hand."""

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.transfer import curve_area, interaction
from simfactor.transfer.severity import log_odds


def test_the_area_is_the_mean_of_a_line_that_joins_the_points():
    values = np.stack([np.full((2, 10), level) for level in (1.0, 0.5, 0.0)])
    assert curve_area([0, 1, 3], values)[:3] == pytest.approx(((0.75 * 1 + 0.25 * 2) / 3,) * 3)
    assert curve_area([0, 5], np.ones((2, 3, 4))).mean == 1.0


def test_what_all_severities_share_does_not_widen_the_area():
    rng = np.random.default_rng(0)
    hard = rng.random((1, 50)) < 0.5
    same = np.repeat(np.repeat(hard[None], 3, axis=0), 4, axis=1).astype(float)
    one = np.repeat(hard, 4, axis=0).astype(float)[None]
    assert curve_area([0, 1, 2], same)[:3] == pytest.approx(curve_area([0, 1], np.repeat(one, 2, axis=0))[:3])


@pytest.mark.parametrize("severities", [[0], [0, 0], [1, 0], [0, 1, 2]])
def test_severities_ascend(severities):
    with pytest.raises(SimfactorError, match=r"severities=\[.*ascending"):
        curve_area(severities, np.ones((2, 1, 3)))


def _successes(won, count=100):
    return np.r_[np.ones(won), np.zeros(count - won)][None]


def test_shifts_that_multiply_the_odds_do_not_interact():
    """Odds of 4, 1, 1 and 1/4: each shift divides them by four, alone and together."""
    got = interaction(*map(_successes, (80, 50, 50, 20)))
    assert got.mean == pytest.approx(0, abs=1e-9)
    assert got.low < 0 < got.high


def test_shifts_that_are_worse_together_have_a_negative_interaction():
    got = interaction(*map(_successes, (90, 88, 88, 10)))
    assert got.high < 0
    clean, alone, together = (np.log((won + 0.5) / (100.5 - won)) for won in (90, 88, 10))
    assert got.mean == pytest.approx(together - 2 * alone + clean)


def test_half_an_episode_keeps_certain_outcomes_finite():
    assert log_odds(np.ones((1, 10))) == pytest.approx(np.log(10.5 / 0.5))
    assert log_odds(np.zeros((3, 2, 5))).shape == (3,)


def test_results_of_other_episodes_do_not_interact():
    with pytest.raises(SimfactorError, match=r"shapes \(1, 100\), \(1, 100\), \(1, 100\), \(1, 7\)"):
        interaction(*[_successes(50)] * 3, np.ones((1, 7)))
