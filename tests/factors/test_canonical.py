"""Canonical rows: the same states in one world, which is chosen by a rule that anyone can repeat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace, canonical_rows, load_space
from simfactor.factors.canonical import canonical_setting, check_canonical

SPACE = FactorSpace(
    {
        "intensity": Continuous(0.5, 1.5, group="lighting"),
        "azimuth": Angle(-180, 180, group="lighting"),
        "texture": Categorical(("brick", "grass", "wood"), group="texture"),
        "x": Continuous(-0.2, 0.2, unit="m", group="pose", role="task"),
        "shape": Categorical(("cube", "cone"), group="shape", role="task"),
    }
)
NUISANCES = SPACE.by_role("nuisance")


def pairs(count: int = 5) -> np.ndarray:
    rows = SPACE.sample(count, 0)
    return np.stack([rows, canonical_rows(SPACE, rows)], axis=1)


def test_the_middle_of_numbers_and_the_first_of_categories() -> None:
    assert canonical_setting(SPACE) == {"intensity": 1.0, "azimuth": 0.0, "texture": 0}
    clean = SPACE.restrict({"intensity": [0.5, 0.7], "texture": ["grass", "wood"], "azimuth": [30, 50]})
    assert canonical_setting(SPACE, clean) == pytest.approx({"intensity": 0.6, "azimuth": 40, "texture": 1})
    assert canonical_setting(clean) == canonical_setting(SPACE, clean)


@pytest.mark.parametrize("name", ["tabletop", "arm", "push", "pick_and_place", "isaac3d"])
def test_ready_spaces_have_a_canonical_setting(name: str) -> None:
    space = load_space(name)
    rows = canonical_rows(space, space.sample(20, 0))
    assert space.contains(rows).all()
    check_canonical(space, np.stack([space.sample(20, 0), rows], axis=1))


@given(seed=st.integers(0, 1000), low=st.floats(0.5, 1.0), width=st.floats(0.01, 0.49))
def test_only_nuisances_change_and_stay_inside(seed: int, low: float, width: float) -> None:
    space = SPACE.hold_out({"intensity": (low, low + width), "texture": ["brick"]})
    rows = space.sample(8, seed)
    kept = rows.copy()
    changed = canonical_rows(space, rows)
    np.testing.assert_array_equal(rows, kept)
    assert space.contains(changed).all()
    for k, name in enumerate(space.names):
        if name in NUISANCES:
            assert len(set(changed[:, k])) == 1
        else:
            np.testing.assert_array_equal(changed[:, k], rows[:, k])
    np.testing.assert_array_equal(canonical_rows(space, changed), changed)


def test_a_turn_more_is_the_same_angle() -> None:
    clean = SPACE.restrict({"azimuth": [330, 370]})
    assert canonical_setting(SPACE, clean)["azimuth"] == -10


def test_a_held_out_setting_is_refused() -> None:
    with pytest.raises(SimfactorError, match=r"intensity: value 1\.0 is outside \[0\.5, 0\.9\] or \[1\.1"):
        canonical_setting(SPACE.hold_out({"intensity": (0.9, 1.1)}), SPACE)
    together = SPACE.hold_out_combination({"intensity": (0.9, 1.1), "texture": ["brick"], "x": (0, 0.1)})
    with pytest.raises(SimfactorError, match="intensity 1, texture brick is part of a held-out combination"):
        canonical_rows(together, together.sample(3, 0))
    elsewhere = together.restrict({"texture": ["wood"]})
    assert canonical_setting(together, elsewhere)["texture"] == 2
    states = SPACE.hold_out_combination({"shape": ["cube"], "x": (0, 0.1)})
    assert canonical_setting(states) == canonical_setting(SPACE)


def test_there_must_be_nuisances_and_a_task() -> None:
    with pytest.raises(SimfactorError, match=r"role 'task' varies.* would all be the same one"):
        canonical_setting(SPACE.fix({"x": 0, "shape": "cone"}))
    with pytest.raises(SimfactorError, match=r"role 'nuisance' varies.* would be the pictures themselves"):
        canonical_setting(SPACE.select(["x", "shape"]))
    with pytest.raises(SimfactorError, match="canonical setting: unknown factor 'azimuth'"):
        canonical_setting(SPACE, SPACE.select(["intensity", "texture"]))


def test_pairs_of_one_state_in_one_world_are_canonical() -> None:
    check_canonical(SPACE, pairs())
    other = pairs()
    other[:, 1, :3] = [0.7, 120, 2]  # any world will do
    check_canonical(SPACE, other)
    check_canonical(SPACE, other[:0])


@pytest.mark.parametrize(
    ("index", "value", "message"),
    [
        ((3, 1, 2), 1, "hold texture at brick and at grass.*simfactor.data.canonical_pairs"),
        ((3, 1, 0), 0.75, r"hold intensity at 0\.75 and at 1,"),
        ((3, 1, 3), 0.11, "x, a factor of the task, is not the same in both rows of pair 3"),
    ],
)
def test_other_pairs_are_refused(index: tuple[int, int, int], value: float, message: str) -> None:
    wrong = pairs()
    wrong[index] = value
    with pytest.raises(SimfactorError, match=message):
        check_canonical(SPACE, wrong)
