"""Shadows against rays cast here, and soft ones against the share of the light's disc that an edge leaves."""

import numpy as np
import pytest

from simfactor.frames import HIDDEN
from simfactor.render.shading import bytes_to_linear

GROUND, BOX, BALL = 0, 1, 2
VIEWS = {
    "default": {},
    "wide": {"camera_position": (0.5, -0.7, 0.5), "camera_target": (0.5, -0.6, 0.3), "focal": (0.35, 0.35)},
    "above": {"camera_position": (0.4, 0.4, 2.0), "camera_target": (0.4, 0.4, 0), "camera_up": (0, 1, 0)},
    "far": {"camera_position": (40, -30, 35), "camera_target": (0, 0, 0.1), "focal": (30, 30), "far": 200.0},
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("light", [(0.0, 0.0, 1.0), (0.5, 0.3, 0.8), (-0.9, 0.2, 0.4), (0.0, 0.99, 0.14)])
def test_shadows_fall_where_rays_to_the_light_are_blocked(world, light, view):
    """Away from the outline of the shadow, the ground is lit in full or not at all, without speckles, though
    it casts shadows itself; and nothing falls on the sides of the box that face the light."""
    direction = np.array(light) / np.linalg.norm(light)
    batch = world.changed(
        light_direction=direction, mesh=[0, 1, HIDDEN], casts=np.array([True] * 3), **VIEWS[view]
    )
    batch.orientation[0, BOX] = (0, 0, 0, 1)
    batch.position[0, BOX, 2] = 0.2
    images, lit = world.render(batch), world.render(batch, shadows=False)
    ground = world.mask(images, GROUND)
    eye, rays = world.rays(batch)
    points = eye + (-eye[2] / rays[..., 2])[..., None] * rays
    position, scale = batch.position[0, BOX].astype(float), batch.scale[0, BOX].astype(float)
    towards = np.where(direction == 0, 1e-12, direction)
    reach = 0.03 / direction[2]
    blocked = [
        np.isfinite(world.slab_hit(points + shift, towards, position - scale / 2, position + scale / 2))
        for shift in reach * np.array([(x, y, 0) for x in (-1, 0, 1) for y in (-1, 0, 1)])
    ]
    sure_dark, sure_lit = ground & np.all(blocked, axis=0), ground & ~np.any(blocked, axis=0)
    assert sure_lit.sum() > 500
    np.testing.assert_array_equal(images.rgb[0][sure_lit], lit.rgb[0][sure_lit])
    dark = batch.sky[0] * bytes_to_linear(np.uint8([153]))
    np.testing.assert_allclose(
        bytes_to_linear(images.rgb[0][sure_dark]), np.tile(dark, (sure_dark.sum(), 1)), atol=0.003
    )
    assert sure_dark.sum() > 10 or light[2] in (1.0, 0.14)
    box = world.mask(images, BOX)
    np.testing.assert_array_equal(images.rgb[0][box], lit.rgb[0][box])


@pytest.mark.parametrize("light", [(0.4, -0.5, 0.8), (-0.8, 0.0, 0.6), (0.1, 0.9, 0.2)])
def test_a_ball_does_not_shade_its_lit_side(world, light):
    """Only where the light grazes may its flat faces shade what its smooth normals leave lit."""
    batch = world.changed(
        light_direction=np.array(light) / np.linalg.norm(light), mesh=[HIDDEN, HIDDEN, BALL]
    )
    images, lit = world.render(batch), world.render(batch, shadows=False)
    changed = (images.rgb[0] != lit.rgb[0]).any(axis=-1)
    ambient = 0.2
    assert changed.sum() < 30
    assert bytes_to_linear(lit.rgb[0][changed]).max(initial=0) < ambient + 0.7 * 0.3


def test_what_does_not_cast_leaves_no_shadow(world):
    batch = world.changed(light_direction=(-0.8, 0, 0.6), casts=np.array([True, False, True]))
    batch.mesh[0, BALL] = HIDDEN
    np.testing.assert_array_equal(world.render(batch).rgb, world.render(batch, shadows=False).rgb)


def test_what_is_out_of_sight_casts_shadows(world):
    """The camera sees the ground only; the box stands behind it and shades what it sees."""
    batch = world.changed(
        light_direction=(0.8, 0, 0.6),
        mesh=[GROUND, BOX, HIDDEN],
        camera_position=(0.2, 0, 0.5),
        camera_target=(-0.3, 0, 0),
    )
    batch.position[0, BOX] = (0.6, 0.0, 0.6)
    images, lit = world.render(batch), world.render(batch, shadows=False)
    assert not world.mask(images, BOX).any()
    assert (images.rgb != lit.rgb).any(axis=-1).mean() > 0.1


def test_a_soft_edge_is_the_share_of_the_disc_that_it_leaves(world):
    """A plate with its edge at x = 0, half a metre above the ground, under a wide light overhead."""
    softness, height = 0.5, 0.5
    batch = world.changed(
        light_direction=(0, 0, 1),
        light_color=(1, 1, 1),
        light_softness=softness,
        ambient=(0, 0, 0),
        color=[(1, 1, 1)] * 3,
        mesh=[GROUND, BOX, HIDDEN],
        camera_position=(0, -0.9, 0.4),
        camera_target=(0, -0.2, 0),
    )
    batch.position[0, BOX], batch.scale[0, BOX] = (-1, 0, height + 0.005), (2, 4, 0.01)
    batch.orientation[0, BOX] = (0, 0, 0, 1)
    images = world.render(batch)
    ground = world.mask(images, GROUND)
    eye, rays = world.rays(batch)
    x = (eye + images.depth[0][ground][:, None] * rays[ground])[:, 0]
    t = np.clip(x / (height * np.tan(softness / 2)), -1, 1)
    expected = 0.5 + (t * np.sqrt(1 - t**2) + np.arcsin(t)) / np.pi
    seen = bytes_to_linear(images.rgb[0][ground]).mean(axis=1)
    assert ((t > -1) & (t < 1)).sum() > 200
    assert np.abs(seen - expected).max() < 0.06
    assert np.abs(seen - expected).mean() < 0.015


def test_a_hard_light_is_the_limit_of_a_soft_one(world):
    batch = world.changed(light_direction=(-0.8, 0, 0.6))
    nearly = world.changed(light_direction=(-0.8, 0, 0.6), light_softness=1e-4)
    off = np.abs(world.render(batch).rgb.astype(int) - world.render(nearly).rgb).max(axis=-1)
    assert (off > 12).mean() < 0.002
