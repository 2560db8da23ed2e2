from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pybullet as p
import pybullet_data
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, UNTEXTURED, Images, Mesh, RenderBatch
from simfactor.render.tiny import TinyRenderer
from simfactor.scene import BulletWorld, Sun, Viewpoint
from simfactor.scene.mesh_files import read_texture

DATA = Path(pybullet_data.getDataPath())
WHITE = Sun((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0))  # what is seen is the albedo
SIZE = 128
TURNED = tuple((np.array([0.3, 0.1, 0.2, 0.9]) / np.linalg.norm([0.3, 0.1, 0.2, 0.9])).tolist())
TETRAHEDRON = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
FACES = [0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3]
Load = Callable[[int], object]


@pytest.fixture
def client() -> Iterator[int]:
    client = p.connect(p.DIRECT)
    p.setAdditionalSearchPath(str(DATA), physicsClientId=client)
    yield client
    p.disconnect(client)


def live(client: int, camera: Viewpoint) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """PyBullet's own image of its world: rgb (H, W, 3) of the plain colours, and segmentation (H, W)."""
    fov = float(np.degrees(2 * np.arctan(0.5 / camera.focal[1])))
    *_, rgba, _, segmentation = p.getCameraImage(
        SIZE,
        SIZE,
        p.computeViewMatrix(camera.position, camera.target, camera.up),
        p.computeProjectionMatrixFOV(fov, 1.0, camera.near, camera.far),
        shadow=0,
        lightDirection=(0, 0, 1),
        lightColor=(1, 1, 1),
        lightDistance=1,
        lightAmbientCoeff=1.0,
        lightDiffuseCoeff=0.0,
        lightSpecularCoeff=0.0,
        renderer=p.ER_TINY_RENDERER,
        flags=p.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
        physicsClientId=client,
    )
    return np.reshape(rgba, (SIZE, SIZE, 4))[..., :3].astype(np.uint8), np.reshape(segmentation, (SIZE, SIZE))


def render(batch: RenderBatch) -> Images:
    with TinyRenderer(shadows=False) as renderer:
        return renderer.render(batch)


def assert_same_picture(client: int, world: BulletWorld, camera: Viewpoint, cover: float = 0.02) -> Images:
    """Outlines may differ by a pixel, links may not; a body's mean colour by what filtering does."""
    images = render(world.snapshot(SIZE, SIZE, camera, WHITE))
    rgb, segmentation = live(client, camera)
    body, link = np.moveaxis(images.segmentation[0].astype(int), -1, 0)
    ours = np.where(body < 0, -1, body + ((link + 1) << 24))
    assert (segmentation >= 0).mean() > cover
    near = np.lib.stride_tricks.sliding_window_view(np.pad(segmentation, 1, mode="edge"), (3, 3))
    assert (near == ours[:, :, None, None]).any(axis=(2, 3)).mean() > 0.998
    for part in np.unique(segmentation[segmentation >= 0]):
        both = (segmentation == part) & (ours == part)
        if both.sum() > 100:
            np.testing.assert_allclose(rgb[both].mean(0), images.rgb[0][both].mean(0), atol=35)
    return images


@pytest.mark.parametrize(
    ("file", "target", "distance"),
    [
        ("plane.urdf", (0, 0, 0), 3.0),
        ("table/table.urdf", (0, 0, 0.5), 2.0),
        ("r2d2.urdf", (0, 0, 0), 1.5),
        ("kuka_iiwa/model.urdf", (0, 0, 0.5), 1.5),
        ("franka_panda/panda.urdf", (0, 0, 0.5), 1.5),
        ("duck_vhacd.urdf", (0, 0, 0.05), 0.3),
        ("cube.urdf", (0, 0, 0), 3.0),
        ("sphere2.urdf", (0, 0, 0), 2.0),
        ("husky/husky.urdf", (0, 0, 0), 1.6),
        ("racecar/racecar.urdf", (0, 0, 0), 0.8),
    ],
)
def test_a_snapshot_is_what_pybullet_draws(
    client: int, file: str, target: tuple[float, float, float], distance: float
) -> None:
    body = p.loadURDF(file, [0.01, 0.02, 0.03], TURNED, physicsClientId=client)
    for joint in range(p.getNumJoints(body, physicsClientId=client)):
        p.resetJointState(body, joint, 0.3, physicsClientId=client)
    assert_same_picture(client, BulletWorld(client), Viewpoint.orbit(target, distance))


def test_a_world_of_several_files_with_several_bodies_each(client: int) -> None:
    p.loadURDF("plane.urdf", physicsClientId=client)
    p.loadURDF("table/table.urdf", physicsClientId=client)
    p.loadURDF("kuka_iiwa/model.urdf", [0, 0, 0.62], useFixedBase=True, physicsClientId=client)
    p.loadSDF("kiva_shelf/model.sdf", physicsClientId=client)
    world = BulletWorld(client)
    assert_same_picture(client, world, Viewpoint.orbit((0, 0, 0.8), 2.5, 20, -20))
    batch = world.snapshot(64, 64)
    assert not batch.casts[batch.segment[:, 0] == 0].any()
    assert batch.casts[batch.segment[:, 0] != 0].all()


def shape(client: int, kind: int, **values: object) -> int:
    return int(p.createVisualShape(kind, physicsClientId=client, **values))


def stand(client: int, visual: int, **values: object) -> int:
    return int(p.createMultiBody(1.0, -1, visual, physicsClientId=client, **values))


def odd_bodies(client: int) -> None:
    """Every kind of shape, with local frames, scales and inertial offsets."""
    box = shape(
        client,
        p.GEOM_BOX,
        halfExtents=[0.1, 0.2, 0.3],
        visualFramePosition=[0.3, 0, 0.1],
        visualFrameOrientation=TURNED,
        rgbaColor=[1, 0, 0, 1],
    )
    offset = {
        "baseInertialFramePosition": [0, 0.5, 0],
        "baseInertialFrameOrientation": [0.6, 0, 0, 0.8],
    }
    stand(client, box, basePosition=[0, 0, 0.3], **offset)
    ball = shape(client, p.GEOM_SPHERE, radius=0.2, visualFramePosition=[0, 0.3, 0], rgbaColor=[0, 1, 0, 1])
    stand(client, ball, basePosition=[-0.5, 0, 0], baseInertialFramePosition=[0.2, 0.1, 0])
    pipe = shape(client, p.GEOM_CYLINDER, radius=0.1, length=0.5, visualFrameOrientation=TURNED)
    stand(client, pipe, basePosition=[0.5, 0.5, 0], baseOrientation=TURNED)
    pill = shape(client, p.GEOM_CAPSULE, radius=0.08, length=0.5, visualFramePosition=[0.1, 0, 0])
    stand(client, pill, basePosition=[-0.5, -0.5, 0], baseOrientation=TURNED)
    duck = shape(client, p.GEOM_MESH, fileName="duck.obj", meshScale=[0.05, 0.1, 0.05])
    stand(client, duck, basePosition=[0.6, -0.5, 0])
    drawn_by_its_collision_shape = p.createCollisionShape(
        p.GEOM_BOX,
        halfExtents=[0.05, 0.05, 0.2],
        collisionFramePosition=[0, 0.1, 0.1],
        physicsClientId=client,
    )
    p.createMultiBody(
        1.0,
        -1,
        shape(client, p.GEOM_BOX, halfExtents=[0.1, 0.1, 0.1], rgbaColor=[0, 0, 1, 1]),
        basePosition=[0, 0, -0.6],
        linkMasses=[1],
        linkCollisionShapeIndices=[drawn_by_its_collision_shape],
        linkVisualShapeIndices=[-1],
        linkPositions=[[0.2, 0, 0.1]],
        linkOrientations=[TURNED],
        linkInertialFramePositions=[[0.1, 0.1, 0.1]],
        linkInertialFrameOrientations=[TURNED],
        linkParentIndices=[0],
        linkJointTypes=[p.JOINT_REVOLUTE],
        linkJointAxis=[[0, 0, 1]],
        physicsClientId=client,
    )


def test_odd_frames_scales_and_inertial_offsets(client: int) -> None:
    odd_bodies(client)
    images = assert_same_picture(client, BulletWorld(client), Viewpoint.orbit((0, 0, 0), 2.2))
    assert set(np.unique(images.segmentation[..., 0])) == {-1, 0, 1, 2, 3, 4, 5}


def test_poses_and_colours_are_those_of_now(client: int) -> None:
    odd_bodies(client)
    world, camera = BulletWorld(client), Viewpoint.orbit((0, 0, 0), 2.2)
    before = world.snapshot(SIZE, SIZE, camera)
    p.resetBasePositionAndOrientation(0, [0.2, 0.1, 0.1], TURNED, physicsClientId=client)
    p.resetJointState(5, 0, 0.7, physicsClientId=client)
    p.changeVisualShape(1, -1, rgbaColor=[0.2, 0.4, 0.6, 1.0], physicsClientId=client)
    p.changeVisualShape(2, -1, rgbaColor=[1, 1, 1, 0], physicsClientId=client)
    after = world.snapshot(SIZE, SIZE, camera)
    assert before.meshes is after.meshes
    assert before.textures is after.textures
    np.testing.assert_allclose(after.color[0, 1], [0.2, 0.4, 0.6], atol=1e-6)
    assert after.mesh[0, 2] == HIDDEN
    images = assert_same_picture(client, world, camera)
    assert 2 not in images.segmentation[..., 0]


def test_bodies_that_come_and_go_are_noticed(client: int) -> None:
    first = stand(client, shape(client, p.GEOM_BOX, halfExtents=[0.3, 0.3, 0.3]))
    world, camera = BulletWorld(client), Viewpoint.orbit((0, 0, 0), 2.2)
    assert len(world.snapshot(8, 8).segment) == 1
    stand(client, shape(client, p.GEOM_SPHERE, radius=0.4), basePosition=[0.5, 0, 0])
    assert_same_picture(client, world, camera)
    p.removeBody(first, physicsClientId=client)
    again = stand(client, shape(client, p.GEOM_CYLINDER, radius=0.3, length=0.9))  # gets the free id
    assert again == first
    assert_same_picture(client, world, camera)
    p.resetSimulation(physicsClientId=client)
    assert world.snapshot(8, 8).position.shape == (1, 0, 3)


def test_a_plane_stands_as_its_collision_shape_does(client: int) -> None:
    level = p.createCollisionShape(p.GEOM_PLANE, physicsClientId=client)
    body = p.createMultiBody(0, level, physicsClientId=client)
    world = BulletWorld(client)
    assert_same_picture(client, world, Viewpoint.orbit((0.3, 0.2, 0), 3.0), cover=0.9)
    p.removeBody(body, physicsClientId=client)
    tilted = p.createCollisionShape(p.GEOM_PLANE, planeNormal=[0, -1, 1], physicsClientId=client)
    p.createMultiBody(0, tilted, physicsClientId=client)
    batch = world.snapshot(9, 9, Viewpoint.orbit((0, 0, 0), 3.0, 0, -45), WHITE)
    np.testing.assert_allclose(render(batch).depth[0, 4], 3.0, atol=0.05)  # seen along its normal
    assert not batch.casts.any()


# --- textures and meshes ------------------------------------------------------------------------------------


def test_a_texture_that_was_set_by_hand_is_given_by_hand(client: int, tmp_path: Path) -> None:
    picture = str(tmp_path / "ramps.png")
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    Image.fromarray(np.stack(np.broadcast_arrays(ramp, ramp[:, None], 128), axis=-1).astype(np.uint8)).save(
        picture
    )
    texture = p.loadTexture(picture, physicsClientId=client)
    boxes = [
        stand(client, shape(client, p.GEOM_BOX, halfExtents=[0.3] * 3), basePosition=[x, 0, 0])
        for x in (0, 0.8)
    ]
    for body in boxes:
        p.changeVisualShape(body, -1, textureUniqueId=texture, physicsClientId=client)
    world = BulletWorld(client, textures={boxes[0]: picture, (boxes[1], -1): picture})
    assert len(world.snapshot(8, 8).textures) == 1
    camera = Viewpoint.orbit((0.4, 0, 0), 1.6)
    images = assert_same_picture(client, world, camera)
    rgb, segmentation = live(client, camera)
    both = (segmentation >= 0) & (images.segmentation[0, ..., 0] >= 0)
    turned = BulletWorld(client, textures=dict.fromkeys(boxes, read_texture(picture)[::-1]))
    wrong = render(turned.snapshot(SIZE, SIZE, camera, WHITE))
    likeness = [np.corrcoef(rgb[both].ravel(), i.rgb[0][both].ravel())[0, 1] for i in (images, wrong)]
    assert likeness[0] > 0.95 > likeness[1]  # the right way up

    green = np.full((2, 2, 3), (0, 255, 0), np.uint8)
    batch = BulletWorld(client, textures={boxes[0]: green}).snapshot(8, 8)
    assert batch.texture.tolist() == [[0, UNTEXTURED]]
    np.testing.assert_array_equal(batch.textures[0], green)


def test_a_material_files_texture_may_be_taken_away(client: int) -> None:
    duck = p.loadURDF("duck_vhacd.urdf", physicsClientId=client)
    assert BulletWorld(client).snapshot(8, 8).texture.tolist() == [[0]]
    assert BulletWorld(client, textures={duck: None}).snapshot(8, 8).texture.tolist() == [[UNTEXTURED]]


def test_a_mesh_made_from_vertices_is_given_by_hand(client: int, tmp_path: Path) -> None:
    visual = shape(client, p.GEOM_MESH, vertices=TETRAHEDRON, indices=FACES, meshScale=[0.5, 0.9, 0.7])
    body = stand(client, visual, baseOrientation=TURNED)
    with pytest.raises(SimfactorError, match=rf"made from vertices.*meshes={{\({body}, -1\)"):
        BulletWorld(client)
    corners = np.array(TETRAHEDRON, np.float32)
    faces = np.reshape(FACES, (4, 3)).astype(np.int32)
    normals = np.tile(np.array([[0, 0, 1]], np.float32), (4, 1))
    mesh = Mesh(corners, normals, np.zeros((4, 2), np.float32), faces)
    file = tmp_path / "tetrahedron.obj"
    lines = [*(f"v {x} {y} {z}" for x, y, z in TETRAHEDRON), *(f"f {a} {b} {c}" for a, b, c in faces + 1)]
    file.write_text("\n".join(lines))
    for given_mesh in (mesh, file, str(file)):
        world = BulletWorld(client, meshes={body: given_mesh})
        assert_same_picture(client, world, Viewpoint.orbit((0, 0, 0), 1.5))


def test_large_images_get_more_triangles(
    client: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    p.loadURDF("husky/husky.urdf", physicsClientId=client)
    world = BulletWorld(client)

    def count(*size: int, triangles: int | None = None) -> int:
        return sum(len(mesh.faces) for mesh in world.snapshot(*size, triangles=triangles).meshes)

    assert count(64, 64) < count(128, 96) < count(512, 512)
    assert count(512, 512) < count(512, 512, triangles=10**9)
    assert count(64, 64, triangles=100) < count(64, 64)
    assert world.snapshot(100, 128).meshes is world.snapshot(128, 65).meshes


# --- cameras, lights, many poses ----------------------------------------------------------------------------


def test_one_world_from_several_cameras(client: int) -> None:
    odd_bodies(client)
    world = BulletWorld(client)
    cameras = [Viewpoint.orbit(yaw=yaw) for yaw in (0.0, 120.0)]
    both = world.snapshot(16, 24, cameras, Sun())
    assert len(both) == 2
    assert (both.position[0] == both.position[1]).all()
    images = render(both)
    for i, camera in enumerate(cameras):
        np.testing.assert_array_equal(images.rgb[i], render(world.snapshot(16, 24, camera)).rgb[0])
    with pytest.raises(SimfactorError, match="2 cameras and 3 lights"):
        world.snapshot(8, 8, cameras, [Sun()] * 3)


def test_a_batch_of_poses_equals_snapshots_of_the_moved_world(client: int) -> None:
    arm = p.loadURDF("kuka_iiwa/model.urdf", physicsClientId=client)
    box = stand(
        client,
        shape(client, p.GEOM_BOX, halfExtents=[0.1, 0.2, 0.3]),
        baseInertialFramePosition=[0.3, 0, 0.1],
        baseInertialFrameOrientation=TURNED,
    )
    rng = np.random.default_rng(0)
    joints = rng.uniform(-1, 1, (3, 7))
    places = rng.uniform(-1, 1, (3, 3))
    world = BulletWorld(client)
    before = world.snapshot(8, 8)
    batch = world.batch(8, 8, {arm: joints}, {box: (places, TURNED), arm: ((0.1, 0.2, 0.3), TURNED)})
    np.testing.assert_array_equal(world.snapshot(8, 8).position, before.position)  # nothing moved
    p.resetBasePositionAndOrientation(arm, (0.1, 0.2, 0.3), TURNED, physicsClientId=client)
    for i in range(3):
        for joint, angle in enumerate(joints[i]):
            p.resetJointState(arm, joint, angle, physicsClientId=client)
        p.resetBasePositionAndOrientation(box, places[i], TURNED, physicsClientId=client)
        one = world.snapshot(8, 8)
        np.testing.assert_allclose(batch.position[i], one.position[0], atol=1e-5)
        aligned = np.abs(np.einsum("iq,iq->i", batch.orientation[i], one.orientation[0]))
        np.testing.assert_allclose(aligned, 1.0, atol=1e-6)


poses = st.tuples(*(st.floats(-1, 1),) * 7).filter(lambda v: np.linalg.norm(v[3:]) > 0.1)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.integers(0, 5), pose=poses)
def test_moving_a_body_moves_only_its_instances(client: int, body: int, pose: tuple[float, ...]) -> None:
    if not p.getNumBodies(physicsClientId=client):
        odd_bodies(client)
    world = BulletWorld(client)
    before = world.snapshot(8, 8)
    turned = np.array(pose[3:]) / np.linalg.norm(pose[3:])
    p.resetBasePositionAndOrientation(body, pose[:3], turned, physicsClientId=client)
    after = world.snapshot(8, 8)
    others = before.segment[:, 0] != body
    for name in ("position", "orientation"):
        np.testing.assert_array_equal(getattr(before, name)[:, others], getattr(after, name)[:, others])
    for name in ("mesh", "scale", "color", "texture"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    foreseen = world.batch(8, 8, base_poses={body: (pose[:3], pose[3:])})
    np.testing.assert_allclose(foreseen.position, after.position, atol=1e-5)


# --- what cannot be drawn -----------------------------------------------------------------------------------


def heightfield(client: int) -> None:
    field = p.createCollisionShape(
        p.GEOM_HEIGHTFIELD,
        heightfieldData=[0.0] * 16,
        numHeightfieldRows=4,
        numHeightfieldColumns=4,
        physicsClientId=client,
    )
    p.createMultiBody(0, field, physicsClientId=client)


def soft_body(client: int) -> None:
    p.resetSimulation(p.RESET_USE_DEFORMABLE_WORLD, physicsClientId=client)
    p.loadSoftBody("cloth_z_up.obj", useMassSpring=1, physicsClientId=client)


def ant(client: int) -> None:
    p.loadMJCF("mjcf/ant.xml", physicsClientId=client)


@pytest.mark.parametrize(
    ("load", "what"), [(heightfield, "a heightfield"), (soft_body, "a soft body"), (ant, "given by fromto")]
)
def test_what_cannot_be_drawn_is_refused(client: int, load: Load, what: str) -> None:
    load(client)
    with pytest.raises(SimfactorError, match=rf"link -?\d of body \d is .*{what}.*pybullet\.getCameraImage"):
        BulletWorld(client)


def test_maximal_coordinates_need_the_inertial_frame(client: int) -> None:
    place = {"basePosition": [0.01, 0.02, 0.03], "baseOrientation": TURNED}
    duck = p.loadURDF("duck_vhacd.urdf", useMaximalCoordinates=True, physicsClientId=client, **place)
    with pytest.raises(SimfactorError, match=rf"body {duck} has maximal coordinates.*inertial={{{duck}: "):
        BulletWorld(client)
    world = BulletWorld(client, inertial={duck: ((0, 0.02, 0), (0, 0, 0, 1))})
    assert_same_picture(client, world, Viewpoint.orbit((0, 0, 0.05), 0.3))


def test_a_lost_mesh_file_is_named(client: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mine.obj").write_text((DATA / "cube.obj").read_text())
    monkeypatch.chdir(folder)
    stand(client, shape(client, p.GEOM_MESH, fileName="mine.obj"))
    BulletWorld(client)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SimfactorError, match=r"mesh file '.*mine\.obj'.*search="):
        BulletWorld(client)
    assert len(BulletWorld(client, search=[folder]).snapshot(8, 8).meshes) == 1


def test_places_that_show_nothing_are_refused(client: int) -> None:
    cube = p.loadURDF("cube.urdf", physicsClientId=client)
    with pytest.raises(SimfactorError, match=r"textures has the key 7; .*\(0, -1\), 0"):
        BulletWorld(client, textures={7: DATA / "uvmap.png"})
    with pytest.raises(SimfactorError, match=r"meshes has the key \(0, 3\)"):
        BulletWorld(client, meshes={(cube, 3): DATA / "cube.obj"})
    with pytest.raises(SimfactorError, match=r"array \(2, 2\) of float64; give \(H, W, 3\) uint8"):
        BulletWorld(client, textures={cube: np.zeros((2, 2))})  # type: ignore[dict-item]
    with pytest.raises(SimfactorError, match=r"lost\.png' does not exist"):
        BulletWorld(client, textures={cube: "lost.png"})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda world: world.snapshot(0, 8), "0 x 8"),
        (lambda world: world.snapshot(8, 8, triangles=0), "triangles=0 is not positive"),
        (lambda world: world.snapshot(8, 8, []), "0 cameras"),
        (lambda world: world.batch(8, 8, {3: [0.0]}), "body 3 is not one of"),
        (lambda world: world.batch(8, 8, {0: [[0.0, 0.0]]}), r"have the shape \(1, 2\); give \(N, 7\)"),
        (lambda world: world.batch(8, 8, {}, {0: ((0, 0), (0, 0, 0, 1))}), "base pose of body 0"),
        (
            lambda world: world.batch(8, 8, {0: np.zeros((2, 7))}, {0: (np.zeros((3, 3)), [0, 0, 0, 1])}),
            r"given for \[2, 3\] images",
        ),
        (
            lambda world: world.snapshot(8, 8, [Viewpoint.orbit(), Viewpoint((1, 1, 1), (0, 0, 0), far=9)]),
            "share near and far",
        ),
    ],
)
def test_bad_arguments(client: int, call: Callable[[BulletWorld], object], message: str) -> None:
    p.loadURDF("kuka_iiwa/model.urdf", physicsClientId=client)
    with pytest.raises(SimfactorError, match=message):
        call(BulletWorld(client))


def test_a_closed_client_is_refused() -> None:
    client = p.connect(p.DIRECT)
    p.disconnect(client)
    with pytest.raises(SimfactorError, match=f"client={client} is no connected"):
        BulletWorld(client)
