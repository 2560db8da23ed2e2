"""Numbers of an observation, by name."""

import numpy as np

from simfactor.envs.components import components


def test_an_observation_without_parts_is_the_state() -> None:
    assert components(np.array([[1.0, 2.0], [3.0, 4.0]])) == {f"state_{i}": i + 1.0 for i in range(4)}
    assert components(np.int64(3)) == components(3) == {"state_0": 3.0}


def test_parts_have_their_names_and_parts_of_parts_both() -> None:
    seen = {"arm": {"joints": np.array([1.0, 2.0], np.float32)}, "near": (np.float32(3.0), True)}
    assert list(components(seen).items()) == [
        ("arm_joints_0", 1.0),
        ("arm_joints_1", 2.0),
        ("near_0_0", 3.0),
        ("near_1_0", 1.0),
    ]


def test_pictures_and_text_are_no_numbers() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    assert components(picture) == components({"pixels": picture, "task": "reach"}) == {}
    assert components({"pixels": picture, "x": np.ones(1)}) == {"x_0": 1.0}
