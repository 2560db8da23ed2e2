"""Segmentation and depth against two oracles: rays cast here, and PyBullet's own image of the bodies."""

import numpy as np
import pytest

from simfactor.frames import HIDDEN
from simfactor.render.camera import Camera
from simfactor.scene.bullet import pybullet

GROUND, BOX, BALL = 0, 1, 2


@pytest.mark.parametrize(
    "lens",
    [
        {},
        {"height": 48, "width": 80},
        {"height": 60, "width": 50, "focal": (0.9, 1.3), "principal_point": (0.37, 0.81)},
    ],
)
def test_rays_hit_what_the_image_shows(world, lens):
    """Pixels are sampled at their centres: half a pixel of shift would fail this."""
    batch = world.changed(mesh=[GROUND, BOX, HIDDEN], **lens)
    batch.orientation[0, BOX] = (0, 0, 0, 1)
    images = world.render(batch)
    eye, direction = world.rays(batch)
    position, scale = batch.position[0, BOX].astype(float), batch.scale[0, BOX].astype(float)
    box = world.slab_hit(eye, direction, position - scale / 2, position + scale / 2)
    ground = -eye[2] / direction[..., 2]
    point = eye + ground[..., None] * direction
    ground[(np.abs(point[..., :2]).max(axis=-1) > 1) | (ground < 0)] = np.inf
    depth = np.minimum(box, ground)
    body = np.where(np.isinf(depth), -1, np.where(box < ground, 3, 0))
    np.testing.assert_array_equal(images.segmentation[0, ..., 0], body)
    np.testing.assert_allclose(images.depth[0], depth, rtol=1e-4)


def pybullet_image(batch, folder):
    """Body (H, W) as in the batch's segment and depth (H, W), by PyBullet's own shapes and matrices."""
    client = pybullet.connect(pybullet.DIRECT)
    try:
        extents = (batch.scale[0, BOX] / 2).tolist()
        shapes = {
            BOX: {"shapeType": pybullet.GEOM_BOX, "halfExtents": extents},
            BALL: {
                "shapeType": pybullet.GEOM_MESH,
                "fileName": write_obj(batch.meshes[BALL], folder),
                "meshScale": batch.scale[0, BALL].tolist(),
            },
        }
        instances = {}
        for instance, shape in shapes.items():
            body = pybullet.createMultiBody(
                baseVisualShapeIndex=pybullet.createVisualShape(**shape, physicsClientId=client),
                basePosition=batch.position[0, instance].tolist(),
                baseOrientation=batch.orientation[0, instance].tolist(),
                physicsClientId=client,
            )
            instances[body] = instance
        look = [getattr(batch, f"camera_{name}")[0].tolist() for name in ("position", "target", "up")]
        fov = np.degrees(2 * np.arctan(0.5 / float(batch.focal[0, 1])))
        projection = list(pybullet.computeProjectionMatrixFOV(fov, 1.0, batch.near, batch.far))
        projection[8] = projection[9] = 1 / batch.width  # its samples lie on pixel corners
        _, _, _, buffer, bodies = pybullet.getCameraImage(
            batch.width,
            batch.height,
            pybullet.computeViewMatrix(*look),
            projection,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=client,
        )
    finally:
        pybullet.disconnect(client)
    segment = np.full(bodies.shape, -1)
    for body, instance in instances.items():
        segment[bodies == body] = batch.segment[instance, 0]
    return segment, batch.far * batch.near / (batch.far - (batch.far - batch.near) * buffer)


def write_obj(mesh, folder):
    path = folder / "mesh.obj"
    lines = ["v {} {} {}".format(*v) for v in mesh.vertices]
    lines += ["f {} {} {}".format(*f) for f in mesh.faces + 1]
    path.write_text("\n".join(lines))
    return str(path)


def test_bodies_and_depth_agree_with_pybullets_own_image(world, tmp_path):
    batch = world.changed(GROUND, mesh=HIDDEN)
    images = world.render(batch)
    segment, depth = pybullet_image(batch, tmp_path)
    np.testing.assert_array_equal(images.segmentation[0, ..., 0], segment)
    hit = segment >= 0
    assert hit.sum() > 300
    np.testing.assert_allclose(images.depth[0][hit], depth[hit], rtol=1e-5)


def test_the_principal_point_moves_the_image_by_whole_pixels(world):
    """Five columns to the right and three rows down."""
    before = world.render(world.base, shadows=False)
    after = world.render(world.changed(principal_point=(0.5 + 5 / 64, 0.5 + 3 / 64)), shadows=False)
    assert (after.segmentation[0, 3:, 5:] != before.segmentation[0, :-3, :-5]).mean() < 0.002
    off = np.abs(after.rgb[0, 3:, 5:].astype(int) - before.rgb[0, :-3, :-5]).max(axis=-1)
    assert (off > 1).mean() < 0.002


def test_projecting_is_the_inverse_of_finding_points():
    camera = Camera.look_at((1, 2, 3), (0, 0.5, 0), (0, 0, 1), (1.1, 0.8), 0.1, 9, 40, 60, (0.4, 0.7))
    pixels = np.array([0, 59, 1234, 2399])
    depth = np.array([0.5, 1.0, 2.0, 8.0])
    column, row, distance = camera.project(camera.points(pixels, depth))
    np.testing.assert_allclose((row - 0.5) * 60 + column - 0.5, pixels, atol=1e-9)
    np.testing.assert_allclose(distance, depth)
