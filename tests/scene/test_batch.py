"""Rows posed many at once are what apply and snapshot give one by one."""

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace, load_space
from simfactor.frames import PER_IMAGE, PER_INSTANCE, RenderBatch
from simfactor.scene import SCENES, Scene, open_scene
from simfactor.scene.effects import Values
from simfactor.scene.optics import direction

SCALARS = ("near", "far", "height", "width")


def decoded(space: FactorSpace, rows: np.ndarray) -> list[Values]:
    return [dict(space.decode(row)) for row in rows]


def columns(values: list[Values]) -> dict[str, list]:
    return {name: [row[name] for row in values] for name in values[0]}


def assert_same_images(batch: RenderBatch, expected: RenderBatch) -> None:
    """But for the seeds of the noise, which tell the past as well."""
    for field in {*PER_IMAGE, *PER_INSTANCE} - {"noise_seed"}:
        got, wanted = getattr(batch, field), getattr(expected, field)
        assert got.dtype == wanted.dtype
        if field == "orientation":  # q and -q are one rotation
            got = got * np.sign((got * wanted).sum(axis=-1, keepdims=True))
        atol = 1e-5 if field == "position" else 1e-6
        np.testing.assert_allclose(got, wanted, rtol=0, atol=atol, err_msg=field)


@pytest.mark.parametrize("name", SCENES)
def test_a_batch_is_its_rows_applied_and_taken_one_by_one(scenes: dict[str, Scene], name: str) -> None:
    scene, space = scenes[name], load_space(name)
    values = decoded(space, space.sample(25, seed=0))
    scene.reset()
    before = scene.read()
    batch = scene.batch(columns(values), 40, 30)
    assert scene.read() == before, "posing must leave the world alone"
    taken = []
    for row in values:
        scene.apply(row)
        taken.append(scene.snapshot(40, 30))
    expected = RenderBatch.concatenate(taken)
    assert batch.meshes is expected.meshes
    assert batch.textures is expected.textures
    assert [getattr(batch, field) for field in SCALARS] == [getattr(expected, field) for field in SCALARS]
    assert_same_images(batch, expected)


@pytest.mark.parametrize("name", SCENES)
def test_what_a_batch_does_not_name_has_its_default(scenes: dict[str, Scene], name: str) -> None:
    scene = scenes[name]
    scene.apply({"robot_roughness": 0.9, "exposure": 1.0})
    scene.step(5)
    batch = scene.batch({"fill_intensity": [0.0, 0.0]}, 8, 8)
    scene.reset()
    assert_same_images(batch, RenderBatch.concatenate([scene.snapshot(8, 8)] * 2))


def test_scenes_share_their_geometry(scenes: dict[str, Scene]) -> None:
    """So the snapshots of several environments stack."""
    with open_scene("tabletop") as other:
        for size in (8, 100):
            taken = [scene.snapshot(size, size) for scene in (scenes["tabletop"], scenes["mpi3d"], other)]
            assert len({id(batch.meshes) for batch in taken}) == 1
            assert len({id(batch.textures) for batch in taken}) == 1
            assert len(RenderBatch.concatenate(taken)) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ee_x": [0.4, 0.4, 1.1]}, r"cannot reach \(1.100, 0.000, 0.250\) m in row 2"),
        ({"camera_fov": [40.0, 500.0]}, r"row 1: camera_fov=500.0 is not a number in \[5, 120\] deg"),
        ({"camera_fov": [40.0, float("nan")]}, r"row 1: camera_fov=nan"),
        ({"table_texture": ["wood", "wodo"]}, "row 1: unknown table_texture 'wodo'.*Did you mean 'wood'?"),
        ({"light_azimut": [0.0]}, "Did you mean 'light_azimuth'?"),
        ({"ee_x": [0.4, 0.5], "ee_y": [0.0]}, r"columns have shapes .*'ee_y': \(1,\)"),
        ({"ee_x": 0.4}, r"columns have shapes"),
        ({}, "one or more"),
    ],
)
def test_bad_columns_name_the_row(tabletop: Scene, given: dict, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        tabletop.batch(given, 8, 8)


# --- the factors of how a picture looks --------------------------------------------------------------------


def test_looks_reach_the_batch(tabletop: Scene) -> None:
    given = {"light_softness": 10.0, "fill_intensity": 0.5, "exposure": -1.5, "robot_roughness": 0.2}
    plain, batch = tabletop.snapshot(8, 8), tabletop.batch({k: [v] for k, v in given.items()}, 8, 8)
    arms = batch.segment[:, 0] == tabletop.bodies["robot"]
    np.testing.assert_allclose(batch.light_softness, np.radians(10.0))
    np.testing.assert_allclose(batch.exposure, 2.0**-1.5)
    np.testing.assert_allclose(batch.roughness[0, arms], 0.2)
    np.testing.assert_allclose(batch.roughness[0, ~arms], plain.roughness[0, ~arms])
    luminance = np.array([0.2126, 0.7152, 0.0722])
    np.testing.assert_allclose(batch.light_color[0] @ luminance, [1.2 * 0.65, 0.5], atol=2e-3)
    np.testing.assert_array_equal(batch.light_color[:, 0], plain.light_color[:, 0])


def test_the_fill_light_mirrors_the_key_light_at_the_camera(tabletop: Scene) -> None:
    batch = tabletop.batch({"camera_azimuth": [10.0, -10.0], "light_azimuth": [60.0, 60.0]}, 8, 8)
    np.testing.assert_allclose(
        batch.light_direction[:, 1], direction(np.array([-40.0, -80.0]), 30.0), atol=1e-6
    )


def test_by_default_looks_change_nothing(scenes: dict[str, Scene]) -> None:
    for scene in scenes.values():
        scene.reset()
        batch = scene.snapshot(8, 8)
        assert (batch.light_softness == 0).all()
        assert (batch.light_color[:, 1] == 0).all()
        assert (batch.exposure == 1).all()
