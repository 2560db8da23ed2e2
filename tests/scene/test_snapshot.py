import numpy as np
import pybullet
import pytest

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, RenderBatch
from simfactor.render.tiny import TinyRenderer
from simfactor.scene import SCENES, Scene
from simfactor.scene.color import hue_to_srgb
from simfactor.scene.primitives import SHAPES
from simfactor.scene.textures import TEXTURES
from simfactor.sensor import Sensor

TYPES = {
    **dict.fromkeys(("mesh", "texture", "segment", "backdrop"), np.int32),
    "casts": np.bool_,
    "noise_seed": np.uint32,
}


def instance_of(scene: Scene, name: str) -> int:
    """The instance of a body that has only one."""
    return scene.snapshot(8, 8).segment[:, 0].tolist().index(scene.bodies[name])


@pytest.mark.parametrize("name", SCENES)
def test_shapes_and_types(scenes: dict[str, Scene], name: str) -> None:
    batch = scenes[name].snapshot(48, 64)
    count = len(batch.segment)
    shapes = {
        "mesh": (1, count),
        "texture": (1, count),
        "specular": (1, count),
        "roughness": (1, count),
        "focal": (1, 2),
        "principal_point": (1, 2),
        "position": (1, count, 3),
        "orientation": (1, count, 4),
        "scale": (1, count, 3),
        "color": (1, count, 3),
        "segment": (count, 2),
        "casts": (count,),
        "light_direction": (1, 2, 3),
        "light_color": (1, 2, 3),
        "light_softness": (1,),
        "sky": (1, 3),
        "ground": (1, 3),
        "background": (1, 2, 3),
        "backdrop": (1,),
        "exposure": (1,),
        "noise": (1,),
        "noise_seed": (1,),
        "sensor": (1, len(Sensor._fields)),
        "camera_position": (1, 3),
        "camera_target": (1, 3),
        "camera_up": (1, 3),
    }
    assert {field: getattr(batch, field).shape for field in shapes} == shapes
    for field in shapes:
        kind = TYPES.get(field, np.float32)
        assert getattr(batch, field).dtype == kind, field
    assert (batch.height, batch.width) == (48, 64)
    np.testing.assert_allclose(np.linalg.norm(batch.orientation, axis=2), 1.0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(batch.light_direction, axis=-1), 1.0, atol=1e-6)
    assert batch.mesh.max() < len(batch.meshes)
    assert batch.texture.max() < len(batch.textures)


def test_geometry_is_shared_so_snapshots_can_be_stacked(tabletop: Scene) -> None:
    first = tabletop.snapshot(8, 8)
    tabletop.apply({"object_shape": "cone", "ee_y": 0.2})
    second = tabletop.snapshot(8, 8)
    assert first.meshes is second.meshes
    assert first.textures is second.textures
    both = RenderBatch.concatenate([first, second])
    assert len(both) == 2
    assert (both.position[0] != both.position[1]).any()


def test_links_stand_where_pybullet_has_them(tabletop: Scene) -> None:
    tabletop.apply({"ee_x": 0.35, "ee_y": -0.2, "ee_z": 0.3})
    batch = tabletop.snapshot(8, 8)
    for instance, (body, link) in enumerate(batch.segment.tolist()):
        if body == tabletop.bodies["robot"] and link >= 0:
            state = pybullet.getLinkState(
                body, link, computeForwardKinematics=1, physicsClientId=tabletop.client
            )
            np.testing.assert_allclose(batch.position[0, instance], state[4], atol=1e-6)
            np.testing.assert_allclose(batch.orientation[0, instance], state[5], atol=1e-6)


def test_a_snapshot_shows_the_world_that_pybullet_holds(tabletop: Scene) -> None:
    """PyBullet's renderer on the live world against the same renderer on the snapshot (decimated meshes)."""
    tabletop.apply({"ee_x": 0.5, "ee_y": 0.2, "object_yaw": 45.0, "camera_azimuth": -20.0})
    batch, camera, size = tabletop.snapshot(64, 64), tabletop.camera, 64
    view = pybullet.computeViewMatrix(camera.position, batch.camera_target[0], (0, 0, 1))
    lens = pybullet.computeProjectionMatrixFOV(camera.fov, 1.0, batch.near, batch.far)
    *_, live = pybullet.getCameraImage(
        *(size, size, view, lens),
        renderer=pybullet.ER_TINY_RENDERER,
        flags=pybullet.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
        physicsClientId=tabletop.client,
    )
    bodies = np.reshape(live, (size, size)) & ((1 << 24) - 1)
    with TinyRenderer(shadows=False) as renderer:
        rendered = renderer.render(batch).segmentation[0, :, :, 0]
    assert {tabletop.bodies[name] for name in ("robot", "table", "cube", "target")} <= set(bodies.ravel())
    near = np.lib.stride_tricks.sliding_window_view(np.pad(bodies, 1, mode="edge"), (3, 3))
    found = (near == rendered[:, :, None, None]).any(axis=(2, 3))
    assert found.mean() > 0.995, "outlines may differ by a pixel, bodies may not"


def test_factors_reach_the_batch(tabletop: Scene) -> None:
    factors = {"object_shape": "cone", "object_size": 0.08, "object_x": 0.4, "object_y": 0.1}
    looks = {"object_hue": 200.0, "table_texture": "brick", "background_texture": "china"}
    tabletop.apply({**factors, **looks, "target_x": 0.5, "target_y": -0.1, "target_z": 0.2})
    batch = tabletop.snapshot(8, 8)
    arms = int((batch.segment[:, 0] == tabletop.bodies["robot"]).sum())
    table, floor, wall, shown, target = range(arms, arms + 5)
    assert batch.meshes[batch.mesh[0, shown]] is SHAPES["cone"]
    np.testing.assert_allclose(batch.scale[0, shown], 0.08)
    np.testing.assert_allclose(batch.position[0, shown], [0.4, 0.1, 0.04], atol=1e-6)
    np.testing.assert_allclose(batch.color[0, shown], hue_to_srgb(200.0, 0.8, 0.85), atol=1e-6)
    np.testing.assert_allclose(batch.position[0, target], [0.5, -0.1, 0.2], atol=1e-6)
    textures = list(TEXTURES)
    assert textures[batch.texture[0, table]] == "brick"
    assert {textures[batch.texture[0, i]] for i in (floor, wall)} == {"china"}


def test_tint_multiplies_the_links_own_colors(tabletop: Scene) -> None:
    arms = tabletop.snapshot(8, 8).segment[:, 0] == tabletop.bodies["robot"]
    tabletop.apply({"robot_tint": 0.0})
    red = tabletop.snapshot(8, 8).color[0, arms]
    tabletop.apply({"robot_tint": 240.0})
    blue = tabletop.snapshot(8, 8).color[0, arms]
    assert len(np.unique(red, axis=0)) > 1
    np.testing.assert_allclose(red[:, 0] * blue[:, 0].max(), blue[:, 0] * red[:, 0].max(), atol=1e-6)
    assert red[:, 0].max() > red[:, 2].max()
    assert blue[:, 2].max() > blue[:, 0].max()


@pytest.mark.parametrize("name", ["isaac3d", "mpi3d"])
def test_a_carried_object_hangs_from_the_gripper(scenes: dict[str, Scene], name: str) -> None:
    scene = scenes[name]
    scene.reset()
    for _ in range(2):
        batch = scene.snapshot(8, 8)
        carried, target = (instance_of(scene, name) for name in ("cube", "target"))
        assert batch.mesh[0, target] == HIDDEN
        gap = batch.position[0, carried] - scene.robot.end_effector_position()
        assert np.linalg.norm(gap) == pytest.approx(batch.scale[0, carried, 0] / 2 - 0.01, abs=1e-6)
        assert gap[2] < 0
        scene.robot.drive_to((0.5, 0.1, 0.3))
        scene.step(60)


@pytest.mark.parametrize(("name", "factor"), [("isaac3d", "robot_y"), ("mpi3d", "horizontal_axis")])
def test_the_carried_object_follows_the_arm_s_factors(
    scenes: dict[str, Scene], name: str, factor: str
) -> None:
    scene = scenes[name]
    scene.reset()
    carried = instance_of(scene, "cube")  # the object's body, whatever its shape
    before = scene.snapshot(8, 8).position[0, carried]
    scene.apply({factor: 0.2 if name == "isaac3d" else 20.0})
    assert scene.snapshot(8, 8).position[0, carried, 1] > before[1] + 0.1


def test_an_empty_image_is_refused(tabletop: Scene) -> None:
    with pytest.raises(SimfactorError, match="0 x 64"):
        tabletop.snapshot(0, 64)
