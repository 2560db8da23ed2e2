"""The ready factor spaces: what they promise, and that the scenes know every value of them."""

import math

import pytest

from simfactor.factors import load_space
from simfactor.scene import SCENES, WORKSPACE_HIGH, WORKSPACE_LOW, looks
from simfactor.scene.effects import Choice
from simfactor.sensor import Sensor

PUBLISHED = {  # factors in order with their sizes
    "isaac3d": {
        "object_shape": 3,
        "robot_x": 8,
        "robot_y": 5,
        "camera_height": 4,
        "object_scale": 4,
        "lighting_intensity": 4,
        "lighting_y": 6,
        "object_color": 4,
        "wall_color": 4,
    },
    "mpi3d": {
        "object_color": 6,
        "object_shape": 6,
        "object_size": 2,
        "camera_height": 3,
        "background_color": 3,
        "horizontal_axis": 40,
        "vertical_axis": 40,
    },
}
IMAGES = {"isaac3d": 737_280, "mpi3d": 1_036_800}


@pytest.mark.parametrize("name", PUBLISHED)
def test_names_order_and_sizes_are_the_published_ones(name: str) -> None:
    space = load_space(name)
    assert dict(zip(space.names, space.sizes, strict=True)) == PUBLISHED[name]
    assert list(space.names) == list(PUBLISHED[name])
    assert math.prod(space.sizes) == IMAGES[name]


@pytest.mark.parametrize("name", SCENES)
def test_a_space_names_every_factor_of_its_own_within_what_the_scene_allows(name: str) -> None:
    space = load_space(name)
    assert space.scene == name
    allowed = {factor: known for e in SCENES[name].effects for factor, known in e.domain.items()}
    assert set(space.names) == set(allowed) - {*looks.DEFAULTS, *Sensor._fields}
    for factor in space.names:
        known = allowed[factor]
        if isinstance(known, Choice):
            for value in space[factor].values:
                known.check(factor, value)
        else:
            assert known.check(factor, space[factor].low) < known.check(factor, space[factor].high)
            assert space[factor].unit == known.unit


def test_tabletop_groups_and_roles() -> None:
    space = load_space("tabletop")
    groups = {"lighting", "camera", "texture", "color", "shape", "pose", "distractors", "sensor"}
    assert set(space.groups) == groups
    assert set(space.by_role("task")) == {f"{what}_{axis}" for what in ("ee", "target") for axis in "xyz"}
    for texture in space.groups["texture"]:
        assert len(space[texture].values) >= 12
    for what in ("ee", "target"):
        bounds = [(space[f"{what}_{axis}"].low, space[f"{what}_{axis}"].high) for axis in "xyz"]
        assert bounds == list(zip(WORKSPACE_LOW, WORKSPACE_HIGH, strict=True))
