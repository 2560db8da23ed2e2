"""Parts of a sample in which several factors are narrower together."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.data import generate_lattice
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

SPACE = FactorSpace(
    {
        "intensity": Continuous(0.5, 1.5, group="lighting"),
        "azimuth": Angle(-180, 180, group="lighting"),
        "texture": Categorical(("brick", "grass", "wood"), group="texture"),
        "x": Continuous(-0.2, 0.2, role="task"),
    }
)
CALM = {"intensity": 1.0, "azimuth": [-10, 10]}
MIXED = SPACE.mix(0.25, CALM)


def calm(rows: np.ndarray) -> np.ndarray:
    return (rows[:, 0] == 1.0) & (np.abs(rows[:, 1]) <= 10)


def test_a_share_of_the_rows_is_narrow_in_all_of_them_and_the_rest_is_as_before() -> None:
    rows, before = MIXED.sample(4000, seed=1), SPACE.sample(4000, seed=1)
    inside = calm(rows)
    assert abs(inside.mean() - 0.25) < 0.02
    np.testing.assert_array_equal(rows[~inside], before[~inside])
    np.testing.assert_array_equal(rows[:, 2:], before[:, 2:])
    assert rows[inside, 1].min() < -8  # drawn from all of the narrower range
    assert rows[inside, 1].max() > 8


@given(seed=st.integers(0, 2**32), index=st.integers(0, 10_000))
def test_any_row_can_be_made_again_alone(seed: int, index: int) -> None:
    around = MIXED.sample(7, seed, start=index)
    np.testing.assert_array_equal(MIXED.sample(1, seed, start=index + 6)[0], around[6])


def test_several_parts_never_share_a_row() -> None:
    rows = MIXED.mix(0.5, {"texture": "wood", "x": 0.1}).sample(4000, seed=2)
    inside, other = calm(rows), rows[:, 3] == 0.1
    assert not (inside & other).any()
    assert abs(other.mean() - 0.5) < 0.03
    assert (rows[other, 2] == 2).all()


def test_a_row_stays_in_its_part_when_a_held_out_combination_is_drawn_again() -> None:
    held = MIXED.hold_out_combination({"azimuth": [0, 180], "texture": ["brick", "grass"]})
    rows = held.sample(3000, seed=3)
    assert not held.in_excluded(rows).any()
    assert abs(calm(rows).mean() - 0.25) < 0.03
    np.testing.assert_array_equal(rows[:, 0] == 1.0, calm(rows))


def test_what_is_restricted_or_replaced_later_is_drawn_alike_again() -> None:
    rows = MIXED.restrict({"azimuth": [90, 100]}).sample(2000, seed=4)
    assert rows[:, 1].min() >= 90
    assert abs((rows[:, 0] == 1.0).mean() - 0.25) < 0.03
    assert not MIXED.with_factors({n: SPACE[n] for n in CALM}).mixture
    assert not MIXED.select(["texture", "x"]).mixture
    assert MIXED.select(["azimuth", "x"]).mixture[0].factors.keys() == {"azimuth"}
    assert MIXED.mix(0.5, {"x": 0.0}).hold_out({"intensity": [0.9, 1.1]}).mixture[1].share == 0.5


def test_it_is_written_and_read_back_and_sent_to_other_processes() -> None:
    again = FactorSpace.from_dict(MIXED.to_dict())
    assert again == MIXED == pickle.loads(pickle.dumps(MIXED))
    assert again.fingerprint != SPACE.fingerprint
    assert "mixture" not in SPACE.to_dict()
    np.testing.assert_array_equal(again.sample(50, seed=5), MIXED.sample(50, seed=5))


@pytest.mark.parametrize(
    ("share", "choices", "message"),
    [
        (0.0, CALM, r"share=0\.0 of a mixture must be more than 0 and less than 1"),
        (1.0, CALM, r"share=1\.0"),
        (0.8, CALM, r"0\.25, 0\.8, add up to 1\.05"),
        (0.1, {}, "names no factor"),
        (0.1, {"intensitty": 1.0}, "unknown factor 'intensitty'.*Did you mean 'intensity'"),
        (0.1, {"intensity": [1.0, 2.0]}, r"intensity: range \[1, 2\] is not inside"),
    ],
)
def test_mistakes_are_named(share: float, choices: dict, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        MIXED.mix(share, choices)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"factors": {}}, r"a part of a mixture is \{share: 0.25, factors: \{...\}\}, not \{'factors'"),
        ({"share": 0.2, "factors": {"y": {"kind": "continuous", "low": 0, "high": 1}}}, "unknown factor 'y'"),
    ],
)
def test_a_file_says_what_it_lacks(part: dict, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        FactorSpace.from_dict({**SPACE.to_dict(), "mixture": [part]})


def test_every_combination_once_leaves_nothing_to_mix(tmp_path) -> None:
    with pytest.raises(SimfactorError, match=r"nothing to mix \(azimuth, intensity\); use `generate`"):
        generate_lattice(MIXED, tmp_path / "all", levels=2)
