"""Intervals for the cost of a shift that hold at every look."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.transfer import Drop, drop_interval
from simfactor.transfer.betting import log_capital

LOSSES = (-1.0, 0.0, 1.0)


@pytest.mark.parametrize("margin", [-0.6, 0.0, 0.1, 0.5])
@pytest.mark.parametrize("spare", [0.0, 0.2])
def test_bets_are_fair(margin: float, spare: float) -> None:
    """Over all sequences of six episodes: what a gambler expects to own is what they began with."""
    won = (1 - margin) / 2 * (1 - spare)
    chances = {-1.0: won, 1.0: won + margin, 0.0: 1 - margin - 2 * won}  # of mean `margin`
    expected = 0.0
    for losses in itertools.product(LOSSES, repeat=6):
        chance = np.prod([chances[loss] for loss in losses])
        expected += chance * np.exp(log_capital(np.array(losses), margin)[-1])
    assert expected == pytest.approx(1.0)


def test_looking_after_every_episode_does_not_mislead() -> None:
    generator = np.random.default_rng(0)
    above = below = 0
    for _ in range(300):
        clean, shifted = generator.random(150) < 0.9, generator.random(150) < 0.7
        found = drop_interval(clean, shifted)  # of every look so far, the narrowest
        above, below = above + (found.low > 0.2), below + (found.high < 0.2)
    assert above + below > 0
    assert max(above, below) <= 0.05 * 300


def test_blaming_one_of_many_shifts_takes_more() -> None:
    clean, shifted = np.ones(30), np.arange(30) % 2
    one, many = drop_interval(clean, shifted), drop_interval(clean, shifted, shifts=20)
    assert many.low < one.low
    assert many.high == one.high


@given(st.lists(st.sampled_from(LOSSES), min_size=1, max_size=30), st.lists(st.sampled_from(LOSSES)))
def test_what_was_ruled_out_stays_ruled_out(losses: list[float], more: list[float]) -> None:
    def interval(lost: list[float]) -> Drop:
        lost_ = np.array(lost)
        return drop_interval(lost_ > 0, lost_ < 0)

    before, after = interval(losses), interval(losses + more)
    assert before.low <= after.low + 1e-9
    assert after.high <= before.high + 1e-9
    assert before.mean == pytest.approx(np.mean(losses))


@given(st.lists(st.sampled_from(LOSSES), min_size=1, max_size=40))
def test_who_exchanges_the_arms_exchanges_the_signs(losses: list[float]) -> None:
    first, second = np.array(losses) > 0, np.array(losses) < 0
    one, other = drop_interval(first, second), drop_interval(second, first)
    assert (one.low, one.high) == (-other.high, -other.low)


def test_verdicts() -> None:
    ones, zeros = np.ones(60), np.zeros(60)
    assert drop_interval(ones, ones).verdict(0.1) == "held"
    assert drop_interval(ones, zeros).verdict(0.1) == "violated"
    assert drop_interval(ones[:5], ones[:5]).verdict(0.1) == "open"
    assert drop_interval(ones[:1], zeros[:1]).verdict(0.1) == "open"  # one failure proves nothing
    assert drop_interval(zeros, ones).verdict(0.0) == "held"


def test_a_policy_that_loses_nothing_is_cleared_after_forty_episodes() -> None:
    assert drop_interval(np.ones(40), np.ones(40)).verdict(0.1) == "held"
    assert drop_interval(np.ones(35), np.ones(35)).verdict(0.1) == "open"


@pytest.mark.parametrize(
    ("clean", "shifted", "confidence", "said"),
    [
        ([1, 0], [1], 0.95, "not paired"),
        ([], [], 0.95, "not paired"),
        ([[1]], [[1]], 0.95, "not paired"),
        ([2], [1], 0.95, "must lie in"),
        ([np.nan], [1], 0.95, "must lie in"),
        ([1], [1], 1.0, "confidence=1.0"),
    ],
)
def test_errors(clean: list, shifted: list, confidence: float, said: str) -> None:
    with pytest.raises(SimfactorError, match=said):
        drop_interval(clean, shifted, confidence)
