"""Distractors are seen, cast shadows, turn around the workspace, and touch nothing."""

from dataclasses import replace

import numpy as np
import pybullet
import pytest

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, RenderBatch
from simfactor.render import Renderer, make_renderer
from simfactor.scene import Scene
from simfactor.scene.distractors import COUNTS, DISTRACTORS, NAMES, spots
from simfactor.scene.primitives import SHAPES
from simfactor.scene.room import TABLE_HIGH, TABLE_LOW

ABOVE = {"camera_azimuth": 0.0, "camera_elevation": 89.0, "camera_distance": 1.6, "camera_fov": 60.0}
ANGLES = np.arange(0.0, 360.0, 5.0)


@pytest.fixture(scope="module")
def renderer():
    with make_renderer("raster") as opened:
        yield opened


def batch(scene: Scene, count: object, angle: float = 0.0, size: int = 96) -> RenderBatch:
    scene.apply({**ABOVE, "distractors": count, "distractor_angle": angle})
    return scene.snapshot(size, size)


def bodies_seen(renderer: Renderer, shown: RenderBatch) -> set[int]:
    return set(np.unique(renderer.render(shown).segmentation[..., 0]).tolist())


@pytest.mark.parametrize("count", COUNTS)
def test_the_first_ones_are_seen(tabletop: Scene, renderer: Renderer, count: str) -> None:
    bodies = [tabletop.bodies[name] for name in NAMES]
    for angle in (0.0, 100.0, 275.0):
        seen = bodies_seen(renderer, batch(tabletop, count, angle))
        assert seen & set(bodies) == set(bodies[: int(count)])
    assert tabletop.read(["distractors"]) == {"distractors": count}


def test_they_come_after_all_other_bodies(tabletop: Scene) -> None:
    ids = [tabletop.bodies[name] for name in NAMES]
    assert NAMES == ("distractor_0", "distractor_1", "distractor_2", "distractor_3")
    assert ids == sorted(ids)
    assert min(ids) > max(body for name, body in tabletop.bodies.items() if name not in NAMES)


def test_numbers_do_for_names(tabletop: Scene) -> None:
    tabletop.apply({"distractors": 2})
    assert tabletop.read(["distractors"]) == {"distractors": "2"}
    np.testing.assert_array_equal(tabletop.state({"distractors": [0, 3]}).distractors, [0, 3])
    for wrong in (5, -1, 1.5, "two"):
        with pytest.raises(SimfactorError, match=r"unknown distractors .*allowed: 0, 1, 2, 3, 4"):
            tabletop.apply({"distractors": wrong})


def test_pybullet_has_them_where_the_batch_shows_them(tabletop: Scene) -> None:
    shown = batch(tabletop, 3, 40.0)
    for name, thing in zip(NAMES, DISTRACTORS, strict=True):
        instance = shown.segment[:, 0].tolist().index(tabletop.bodies[name])
        at, _ = pybullet.getBasePositionAndOrientation(tabletop.bodies[name], physicsClientId=tabletop.client)
        visible = shown.mesh[0, instance] != HIDDEN
        assert visible == (name != NAMES[3]) == (at[2] > 0)
        if visible:
            assert shown.meshes[shown.mesh[0, instance]] is SHAPES[thing.shape]
            np.testing.assert_allclose(shown.position[0, instance], at, atol=1e-6)
            np.testing.assert_allclose(shown.color[0, instance], thing.color, atol=1e-6)
            np.testing.assert_allclose(shown.scale[0, instance], thing.size, atol=1e-6)
        *_, (*_, color) = pybullet.getVisualShapeData(tabletop.bodies[name], physicsClientId=tabletop.client)
        np.testing.assert_allclose(color[:3], thing.color, atol=1e-6)


def test_the_angle_turns_all_of_them(tabletop: Scene, renderer: Renderer) -> None:
    still, turned, round_about = (
        renderer.render(batch(tabletop, 4, angle)).segmentation[0, ..., 0] for angle in (0.0, 90.0, 360.0)
    )
    np.testing.assert_array_equal(still, round_about)
    for name in NAMES:
        a, b = (np.argwhere(seen == tabletop.bodies[name]).mean(axis=0) for seen in (still, turned))
        assert np.linalg.norm(a - b) > 10, "pixels"
    hidden = [batch(tabletop, 0, angle) for angle in (0.0, 90.0)]
    np.testing.assert_array_equal(*(renderer.render(shown).rgb for shown in hidden))


def test_they_stand_on_the_table_around_the_workspace() -> None:
    sizes = np.array([thing.size for thing in DISTRACTORS])
    places = spots(ANGLES)
    assert places.shape == (len(ANGLES), 4, 3)
    np.testing.assert_allclose(places[..., 2], np.broadcast_to(sizes / 2, places.shape[:2]))
    reach = 0.75 * sizes  # a pyramid's corner is farther out than half its height
    for axis in (0, 1):
        assert (places[..., axis] - reach > TABLE_LOW[axis]).all()
        assert (places[..., axis] + reach < TABLE_HIGH[axis]).all()
    assert (np.linalg.norm(places[..., :2], axis=-1) > 0.14).all(), "the robot's base"
    gaps = np.linalg.norm(places[:, :, None, :2] - places[:, None, :, :2], axis=-1)
    assert gaps[:, ~np.eye(4, dtype=bool)].min() > 2 * sizes.max()


def test_they_cast_shadows(tabletop: Scene, renderer: Renderer) -> None:
    tabletop.apply({"light_elevation": 35.0})
    shown = batch(tabletop, 4)
    images = renderer.render(shown)
    distractor = np.isin(shown.segment[:, 0], [tabletop.bodies[name] for name in NAMES])
    without = renderer.render(replace(shown, casts=shown.casts & ~distractor))
    darker = (images.rgb.astype(int) < without.rgb.astype(int) - 20).all(axis=-1)
    on_table = images.segmentation[..., 0] == tabletop.bodies["table"]
    assert (darker & on_table).sum() > 20


def test_physics_does_not_notice_them(tabletop: Scene) -> None:
    """An arm that drives through them, and an object that falls onto the table beside them."""

    def film(values: dict[str, object]) -> list[np.ndarray]:
        tabletop.reset()
        tabletop.apply({"object_x": 0.71, "object_y": 0.23, "object_shape": "cube", **values})
        tabletop.solidify()
        tabletop.robot.drive_to((0.6, 0.25, 0.05))
        poses = []
        for _ in range(20):
            tabletop.step(10)
            now = tabletop.now()
            poses += [now.joints, now.object_position, now.object_orientation]
        return poses

    clean = film({})
    for values in ({"distractors": 4}, {"distractors": 4, "distractor_angle": 3.0, "sensor_noise": 0.1}):
        for a, b in zip(clean, film(values), strict=True):
            np.testing.assert_array_equal(a, b)


def test_by_default_there_are_none(scenes: dict[str, Scene], renderer: Renderer) -> None:
    for scene in scenes.values():
        scene.reset()
        shown = scene.snapshot(32, 32)
        distractor = np.isin(shown.segment[:, 0], [scene.bodies[name] for name in NAMES])
        assert (shown.mesh[0, distractor] == HIDDEN).all()
        assert not shown.noise.any()
