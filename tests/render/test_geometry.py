"""Segmentation and depth against two oracles: rays cast here, and PyBullet's own image of the bodies."""

import numpy as np
import pytest

from simfactor.frames import HIDDEN
from simfactor.scene.bullet import pybullet

GROUND, BOX, BALL = 0, 1, 2


def rays(batch):
    """Eye (3,) and directions (H, W, 3) through the pixel centres, of length 1 along the viewing axis."""
    eye, target = batch.camera_position[0].astype(float), batch.camera_target[0].astype(float)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, batch.camera_up[0])
    right /= np.linalg.norm(right)
    half = 0.5 / float(batch.focal[0, 1])
    y = half * (1 - 2 * (np.arange(batch.height) + 0.5) / batch.height)
    x = half * (2 * (np.arange(batch.width) + 0.5) / batch.width - 1) * batch.width / batch.height
    return eye, forward + x[None, :, None] * right + y[:, None, None] * np.cross(right, forward)


def slab_hit(eye, direction, low, high):
    """Distance (H, W) at which rays enter an axis-aligned box, inf where they miss."""
    with np.errstate(divide="ignore"):
        a, b = (low - eye) / direction, (high - eye) / direction
    enter, leave = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return np.where(enter <= leave, enter, np.inf)


@pytest.mark.parametrize("size", [(64, 64), (48, 80)])
def test_rays_hit_what_the_image_shows(world, size):
    """Pixels are sampled at their centres: half a pixel of shift would fail this."""
    batch = world.changed(BOX, orientation=(0, 0, 0, 1))
    batch.mesh[0, BALL] = HIDDEN
    batch = type(batch)(**{**vars(batch), "height": size[0], "width": size[1]})
    images = world.render(batch)
    eye, direction = rays(batch)
    position, scale = batch.position[0, BOX].astype(float), batch.scale[0, BOX].astype(float)
    box = slab_hit(eye, direction, position - scale / 2, position + scale / 2)
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


@pytest.mark.parametrize("light", [(0.0, 0.0, 1.0), (0.5, 0.3, 0.8), (-0.9, 0.2, 0.4)])
def test_shadows_fall_where_rays_to_the_light_are_blocked(world, light):
    """Away from the outline of the shadow, the ground is lit in full or not at all, without speckles."""
    direction = np.array(light) / np.linalg.norm(light)
    batch = world.changed(
        light_direction=direction, light_color=(0.7, 0.7, 0.7), ambient=(0.2, 0.2, 0.2), mesh=[0, 1, HIDDEN]
    )
    batch.orientation[0, BOX] = (0, 0, 0, 1)
    images, unlit = world.render(batch), world.render(world.changed(light_color=(0, 0, 0)))
    (ambient,) = np.unique(unlit.rgb[0][world.mask(unlit, GROUND)])
    ground = world.mask(images, GROUND)
    eye, rays_out = rays(batch)
    points = eye + (-eye[2] / rays_out[..., 2])[..., None] * rays_out
    position, scale = batch.position[0, BOX].astype(float), batch.scale[0, BOX].astype(float)
    towards = np.where(direction == 0, 1e-12, direction)
    blocked = [
        np.isfinite(slab_hit(points + shift, towards, position - scale / 2, position + scale / 2))
        for shift in 0.06 * np.array([(x, y, 0) for x in (-1, 0, 1) for y in (-1, 0, 1)])
    ]
    sure_dark, sure_lit = ground & np.all(blocked, axis=0), ground & ~np.any(blocked, axis=0)
    assert sure_lit.sum() > 1000
    assert sure_dark.sum() > 10 or light[2] == 1.0
    lit = world.render(batch, shadows=False).rgb[0]
    np.testing.assert_array_equal(images.rgb[0][sure_lit], lit[sure_lit])
    assert (images.rgb[0][sure_dark] == ambient).all()
