"""Ranges as places, and first guesses from readings whose errors are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.adaptation.first_guess import WHOLE, guessed_range, guessed_values
from simfactor.adaptation.ranges import choices_at, to_place, value_at
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

SPACE = FactorSpace({"level": Continuous(3000, 9000), "turn": Angle(-180, 180), "arc": Angle(-30, 60)})
NUMBER, CIRCLE = SPACE["level"], SPACE["turn"]
KIND = Categorical(("disc", "square", "ring", "star"))
SHARE = st.floats(0, 1)


@given(st.lists(SHARE, min_size=6, max_size=6))
def test_every_place_is_a_space(shares: list[float]) -> None:
    narrowed = SPACE.restrict(choices_at(SPACE, SPACE.names, np.array(shares)))
    assert SPACE.contains(narrowed.sample(20, seed=0)).all()
    assert np.abs([[f.low, f.high] for f in narrowed.factors.values()][1]).max() <= 360  # what scenes take


@given(st.floats(0.2, 0.8), st.floats(0.01, 0.19))
def test_places_go_there_and_back(centre: float, half: float) -> None:
    low, high = choices_at(SPACE, ["level"], np.array(to_place(centre, half)))["level"]
    assert (low + high) / 2 == pytest.approx(3000 + 6000 * centre, abs=2)
    assert high - low == pytest.approx(2 * 6000 * half, abs=2)


def test_the_widest_place_is_all_of_it() -> None:
    assert choices_at(SPACE, SPACE.names, np.tile(to_place(0.5, 0.5), 3)) == {
        "level": [3000, 9000],
        "turn": [-180, 180],
        "arc": [-30, 60],
    }
    assert value_at(CIRCLE, 1.25) == -90


@pytest.mark.parametrize("half", [0.1, 0.3])
def test_errors_of_readings_are_undone(half: float) -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(3000, 9000, 2000)
    target = rng.uniform(3000 + 6000 * (0.4 - half), 3000 + 6000 * (0.4 + half), 4000)

    def read(values: np.ndarray) -> np.ndarray:  # shrunk towards the middle, and noisy
        return 6000 + 0.7 * (values - 6000) + rng.normal(0, 400, len(values))

    centre, found = guessed_range(NUMBER, truth, read(truth), read(target))
    assert centre == pytest.approx(0.4, abs=0.02)
    assert found == pytest.approx(half, rel=0.1)


def test_a_direction_across_the_seam() -> None:
    rng = np.random.default_rng(1)
    truth = rng.uniform(-180, 180, 1000)
    target = 175 + rng.uniform(-20, 20, 1000) + rng.normal(0, 8, 1000)
    centre, half = guessed_range(CIRCLE, truth, truth + rng.normal(0, 8, 1000), target)
    assert abs(centre - (175 + 180) / 360) < 0.01
    assert half == pytest.approx(20 / 360, rel=0.15)


def test_what_is_not_read_is_not_guessed() -> None:
    rng = np.random.default_rng(2)
    truth, nothing, target = rng.uniform(3000, 9000, (3, 400))
    assert guessed_range(NUMBER, truth, nothing, target) == WHOLE
    around = rng.uniform(-180, 180, (3, 400))
    assert guessed_range(CIRCLE, *around) == WHOLE


def test_values_that_do_not_occur_are_struck_out() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 800)

    def read(codes: np.ndarray) -> np.ndarray:
        return np.where(rng.uniform(size=len(codes)) < 0.2, rng.integers(0, 4, len(codes)), codes).astype(
            float
        )

    known = truth.astype(float), read(truth)
    assert guessed_values(KIND, *known, read(np.full(30, 2))) == ["ring"]
    assert guessed_values(KIND, *known, read(rng.choice([0, 3], 60))) == ["disc", "star"]
    assert guessed_values(KIND, *known, read(rng.integers(0, 4, 60))) == list(KIND.values)
    uneven = rng.choice(4, 60, p=[0.4, 0.2, 0.2, 0.2])
    assert guessed_values(KIND, *known, read(uneven)) == list(KIND.values)
    allowed = KIND.restrict(["disc", "square"])
    assert guessed_values(allowed, *known, read(np.zeros(30, int))) == ["disc"]
