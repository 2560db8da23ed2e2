"""Textures against homographies by OpenCV, and against the mean of many samples where they are far away."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from simfactor.render.shading import bytes_to_linear, to_bytes

MATT = {"light_color": [(0, 0, 0)], "sky": (1, 1, 1), "ground": (1, 1, 1)}  # the texture's own colours


def project(world, batch, point):
    """Pixel coordinates (column, row), whose centres are at .5, of world points (P, 3)."""
    eye, target = batch.camera_position[0].astype(float), batch.camera_target[0].astype(float)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, batch.camera_up[0])
    right /= np.linalg.norm(right)
    offset = np.asarray(point, float) - eye
    depth = offset @ forward
    focal, middle = batch.focal[0] * batch.height, batch.principal_point[0] * (batch.width, batch.height)
    down = np.cross(forward, right)
    return np.stack(
        [middle[0] + focal[0] * (offset @ right) / depth, middle[1] + focal[1] * (offset @ down) / depth], 1
    )


def checkers(squares, size):
    return (np.indices((size, size)) // (size // squares)).sum(0) % 2


def noise(size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def warped(world, batch, texture):
    """The texture (H, W, 3) in linear light on the square from (-1, -1) to (1, 1), by cv2.warpPerspective."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    # pixel and texel centres stand at whole numbers in OpenCV; v = 0 is the last row
    there = project(world, batch, corners) - 0.5
    side = texture.shape[0]
    here = np.array([[0, side], [side, side], [side, 0], [0, 0]]) - 0.5
    homography = cv2.getPerspectiveTransform(np.float32(here), np.float32(there))
    return cv2.warpPerspective(
        bytes_to_linear(texture), homography, (batch.width, batch.height), flags=cv2.INTER_LINEAR
    )


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"camera_position": (1.8, -1.2, 0.9), "camera_target": (0.2, 0, 0)},
        {"camera_position": (0.1, 0.2, 2.0), "camera_up": (0, 1, 0), "camera_target": (0, 0, 0)},
        {"camera_position": (-1, 1.5, 1.2), "camera_up": (0.3, 0.1, 1), "principal_point": (0.4, 0.6)},
    ],
)
def test_a_textured_plane_is_its_homography(lab, world, view):
    """Perspective-correct to a hundredth of a texel: noise of 16 texels a side, which pixels magnify."""
    texture = noise(16)
    batch = lab.batch(
        {"mesh": lab.plane(), "texture": 0}, textures=(texture,), height=224, width=260, **MATT, **view
    )
    seen = lab.light(batch)
    expected = warped(world, batch, texture)
    eye, rays = world.rays(batch)
    point = eye - (eye[2] / rays[..., 2])[..., None] * rays
    inner = (np.abs(point[..., :2]).max(-1) < 1 - 1.2 / 16) & (rays[..., 2] < 0)
    assert inner.sum() > 5000
    off = np.abs(seen - expected)[inner]
    assert np.median(off) < 0.003
    assert off.max() < 0.05  # OpenCV interpolates in steps of 1/32 texel


def test_uv_zero_is_the_lower_left_and_uvs_repeat(lab):
    texture = np.zeros((8, 8, 3), np.uint8)
    texture[:4, :4, 0] = texture[:4, 4:, 1] = texture[4:, :, 2] = 255
    top = {"camera_position": (0, 0, 4), "camera_up": (0, 1, 0), "focal": (2, 2), **MATT}
    for repeats in (1, 3):
        batch = lab.batch({"mesh": lab.plane(1, repeats), "texture": 0}, textures=(texture,), **top)
        seen = lab.render(batch).rgb[0].argmax(-1)
        step = 64 / repeats
        for k in range(repeats):
            low, high = int((k + 0.25) * step), int((k + 0.75) * step)
            assert (seen[low, low], seen[low, high], seen[high, low], seen[high, high]) == (0, 1, 2, 2)


def test_a_texture_is_multiplied_by_the_colour_in_linear_light(lab):
    batch = lab.batch({"mesh": lab.plane(), "texture": 0}, textures=(noise(8),), **MATT)
    tinted = replace(batch, color=np.float32([[(0.5, 0.9, 0.2)]]))
    expected = lab.light(batch) * bytes_to_linear(to_bytes(np.float32([0.2140, 0.7874, 0.0331])))
    np.testing.assert_allclose(lab.light(tinted), expected, atol=0.012)


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 64), (64, 64), (5, 7), (100, 300)],
)
def test_textures_of_any_size_keep_their_mean(lab, shape):
    """From so far that it is less than a pixel, every picture is its mean colour."""
    texture = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    batch = lab.batch(
        {"mesh": lab.plane(), "texture": 0},
        textures=(texture,),
        camera_position=(0, 0, 500),
        camera_up=(0, 1, 0),
        far=1e3,
        height=65,
        width=65,
        **MATT,
    )
    seen = lab.light(batch)[32, 32]
    np.testing.assert_allclose(seen, bytes_to_linear(texture).mean((0, 1)), atol=0.006)


def reference(world, batch, repeats, squares, samples=12):
    """The mean (H, W) over ``samples`` squared rays a pixel of a checkerboard floor from -20 to 20."""
    fine = replace(batch, height=batch.height * samples, width=batch.width * samples)
    eye, rays = world.rays(fine)
    with np.errstate(divide="ignore"):
        point = eye - (eye[2] / rays[..., 2])[..., None] * rays
    uv = (point[..., :2] / 20 + 1) / 2 * repeats * squares
    white = (np.floor(np.nan_to_num(uv, posinf=0, neginf=0)).sum(-1) + 1) % 2  # v grows against the rows
    outside = (np.abs(point[..., :2]).max(-1) > 20) | (rays[..., 2] >= 0)
    white[outside] = np.nan
    return white.reshape(batch.height, samples, batch.width, samples).mean((1, 3))


def test_a_distant_checkerboard_is_grey_not_noise(lab, world):
    """Towards the horizon the pattern fades into its mean, and nowhere is it far from what many rays see."""
    squares, repeats = 8, 25  # squares of 0.2 m
    board = (255 * checkers(squares, 64)[..., None].repeat(3, -1)).astype(np.uint8)
    batch = lab.batch(
        {"mesh": lab.plane(20, repeats), "texture": 0},
        textures=(board,),
        camera_position=(0.37, -19, 1.0),
        camera_target=(0.9, -14, 0),
        height=96,
        width=96,
        **MATT,
    )
    seen = lab.light(batch).mean(-1)
    truth = reference(world, batch, repeats, squares)
    known = ~np.isnan(truth)
    assert known.sum() > 6000
    assert np.abs(seen - truth)[known].mean() < 0.12
    far = known & np.isfinite(lab.render(batch).depth[0]) & (lab.render(batch).depth[0] > 12)
    near = known & (lab.render(batch).depth[0] < 4)
    assert far.sum() > 300
    assert seen[near].std() > 0.4
    assert seen[far].std() < 0.06
    np.testing.assert_allclose(seen[far].mean(), 0.5, atol=0.03)
    rows = np.flatnonzero(known.all(1))
    spread = seen[rows].std(1)
    thirds = [part.mean() for part in np.array_split(spread, 4)]
    assert thirds == sorted(thirds)  # from the horizon down


@pytest.mark.parametrize("slant", [0.0, 1.0])
def test_uvs_that_run_along_a_line_do_not_alias(lab, slant):
    """As on the rims of tables: 30 repeats along x, about one in a pixel, and v has none of its own."""
    plane = lab.plane()
    uvs = plane.uvs[:, :1] * np.float32([30.0, 30.0 * slant])
    batch = lab.batch(
        {"mesh": replace(plane, uvs=np.float32(uvs)), "texture": 0},
        textures=(np.repeat(noise(64)[:1], 64, axis=0),),
        height=32,
        width=32,
        camera_position=(0, 0, 3.1),
        camera_up=(0, 1, 0),
        focal=(1.5, 1.5),
        **MATT,
    )
    assert lab.light(batch)[4:-4, 4:-4].mean(-1).std() < 0.05


def test_a_texture_does_not_flicker_when_the_camera_moves_a_little(lab):
    """Fine noise at a distance: a shift by a third of a pixel hardly changes what is seen."""
    views = [
        lab.batch(
            {"mesh": lab.plane(2, 8), "texture": 0},
            textures=(noise(256),),
            camera_position=(0, -6, 4),
            principal_point=(0.5 + shift / 64, 0.5),
            **MATT,
        )
        for shift in (0, 0.33)
    ]
    images = [lab.render(view) for view in views]
    both = np.isfinite(images[0].depth[0]) & np.isfinite(images[1].depth[0])
    off = np.abs(bytes_to_linear(images[0].rgb[0]) - bytes_to_linear(images[1].rgb[0]))[both]
    assert both.sum() > 500
    assert off.mean() < 0.03


def test_a_ball_takes_its_texture_without_a_seam(lab):
    """Columns of the texture run once around; across the seam its last column meets its first."""
    ramp = np.abs((np.arange(64) + 0.5) / 32 - 1)
    texture = np.repeat(np.repeat((40 + 200 * ramp)[None, :, None], 32, 0), 3, 2).astype(np.uint8)
    batch = lab.batch(
        {"mesh": lab.sphere(), "texture": 0}, textures=(texture,), camera_position=(3, 0, 0), **MATT
    )
    row = lab.render(batch).rgb[0, 32, :, 0].astype(int)
    hit = np.flatnonzero(row)
    middle = row[hit[2:-2]]
    assert np.abs(np.diff(middle)).max() < 14
    np.testing.assert_allclose(middle, middle[::-1], atol=6)
