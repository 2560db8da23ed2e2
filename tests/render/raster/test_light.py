"""Shading against closed forms: a ball's normals are known everywhere, so its whole image is."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.frames import HIDDEN, UNTEXTURED
from simfactor.render.shading import (
    Lighting,
    Surface,
    background,
    bytes_to_linear,
    shade,
    to_bytes,
    to_linear,
)

SUNS = [(0.0, 0.0, 1.0), (0.6, 0.0, 0.8), (-0.5, -0.7, 0.2), (0.3, 0.9, -0.4)]


def unit(vector):
    return np.asarray(vector, float) / np.linalg.norm(vector, axis=-1, keepdims=True)


def see_ball(world, batch):
    """Where the rays of pixels meet the unit ball at the origin: mask (H, W), normals and views (P, 3)."""
    eye, rays = world.rays(batch)
    a, b, c = (rays**2).sum(-1), rays @ eye, eye @ eye - 1.0
    inside = b**2 - a * c
    hit = inside > 0
    distance = (-b[hit] - np.sqrt(inside[hit])) / a[hit]
    return hit, eye + distance[:, None] * rays[hit], unit(-rays[hit])


def ball(lab, **fields):
    look = {name: fields.pop(name) for name in ("color", "specular", "roughness") if name in fields}
    return lab.batch(
        {"mesh": lab.sphere(), **look}, **{"camera_position": (0, -4, 1), "height": 96, **fields}
    )


def check(lab, world, batch, levels=2, **options):
    """rgb and depth of a ball against the closed form, except where the silhouette's facets show."""
    images = lab.render(batch, **options)
    hit, normal, view = see_ball(world, batch)
    sure = (normal * view).sum(-1) > 0.2
    count = len(normal)
    surface = Surface(
        np.broadcast_to(to_linear(batch.color[0, 0].astype(float)), (count, 3)),
        normal,
        view,
        np.full(count, batch.specular[0, 0], float),
        np.full(count, batch.roughness[0, 0], float),
    )
    expected = to_bytes(shade(surface, Lighting.of(batch, 0), np.ones(count)))
    off = np.abs(images.rgb[0][hit].astype(int) - expected).max(-1)[sure]
    assert sure.sum() > 1000
    assert off.max() <= levels


@pytest.mark.parametrize("sun", SUNS)
def test_a_ball_under_a_directional_light_is_lamberts(lab, world, sun):
    """albedo * (ambient + light * max(0, n . l)), worked out here, then sRGB."""
    batch = ball(
        lab, light_direction=[unit(sun)], light_color=[(0.8, 0.6, 0.4)], color=(0.9, 0.7, 0.5), width=96
    )
    hit, normal, view = see_ball(world, batch)
    sure = (normal * view).sum(-1) > 0.2
    linear = to_linear(np.array([0.9, 0.7, 0.5])) * (
        0.1 + np.array([0.8, 0.6, 0.4]) * np.maximum(normal @ unit(sun), 0)[:, None]
    )
    expected = 255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    got = lab.render(batch, shadows=False).rgb[0][hit]
    assert np.abs(got - expected)[sure].max() < 2
    assert np.abs(got - expected)[sure].mean() < 0.5


def test_lights_sky_ground_highlight_and_exposure_follow_the_model(lab, world):
    batch = ball(
        lab,
        color=(0.2, 0.5, 0.3),
        specular=0.3,
        roughness=0.4,
        light_direction=unit([(0.4, -0.6, 0.7), (-0.8, -0.5, 0.2), (0.1, 0.2, -0.9)]),
        light_color=[(0.5, 0.4, 0.3), (0.1, 0.2, 0.4), (0.3, 0.1, 0.1)],
        sky=(0.1, 0.2, 0.4),
        ground=(0.2, 0.1, 0.05),
        exposure=0.8,
        width=80,
        focal=(1.0, 1.5),
        principal_point=(0.45, 0.55),
    )
    check(lab, world, batch, shadows=False)


@pytest.mark.parametrize("roughness", [0.15, 0.3, 0.6, 1.0])
def test_highlights_follow_the_formula(lab, world, roughness):
    """On a black ball there is nothing else."""
    batch = ball(
        lab,
        color=(0, 0, 0),
        specular=0.02 + 0.5 * roughness**4,
        roughness=roughness,
        light_direction=[unit((0.5, -0.6, 0.6))],
        light_color=[(1, 1, 1)],
        width=96,
    )
    check(lab, world, batch, levels=3, shadows=False)


def test_two_lights_add_up_in_linear_light(lab):
    directions, colors = (
        unit([(0.4, -0.6, 0.7), (-0.8, -0.5, 0.2)]),
        np.array([[0.4, 0.3, 0.2], [0.1, 0.2, 0.4]]),
    )
    dark = {"sky": (0, 0, 0), "ground": (0, 0, 0)}
    both = lab.light(ball(lab, light_direction=directions, light_color=colors, **dark), shadows=False)
    alone = [
        lab.light(ball(lab, light_direction=directions[[k]], light_color=colors[[k]], **dark), shadows=False)
        for k in range(2)
    ]
    np.testing.assert_allclose(both, alone[0] + alone[1], atol=0.008)


def test_only_the_first_light_casts_shadows(lab):
    def picture(order, shadows):
        directions, colors = unit([(0.5, 0, 0.8), (-0.5, 0, 0.8)]), np.array([[0.6] * 3, [0, 0, 0]])
        batch = lab.batch(
            {"mesh": lab.plane(2)},
            {"mesh": lab.box(), "position": (0, 0, 0.8)},
            light_direction=directions[order],
            light_color=colors[order],
        )
        return lab.render(batch, shadows=shadows).rgb

    assert (picture([0, 1], True) != picture([0, 1], False)).any()
    np.testing.assert_array_equal(picture([1, 0], True), picture([1, 0], False))


def test_sky_and_ground_light_what_looks_at_them(lab):
    """Top of the box, its underside, its sides: the sky's colour, the ground's, their mean."""
    sky, ground = np.array([0.1, 0.3, 0.8]), np.array([0.5, 0.25, 0.1])
    for eye, expected in (((0, 0.01, 3), sky), ((0, 0.01, -3), ground), ((0, -3, 0), (sky + ground) / 2)):
        batch = lab.batch(
            {"mesh": lab.box()},
            camera_position=eye,
            camera_up=(0, 1, 0) if eye[2] else (0, 0, 1),
            light_color=[(0, 0, 0)],
            sky=sky,
            ground=ground,
        )
        light = lab.light(batch)[28:36, 28:36]
        np.testing.assert_allclose(light, np.broadcast_to(expected, light.shape), atol=0.006)


def test_exposure_scales_everything_in_linear_light(lab):
    batch = ball(lab, background=[(0.6, 0.5, 0.4), (0.3, 0.4, 0.5)], light_color=[(0.4, 0.4, 0.4)])
    once = lab.light(replace(batch, exposure=np.float32([0.5])))
    twice = lab.light(batch)
    np.testing.assert_allclose(twice, 2 * once, atol=0.009)


def test_the_background_is_blended_between_top_and_bottom_row(lab):
    batch = lab.batch(
        {"mesh": lab.plane()}, background=[(0.1, 0.9, 0.3), (0.8, 0.2, 0.5)], width=40, exposure=0.9
    )
    batch.mesh[0, 0] = HIDDEN
    expected = to_bytes(background(batch, 0))
    assert np.abs(lab.render(batch).rgb[0].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("shape", [(32, 64), (64, 64), (256, 256), (16, 16), (100, 75)])
def test_a_backdrop_fills_what_nothing_covers(lab, shape):
    """A smooth photograph, larger and smaller than the image, stretched over it and upright."""
    row, column = (np.arange(n) / n for n in shape)
    photograph = np.empty((*shape, 3), np.uint8)
    photograph[..., 0], photograph[..., 1], photograph[..., 2] = (
        40 + 180 * row[:, None],
        60 + 150 * column,
        90,
    )
    batch = lab.batch({"mesh": lab.sphere(8), "scale": (0.5, 0.5, 0.5)}, textures=(photograph,), backdrop=0)
    images = lab.render(batch)
    empty = np.isinf(images.depth[0])
    assert 0.2 < empty.mean() < 0.95
    inner = np.zeros_like(empty)
    inner[2:-2, 2:-2] = True
    expected = to_bytes(background(batch, 0)).astype(int)
    assert np.abs(images.rgb[0] - expected)[empty & inner].max() <= 5
    plain = lab.render(replace(batch, backdrop=np.int32([UNTEXTURED])))
    np.testing.assert_array_equal(images.rgb[0][~empty], plain.rgb[0][~empty])


def test_a_backdrops_edge_goes_on_to_the_border_of_the_image(lab):
    """White above, black below, smaller than the image: the top row is white, not blended with the bottom."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:8] = 255
    batch = lab.batch({"mesh": lab.plane()}, textures=(picture,), backdrop=0)
    batch.mesh[0, 0] = HIDDEN
    got, expected = lab.render(batch).rgb[0].astype(int), to_bytes(background(batch, 0))
    assert np.abs(got - expected).max() <= 2


def test_light_from_behind_a_surface_does_not_reach_it(lab):
    batch = lab.batch({"mesh": lab.plane(3)}, light_direction=[(0, 0.3, -0.9)])
    for shadows in (True, False):
        light = lab.light(batch, shadows=shadows)[40:]
        np.testing.assert_allclose(light, 0.1, atol=0.004)


def test_bytes_cover_the_whole_range(lab):
    """A ramp of light from black to white meets every byte's own colour, dark ones, too."""
    ramp = to_linear(np.arange(256) / 255.0)
    batch = lab.batch({"mesh": lab.plane(9)}, height=4, width=4)[np.zeros(256, int)]
    batch = replace(
        batch,
        light_color=np.zeros((256, 1, 3), np.float32),
        sky=np.float32(ramp)[:, None].repeat(3, 1),
        ground=np.zeros((256, 3), np.float32),
    )
    got = lab.render(batch).rgb[:, 3, 2, 0].astype(int)
    assert np.abs(got - np.arange(256)).max() <= 1
    assert bytes_to_linear(np.uint8(got)).tolist() == sorted(bytes_to_linear(np.uint8(got)).tolist())
