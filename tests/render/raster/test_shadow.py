"""Where shadows fall: trigonometry of a pole, rays cast here at a box, and what must have no shadow on it."""

import numpy as np
import pytest

from simfactor.render.shading import bytes_to_linear

POLE = 0.12  # metres, its width


def sun(azimuth, elevation):
    """Unit vector to a sun at these degrees."""
    a, e = np.radians([azimuth, elevation])
    return np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)])


def above(lab, *instances, light, casts=True, **fields):
    """A wide floor, which may cast shadows, too, and what stands on it, from high above with +y up."""
    view = {
        "camera_position": (0, 0, 12),
        "camera_target": (0, 0, 0),
        "camera_up": (0, 1, 0),
        "focal": (1.7, 1.7),
        "height": 320,
        "width": 320,
        "light_color": [(0.8, 0.8, 0.8)],
    }
    return lab.batch(
        {"mesh": lab.plane(4), "casts": casts}, *instances, light_direction=[light], **{**view, **fields}
    )


def lit_share(lab, batch):
    """The share (H, W) of the key light that reaches each pixel, NaN where it would have none."""
    lit, shadowed = (bytes_to_linear(lab.render(batch, shadows=s).rgb[0]).mean(-1) for s in (False, True))
    ambient = bytes_to_linear(lab.render(dark(batch)).rgb[0]).mean(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(lit - ambient > 0.02, (shadowed - ambient) / (lit - ambient), np.nan)


def dark(batch):
    return type(batch)(**{**vars(batch), "light_color": np.zeros_like(batch.light_color)})


def points(world, batch, images):
    """World points (H, W, 3) of the pixels."""
    eye, rays = world.rays(batch)
    return eye + np.where(np.isfinite(images.depth[0]), images.depth[0], 0)[..., None] * rays


@pytest.mark.parametrize("base", [(0.0, 0.0), (1.2, -1.4)])
@pytest.mark.parametrize(
    ("azimuth", "elevation", "length"),
    [
        (0, 45, 1.5),
        (130, 60, 1.0),
        (250, 30, 2.0),
        (75, 15, 1.8),
        (310, 5, 1.6),
        (200, 85, 0.3),
        (20, 2, 1.5),
    ],
)
def test_a_poles_shadow_has_the_length_and_direction_of_trigonometry(
    lab, world, base, azimuth, elevation, length
):
    """height / tan(elevation), away from the sun, wherever the pole stands in the image."""
    tall = length * np.tan(np.radians(elevation))
    half = POLE / 2
    pole = {"mesh": lab.box((-half, -half, 0), (half, half, tall)), "position": (*base, 0)}
    casts = elevation > 8  # see the test of a floor that casts
    batch = above(
        lab,
        pole,
        casts=casts,
        light=sun(azimuth, elevation),
        light_color=[[0.8 / np.sin(np.radians(elevation))] * 3],
    )
    images = lab.render(batch)
    floor = images.segmentation[0, ..., 0] == 0
    shadow = floor & (lit_share(lab, batch) < 0.5)
    offset = points(world, batch, images)[shadow][:, :2] - base
    away = -sun(azimuth, elevation)[:2] / np.linalg.norm(sun(azimuth, elevation)[:2])
    across = np.array([-away[1], away[0]])
    pixel = 12 / (1.7 * 320)
    breadth = half * np.abs(away).sum()
    assert abs((offset @ away).max() - length - breadth) < 1.5 * pixel
    assert np.abs(offset @ across).max() < breadth + 1.5 * pixel
    assert (offset @ away).min() > -breadth - 1.5 * pixel
    if base == (0.0, 0.0):  # elsewhere the pole hides some of it
        area = POLE * np.abs(away).sum() * length
        assert abs(shadow.sum() * pixel**2 - area) < 0.15 * area + POLE**2
    if length >= 1:
        middle = offset.mean(axis=0)
        assert abs(np.degrees(np.arctan2(middle @ across, middle @ away))) < 2


@pytest.mark.parametrize("base", [(0.0, 0.0), (1.2, -1.4)])
def test_under_the_sun_overhead_a_hovering_plate_shades_what_is_below_it(lab, world, base):
    plate = {"mesh": lab.box((-0.6, -0.4, 1.0), (0.6, 0.4, 1.05)), "position": (*base, 0)}
    batch = above(
        lab, plate, light=(0, 0, 1), camera_position=(0, -6, 2.5), camera_up=(0, 0, 1), focal=(1.2, 1.2)
    )
    images = lab.render(batch)
    point = points(world, batch, images) - (*base, 0)
    inside = (np.abs(point[..., :2]) / (0.6, 0.4)).max(-1)
    floor = images.segmentation[0, ..., 0] == 0
    share = lit_share(lab, batch)
    assert (floor & (inside < 0.85)).sum() > 50
    assert share[floor & (inside < 0.85)].max() < 0.02
    assert share[floor & (inside > 1.2)].min() > 0.98


@pytest.mark.parametrize("size", [64, 224])
@pytest.mark.parametrize("light", [(0, 70), (45, 40), (200, 20), (100, 8)])
def test_a_shadow_touches_the_foot_of_what_casts_it(lab, world, size, light):
    """On the far side from the sun the floor is dark up to the box; rays cast here tell where."""
    direction = sun(*light)
    box = {"mesh": lab.box((-0.5, -0.5, 0), (0.5, 0.5, 0.6))}
    away = -direction[:2] / np.linalg.norm(direction[:2])
    batch = above(
        lab,
        box,
        light=direction,
        camera_position=(*(3 * away), 3),
        camera_up=(0, 0, 1),
        height=size,
        width=size,
        light_color=[[0.8 / direction[2]] * 3],
    )
    images = lab.render(batch)
    floor = images.segmentation[0, ..., 0] == 0
    point = points(world, batch, images)
    texel = 11.4 / (2 * size - 3)  # of the shadow map, which spans the floor
    beside = np.abs(point[..., :2]).max(-1) < 0.5 + 0.15
    low, high = (-0.5, -0.5, 0), (0.5, 0.5, 0.6)  # below the box the floor does not see the light either
    steps = [(x * texel, y * texel, 0) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    blocked = [np.isfinite(world.slab_hit(point + step, direction, low, high)) for step in steps]
    sure = floor & beside & np.all(blocked, axis=0)
    share = lit_share(lab, batch)
    assert sure.sum() >= 10
    assert share[sure].max() < 0.25


@pytest.mark.parametrize("elevation", [90, 50, 20, 8])
@pytest.mark.parametrize("shape", ["plane", "tilted", "sphere", "box"])
def test_nothing_shades_its_own_lit_side(lab, shape, elevation):
    """No acne: alone in the world, convex bodies have shadows only where the light grazes their facets."""
    mesh = {"plane": lab.plane(4), "tilted": lab.plane(2), "sphere": lab.sphere(), "box": lab.box()}[shape]
    turn = (0.2, 0.1, 0.0, 0.97) if shape in ("tilted", "box") else (0, 0, 0, 1)
    for azimuth in (10, 100, 230):
        direction = sun(azimuth, elevation)
        batch = lab.batch(
            {"mesh": mesh, "orientation": turn},
            light_direction=[direction],
            light_color=[(1, 1, 1)],
            height=128,
            width=128,
        )
        normals = lab.render(batch, shadows=False, normals=True).normals[0]
        share = lit_share(lab, batch)
        clearly = 0.2 if shape == "sphere" else 0.01  # flat faces are lit whole, however little
        lit = (normals @ direction > clearly) & ~np.isnan(share)
        assert share[lit].min(initial=1) > 0.97, direction


@pytest.mark.parametrize("view", ["near", "far"])
@pytest.mark.parametrize("light", [(0, 89), (30, 55), (160, 25), (280, 10)])
def test_shadows_fall_where_rays_to_the_light_are_blocked(lab, world, light, view):
    """A box above the floor: fully dark and fully lit, without speckles, but for a rim about the outline."""
    direction = sun(*light)
    low, high = np.array([-0.5, -0.3, 0.2]), np.array([0.4, 0.5, 0.7])
    eye = {"near": (2.5, -2.0, 2.2), "far": (50, -40, 44)}[view]
    zoom = {"near": 1.2, "far": 24.0}[view]
    batch = above(
        lab,
        {"mesh": lab.box(low, high)},
        light=direction,
        camera_position=eye,
        camera_up=(0, 0, 1),
        focal=(zoom, zoom),
        light_color=[[0.8 / direction[2]] * 3],
    )
    images = lab.render(batch)
    point = points(world, batch, images)
    towards = np.where(np.abs(direction) < 1e-9, 1e-12, direction)
    texel, tall = 11.4 / 640, direction[2]  # of the shadow map; on the floor it is longer away from the sun
    along = direction[:2] / max(np.linalg.norm(direction[:2]), 1e-9) * 1.5 * texel / tall
    across = np.array([-along[1], along[0]]) * tall + (along == 0) * 1.5 * texel
    steps = [np.append(x * along + y * across, 0) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    blocked = [np.isfinite(world.slab_hit(point + d, towards, low, high)) for d in steps]
    floor = images.segmentation[0, ..., 0] == 0
    share = lit_share(lab, batch)
    umbra, open_floor = floor & np.all(blocked, axis=0), floor & ~np.any(blocked, axis=0)
    assert umbra.sum() > 20 or light == (0, 89)
    assert share[umbra].max(initial=0) < 0.03
    assert share[open_floor].min() > 0.97


@pytest.mark.parametrize("elevation", [3, 6])
def test_a_floor_that_casts_has_no_shadow_on_it_when_the_sun_is_low(lab, elevation):
    batch = above(lab, light=sun(30, elevation), light_color=[[0.8 / np.sin(np.radians(elevation))] * 3])
    assert np.nanmin(lit_share(lab, batch)) > 0.97


def test_what_does_not_cast_has_no_shadow_but_receives_them(lab):
    def share(casts):
        plate = {"mesh": lab.box((-0.5, -0.5, 1), (0.5, 0.5, 1.1)), "casts": casts}
        return lit_share(lab, above(lab, plate, light=sun(0, 45)))

    assert np.nanmin(share(True)) < 0.02
    assert np.nanmin(share(False)) > 0.98


def test_what_is_out_of_sight_casts_shadows(lab, world):
    """The camera sees the floor only; the plate is behind it."""
    plate = {"mesh": lab.box((-3, -3, 3.0), (3, 3, 3.1))}
    batch = above(
        lab, plate, light=(0, 0, 1), camera_position=(0, 0, 2), camera_target=(0, 1, 0), camera_up=(0, 0, 1)
    )
    assert (lab.render(batch).segmentation[0, 160:, :, 0] == 0).all()
    assert lit_share(lab, batch)[160:].max() < 0.02
