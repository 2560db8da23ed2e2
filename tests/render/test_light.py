"""The shading model, checked against values worked out by hand, and what the rasteriser's codes tell."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.frames import HIDDEN, Mesh
from simfactor.render.codes import LIGHT, decode_lambert
from simfactor.render.shading import (
    Lighting,
    Surface,
    bytes_to_linear,
    highlight,
    shade,
    shade_matt,
    to_bytes,
    to_linear,
)
from simfactor.render.shadow import light_directions
from simfactor.render.tiny import TinyRenderer

GROUND, BOX, BALL = 0, 1, 2
UP = (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def everything():
    with TinyRenderer(shadows=False, normals=True, albedo=True) as renderer:
        yield renderer


def linear(images, mask):
    """Mean linear rgb over a mask."""
    return bytes_to_linear(images.rgb[0][mask]).mean(axis=0)


def points_of(world, batch, images, mask):
    """World points (P, 3) of the pixels of a mask."""
    eye, rays = world.rays(batch)
    return eye + images.depth[0][mask][:, None] * rays[mask]


def random_surface(seed, count=200):
    rng = np.random.default_rng(seed)
    normal, view = rng.normal(size=(2, count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    return Surface(rng.random((count, 3)), normal, view, np.zeros(count), np.full(count, 0.5))


def test_the_cheap_path_is_the_full_model():
    surface, direction = random_surface(0), np.array([0.0, 0.6, 0.8])
    grey = np.full(3, 0.3)
    lighting = Lighting(direction[None], np.array([[0.9, 0.5, 0.2]]), grey, grey, 1.7)
    visible = np.random.default_rng(1).random(len(surface.albedo))
    lambert = np.maximum(surface.normal @ direction, 0)
    np.testing.assert_allclose(
        shade_matt(surface.albedo, lambert, visible, lighting), shade(surface, lighting, visible)
    )


def test_lights_add_up():
    surface = random_surface(2)._replace(specular=np.full(200, 0.4))
    directions, colors, black = np.eye(3), np.random.default_rng(3).random((3, 3)), np.zeros(3)
    visible = np.ones(200)
    together = shade(surface, Lighting(directions, colors, black, black, 1.0), visible)
    alone = [
        shade(surface, Lighting(directions[[k]], colors[[k]], black, black, 1.0), visible) for k in range(3)
    ]
    np.testing.assert_allclose(together, np.sum(alone, axis=0))


@pytest.mark.parametrize("roughness", [0.2, 0.5, 1.0])
def test_the_highlight_peaks_at_the_mirror_direction(roughness):
    """There n . h = 1 and D = 1 / roughness^4; away from it the lobe falls."""
    light = np.array([0.6, 0.0, 0.8])
    turns = np.linspace(-0.5, 0.5, 101)
    mirror = np.arctan2(-0.6, 0.8)
    view = np.stack([np.sin(mirror + turns), np.zeros(101), np.cos(mirror + turns)], axis=1)
    lobe = highlight(np.tile(UP, (101, 1)), view, light, np.full(101, roughness))
    np.testing.assert_allclose(lobe[50], (0.25 + 0.25 * roughness) / roughness**4)
    assert (np.diff(lobe[:51]) >= -1e-12).all()
    assert (np.diff(lobe[50:]) <= 1e-12).all()


def test_a_render_shows_the_highlight_of_the_formula(world, everything):
    """The ground is flat: each pixel's value follows from its place, the camera and the light."""
    batch = world.changed(
        GROUND, specular=0.6, roughness=0.35, color=(0.1, 0.1, 0.1), mesh=GROUND, position=(0, 0, 0)
    )
    batch.mesh[0, [BOX, BALL]] = HIDDEN
    batch.light_direction[0, 0] = light = np.array([-0.5, 0.4, np.sqrt(1 - 0.41)])
    images = everything.render(batch)
    mask = world.mask(images, GROUND)
    view = batch.camera_position[0] - points_of(world, batch, images, mask)
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    half = (light + view) / np.linalg.norm(light + view, axis=1, keepdims=True)
    a = 0.35**2
    distribution = a**2 / (half[:, 2] ** 2 * (a**2 - 1) + 1) ** 2
    reaching = 0.7 * light[2]
    albedo = to_linear(np.array(0.1))
    expected = albedo * (0.2 + reaching) + 0.6 * reaching * (0.35 * 0.25 + 0.25) * distribution
    assert expected.max() > 3 * expected.min()
    difference = images.rgb[0][mask].astype(int) - to_bytes(expected)[:, None]
    assert np.abs(difference).max() <= 1


def test_sky_and_ground_light_the_faces_that_look_at_them(world, everything):
    """The top of the box has the sky's colour, its underside the ground's, its sides their mean."""
    sky, ground = np.array([0.1, 0.3, 0.8]), np.array([0.5, 0.25, 0.1])
    dark = {"sky": sky, "ground": ground, "light_color": (0, 0, 0), "mesh": [HIDDEN, BOX, HIDDEN]}
    dark["color"] = [(1, 1, 1)] * 3
    for height, up, expected in ((2.0, 2, sky), (-1.5, -2, ground)):
        batch = world.changed(
            camera_position=(0.25, 0.2, height), camera_target=(0.25, 0.2, 0), camera_up=(0, 1, 0), **dark
        )
        images = everything.render(batch)
        flat = images.normals[0] @ (0, 0, np.sign(up)) > 0.99
        assert flat.sum() > 50
        np.testing.assert_allclose(linear(images, flat), expected, atol=0.006)
    images = everything.render(world.changed(**dark))
    side = (np.abs(images.normals[0, ..., 2]) < 0.01) & world.mask(images, BOX)
    assert side.sum() > 50
    np.testing.assert_allclose(linear(images, side), (sky + ground) / 2, atol=0.006)


def test_two_lights_add_up_in_linear_light(world):
    black = {"ambient": (0, 0, 0)}
    directions = np.array([[0.4, -0.5, 0.8], [-0.6, 0.2, 0.7]])
    colors = np.array([[0.4, 0.3, 0.2], [0.1, 0.2, 0.4]])
    both = world.changed(light_direction=directions, light_color=colors, **black)
    alone = [world.changed(light_direction=directions[k], light_color=colors[k], **black) for k in range(2)]
    images = [world.render(batch, shadows=False) for batch in (both, *alone)]
    hit = np.isfinite(images[0].depth[0])
    light = [bytes_to_linear(image.rgb[0][hit]) for image in images]
    np.testing.assert_allclose(light[0], light[1] + light[2], atol=0.008)


def test_only_the_first_light_casts_shadows(world):
    batch = world.changed(
        light_direction=[(0.4, -0.5, 0.8), (-0.8, 0, 0.6)], light_color=[(0, 0, 0), (0.7, 0.7, 0.7)]
    )
    np.testing.assert_array_equal(world.render(batch).rgb, world.render(batch, shadows=False).rgb)


def test_exposure_doubles_linear_light_of_surfaces_and_background(world):
    once = bytes_to_linear(world.render(world.changed(exposure=0.3)).rgb)
    twice = bytes_to_linear(world.render(world.changed(exposure=0.6)).rgb)
    np.testing.assert_allclose(twice, 2 * once, atol=0.008)


def test_the_background_runs_from_top_to_bottom_in_linear_light(world):
    colors = np.array([[0.1, 0.9, 0.3], [0.8, 0.2, 0.5]])
    picture = world.render(world.changed(background=colors, mesh=HIDDEN)).rgb[0]
    share = ((np.arange(64) + 0.5) / 64)[:, None]
    expected = to_linear(colors[0]) * (1 - share) + to_linear(colors[1]) * share
    np.testing.assert_array_equal(picture, np.broadcast_to(to_bytes(expected)[:, None], (64, 64, 3)))


def test_a_backdrop_fills_the_image_behind_everything(world):
    photograph = np.random.default_rng(0).integers(0, 256, (32, 64, 3), dtype=np.uint8)
    photograph[:16] //= 4
    batch = world.changed(backdrop=0, textures=(photograph,))
    images, plain = world.render(batch), world.render(world.base)
    empty = np.isinf(images.depth[0])
    np.testing.assert_array_equal(images.rgb[0][~empty], plain.rgb[0][~empty])
    alone = world.render(replace(batch, mesh=np.full((1, 3), HIDDEN, np.int32)))
    np.testing.assert_array_equal(images.rgb[0][empty], alone.rgb[0][empty])
    # twice as high as the photograph: row 2k + 1 lies a quarter of the way from its row k to row k + 1
    texels = bytes_to_linear(photograph)
    expected = to_bytes(texels[:-1] * 0.75 + texels[1:] * 0.25)
    np.testing.assert_allclose(alone.rgb[0][1:-1:2], expected, atol=1)  # ties are rounded either way
    small = world.render(replace(batch, mesh=np.full((1, 3), HIDDEN, np.int32), height=32, width=64))
    np.testing.assert_array_equal(small.rgb[0], photograph)
    tiny = world.render(replace(batch, mesh=np.full((1, 3), HIDDEN, np.int32), height=8, width=16))
    mean = texels.reshape(8, 4, 16, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(tiny.rgb[0], to_bytes(mean), atol=1)


def test_normals_and_albedo_are_those_of_the_surfaces(world, everything):
    batch = world.changed(BALL, scale=(0.5, 0.4, 0.25))
    images = everything.render(batch)
    assert images.normals.dtype == np.float32
    assert images.albedo.dtype == np.uint8
    empty = np.isinf(images.depth[0])
    assert not images.normals[0][empty].any()
    assert not images.albedo[0][empty].any()
    np.testing.assert_allclose(np.linalg.norm(images.normals[0][~empty], axis=-1), 1, atol=1e-5)
    assert np.abs(images.normals[0][world.mask(images, GROUND)] - UP).max() < 1e-5
    for instance, colour in ((GROUND, (153, 153, 153)), (BOX, (204, 26, 26)), (BALL, (255, 255, 255))):
        # 26 is 25.5 rounded, and processors differ in the last bit of a power
        assert np.abs(images.albedo[0][world.mask(images, instance)].astype(int) - colour).max() <= 1
    ball = world.mask(images, BALL)
    outwards = (points_of(world, batch, images, ball) - batch.position[0, BALL]) / batch.scale[0, BALL] ** 2
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    assert (images.normals[0][ball] * outwards).sum(axis=1).min() > np.cos(np.radians(2))


def test_surfaces_have_two_sides(world, everything):
    """The ground from below is the ground lit from below, whichever way its faces turn."""
    below = {"camera_position": (1.3, -0.9, -1.1), "mesh": [GROUND, HIDDEN, HIDDEN]}
    batch = world.changed(light_direction=(0, 0, -1), **below)
    images = everything.render(batch)
    mask = world.mask(images, GROUND)
    assert mask.sum() > 1000
    assert np.abs(images.normals[0][mask] + UP).max() < 1e-5
    expected = to_bytes(to_linear(np.array(0.6)) * np.array(0.9))
    assert (images.rgb[0][mask] == expected).all()
    ground, *others = batch.meshes
    turned = Mesh(ground.vertices, ground.normals, ground.uvs, ground.faces[:, ::-1])
    np.testing.assert_array_equal(
        world.render(replace(batch, meshes=(turned, *others))).rgb, world.render(batch).rgb
    )


def test_directions_to_a_wide_light_fill_its_disc():
    centre = np.array([0.48, -0.6, 0.64])
    directions = light_directions(centre, 0.2)
    angle = np.arccos(directions @ centre)
    assert angle.max() < 0.1
    assert angle.max() > 0.09
    np.testing.assert_allclose(np.mean(angle**2), 0.1**2 / 2, rtol=0.02)
    np.testing.assert_allclose(directions.mean(axis=0), centre, atol=0.005)
    np.testing.assert_array_equal(light_directions(centre, 0.0), [centre])


def test_the_light_code_tells_the_cosine_to_a_millionth():
    """The bytes that a rasteriser leaves of 255 * (1 - gain * cosine): no fraction, the low eight bits."""
    cosine = np.concatenate([[0.0, 1.0], np.random.default_rng(0).random(10_000)])
    levels = 255 * (1 + cosine[:, None] * LIGHT)
    got = decode_lambert(np.trunc(levels).astype(np.int64).astype(np.uint8))
    np.testing.assert_allclose(got, cosine, atol=1e-6)
    assert got[:2].tolist() == [0, 1]
