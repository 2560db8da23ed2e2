"""Bodies made again in another size: what PyBullet's own scaling of files gives, and nothing else changes."""

from collections.abc import Iterator

import numpy as np
import pybullet as p
import pybullet_data
import pytest

from simfactor.errors import SimfactorError
from simfactor.scene.resizing import blueprint, rebuild

MARGIN = 4e-3  # of some files' boxes, in extents
FILES = ("cube_small.urdf", "sphere_small.urdf", "lego/lego.urdf", "block.urdf")


@pytest.fixture
def client() -> Iterator[int]:
    client = p.connect(p.DIRECT)
    p.setAdditionalSearchPath(pybullet_data.getDataPath(), client)
    yield client
    p.disconnect(client)


def load(file: str, client: int, scale: float = 1.0) -> int:
    tilted = p.getQuaternionFromEuler([0.3, -0.2, 0.9])
    return p.loadURDF(file, [0.2, -0.1, 0.5], tilted, globalScaling=scale, physicsClientId=client)


def shapes(body: int, client: int) -> list[np.ndarray]:
    """Sizes, frames, colours, place and extent of a body."""
    collision, *_ = p.getCollisionShapeData(body, -1, client)
    visual, *_ = p.getVisualShapeData(body, 0, client)
    pose, extent = p.getBasePositionAndOrientation(body, client), p.getAABB(body, -1, client)
    parts = [*collision[3:4], *collision[5:], *visual[3:4], *visual[5:8], *pose, *extent]
    return [np.array(part) for part in parts]


@pytest.mark.parametrize("file", FILES)
def test_a_body_of_its_own_size_is_the_same(file: str, client: int) -> None:
    load("plane.urdf", client)
    body = load(file, client)
    p.changeDynamics(body, -1, lateralFriction=0.3, restitution=0.2, physicsClientId=client)
    p.resetBaseVelocity(body, [0.1, 0.2, 0.3], [1, 2, 3], client)
    before, dynamics = shapes(body, client), p.getDynamicsInfo(body, -1, client)
    for _ in range(2):
        rebuild(blueprint(body, client), 1.0, body, client)
        for old, new in zip(before, shapes(body, client), strict=True):
            np.testing.assert_allclose(new, old, atol=MARGIN)
    np.testing.assert_allclose(p.getDynamicsInfo(body, -1, client)[0:2], dynamics[0:2])
    np.testing.assert_allclose(p.getDynamicsInfo(body, -1, client)[2], dynamics[2], rtol=1e-6)
    assert p.getDynamicsInfo(body, -1, client)[5] == 0.2
    np.testing.assert_allclose(p.getBaseVelocity(body, client), [(0.1, 0.2, 0.3), (1, 2, 3)])


@pytest.mark.parametrize("file", FILES)
def test_a_larger_one_is_what_the_file_loads_larger_and_stands_where_it_stood(file: str, client: int) -> None:
    body = load(file, client)
    low = p.getAABB(body, -1, client)[0][2]
    rebuild(blueprint(body, client), 2.0, body, client)
    assert p.getAABB(body, -1, client)[0][2] == pytest.approx(low, abs=MARGIN)
    other = p.connect(p.DIRECT)
    p.setAdditionalSearchPath(pybullet_data.getDataPath(), other)
    loaded = load(file, other, 2.0)
    p.resetBasePositionAndOrientation(loaded, *p.getBasePositionAndOrientation(body, client), other)
    for scaled, made in zip(shapes(loaded, other), shapes(body, client), strict=True):
        np.testing.assert_allclose(made, scaled, atol=MARGIN)
    p.disconnect(other)


def test_it_falls_and_lands_as_large_as_it_is(client: int) -> None:
    p.setGravity(0, 0, -10, client)
    p.loadURDF("plane.urdf", physicsClientId=client)
    body = p.loadURDF("cube_small.urdf", [0, 0, 0.025], physicsClientId=client)
    rebuild(blueprint(body, client), 3.0, body, client)
    for _ in range(240):
        p.stepSimulation(client)
    assert p.getBasePositionAndOrientation(body, client)[0][2] == pytest.approx(0.075, abs=2e-3)


def test_primitives_and_bodies_without_one_of_the_shapes(client: int) -> None:
    for kind, size in (
        (p.GEOM_CYLINDER, {"radius": 0.1, "height": 0.4}),
        (p.GEOM_CAPSULE, {"radius": 0.1, "height": 0.4}),
        (p.GEOM_SPHERE, {"radius": 0.3}),
    ):
        shape = p.createCollisionShape(kind, physicsClientId=client, **size)
        body = p.createMultiBody(1.0, shape, -1, physicsClientId=client)
        low, high = np.array(p.getAABB(body, -1, client))
        rebuild(blueprint(body, client), 1.5, body, client)
        small, large = np.array(p.getAABB(body, -1, client))
        np.testing.assert_allclose(large - small, 1.5 * (high - low), atol=1e-6)
    ghost = p.createMultiBody(
        0,
        -1,
        p.createVisualShape(p.GEOM_SPHERE, radius=0.1, rgbaColor=[0, 1, 0, 0.3], physicsClientId=client),
        physicsClientId=client,
    )
    rebuild(blueprint(ghost, client), 0.5, ghost, client)
    (row,) = p.getVisualShapeData(ghost, 0, client)
    assert row[3][0] == pytest.approx(0.05)
    np.testing.assert_allclose(row[7], [0, 1, 0, 0.3], atol=1e-6)


def test_what_cannot_be_made_again_is_refused_and_stays(client: int) -> None:
    ground = p.createCollisionShape(p.GEOM_PLANE, physicsClientId=client)
    plane = p.createMultiBody(0, ground, physicsClientId=client)
    robot = p.loadURDF("r2d2.urdf", physicsClientId=client)
    duck = p.loadURDF("duck_vhacd.urdf", physicsClientId=client)
    held = load("cube_small.urdf", client)
    p.createConstraint(
        held, -1, -1, -1, p.JOINT_FIXED, [0, 0, 0], [0, 0, 0], [0, 0, 1], physicsClientId=client
    )
    corners = {"vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], "indices": [0, 1, 2, 0, 2, 3]}
    shape = p.createVisualShape(p.GEOM_MESH, physicsClientId=client, **corners)
    drawn = p.createMultiBody(0, -1, shape, physicsClientId=client)
    for body, message in (
        (plane, "collides as a shape of PyBullet's kind 6, .* could: box, sphere, cylinder, capsule"),
        (duck, "collides as a shape of PyBullet's kind 5"),
        (robot, "it has joints"),
        (held, "a constraint holds it"),
        (drawn, "a mesh made from vertices"),
    ):
        with pytest.raises(SimfactorError, match=message):
            blueprint(body, client)
    assert p.getNumBodies(client) == 5
