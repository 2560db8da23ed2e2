"""Random patterns as textures of the encoder's images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from simfactor.config import load_config
from simfactor.errors import SimfactorError
from simfactor.pipeline import Plan, make_plan
from simfactor.render import Studio


def plan_of(folder: Path, **world: object) -> Plan:
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump({"out": str(folder / "run"), "world": world}))
    return make_plan(load_config(str(path)))


def test_the_data_set_shows_them_beside_what_is_named_and_policies_do_not(tmp_path: Path) -> None:
    support = {
        "encoder_support": {"table_texture": ["wood", "brick"]},
        "policy_support": {"table_texture": "wood"},
    }
    plan = plan_of(tmp_path, patterns=2, **support)
    assert plan.encoder_space["table_texture"].describe() == "wood, brick, pattern_0, pattern_1"
    assert plan.encoder_space["background_texture"].describe().endswith("pattern_0, pattern_1")
    assert plan.policy_space["table_texture"].describe() == "wood"
    assert plan.domains[0].space["table_texture"].describe() == "wood"
    plain = plan_of(tmp_path, **support)
    assert plain.encoder_space["table_texture"].describe() == "wood, brick"
    rows = plan.encoder_space.sample(50, seed=0)
    others = [i for i, name in enumerate(plan.encoder_space.names) if "texture" not in name]
    np.testing.assert_array_equal(rows[:, others], plain.encoder_space.sample(50, seed=0)[:, others])


def test_they_are_what_is_drawn(tmp_path: Path) -> None:
    space = plan_of(tmp_path, patterns=64).encoder_space
    setting = space.decode(space.sample(1, seed=0)[0])
    rows = np.stack(
        [space.encode({**setting, "table_texture": name}) for name in ("pattern_3", "pattern_63")]
    )
    with Studio(space.scene) as studio:
        pictures = studio.images(space, rows).rgb.astype(float)
    assert np.abs(pictures[0] - pictures[1]).mean() > 5


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ({"patterns": 65}, r"world\.patterns: Input should be less than or equal to 64"),
        ({"patterns": 2, "space": "mpi3d"}, r"world\.patterns: no factor of this world's space is a texture"),
        ({"encoder_support": {"table_texture": "pattern_1"}}, r"table_texture: unknown value 'pattern_1'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, world: dict, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        plan_of(tmp_path, **world)
