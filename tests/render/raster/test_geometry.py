"""What pixels see and how far it is, against rays: lenses, the near plane, mirrors, two-sided surfaces."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.frames import Mesh
from simfactor.render.shading import to_bytes, to_linear


def floor_depth(world, batch):
    """Depth (H, W) of the plane z = 0, inf where a ray does not meet it."""
    eye, rays = world.rays(batch)
    with np.errstate(divide="ignore"):
        depth = -eye[2] / rays[..., 2]
    return np.where(depth > 0, depth, np.inf)


@pytest.mark.parametrize(
    "view",
    [
        {"camera_position": (0, 0, 0.5), "camera_target": (1, 0.3, 0.3)},
        {"camera_position": (5, -3, 0.02), "camera_target": (6, -3, 0.02)},
        {"camera_position": (0.3, 0.1, 2), "camera_target": (0.3, 0.2, 0)},
        {"camera_position": (0, 0, 1), "camera_target": (1, 1, 0.9), "camera_up": (0.4, 0.1, 0.7)},
        {"camera_position": (40, 40, 3), "camera_target": (0, 0, 0), "focal": (0.3, 0.4)},
    ],
)
@pytest.mark.parametrize("near", [0.005, 0.6])
def test_a_floor_that_passes_behind_the_camera_is_cut_at_the_near_plane(lab, world, view, near):
    """A square of 200 m in two triangles: everywhere the closed-form depth, from ``near`` on."""
    batch = lab.batch({"mesh": lab.plane(100)}, near=near, far=150.0, height=70, width=90, **view)
    depth = lab.render(batch).depth[0]
    expected = floor_depth(world, batch)
    eye, rays = world.rays(batch)
    point = eye + np.where(np.isfinite(expected), expected, 0)[..., None] * rays
    inside = (np.abs(point[..., :2]).max(-1) < 99.9) & (expected < 149)
    seen = inside & (expected > near * 1.001)
    assert seen.sum() > 200
    np.testing.assert_allclose(depth[seen], expected[seen], rtol=2e-4)
    assert np.isinf(depth[expected < near * 0.999]).all()
    assert np.isinf(depth[np.isinf(expected)]).all()
    assert depth.min() >= near * (1 - 1e-6)


def test_a_floor_with_a_corner_close_to_the_eye_keeps_its_depth(lab, world):
    """The corner (-3, -3) is 4 cm in front of the camera, sideways, and so is drawn without clipping."""
    view = {"camera_position": (0.182, -2.08, 1.596), "camera_target": (0.278, 0.235, 0)}
    batch = lab.batch({"mesh": lab.plane(3)}, height=24, width=32, **view)
    depth = lab.render(batch).depth[0]
    hit = np.isfinite(depth)
    np.testing.assert_allclose(depth[hit], floor_depth(world, batch)[hit], rtol=5e-5)


@pytest.mark.parametrize("seed", range(6))
def test_triangles_across_the_near_plane_are_cut_not_lost(lab, world, seed):
    """Random triangles about the camera, against rays that meet them (Moeller & Trumbore 1997)."""
    corners = np.random.default_rng(seed).normal(size=(3, 3)) * 1.5
    mesh = Mesh(
        np.float32(corners), np.zeros((3, 3), np.float32), np.zeros((3, 2), np.float32), np.int32([[0, 1, 2]])
    )
    batch = lab.batch(
        {"mesh": mesh}, camera_position=(0, 0, 0), camera_target=(1, 0.2, -0.1), focal=(0.3, 0.3), near=0.1
    )
    eye, rays = world.rays(batch)
    a, b, c = corners.astype(np.float32).astype(float)
    across = np.cross(rays, c - a)
    determinant = across @ (b - a)
    u = (across @ (eye - a)) / determinant
    q = np.cross(eye - a, b - a)
    v, depth = (rays @ q) / determinant, ((c - a) @ q) / determinant
    margin = np.minimum(np.minimum(u, v), 1 - u - v)
    images = lab.render(batch)
    hit = np.isfinite(images.depth[0])
    expected = (margin > 1e-4) & (depth > 0.1001)
    clear = (np.abs(margin) > 1e-4) & (np.abs(depth - 0.1) > 1e-4)
    np.testing.assert_array_equal(hit[clear], expected[clear])
    np.testing.assert_allclose(images.depth[0][hit & expected], depth[hit & expected], rtol=1e-3)


def test_from_within_a_box_its_walls_are_seen(lab, world):
    low, high = np.array([-1.0, -0.5, -0.8]), np.array([0.7, 0.9, 0.6])
    batch = lab.batch(
        {"mesh": lab.box(low, high)},
        camera_position=(0.1, 0, 0),
        camera_target=(0.6, 0.7, 0.1),
        focal=(0.4, 0.4),
    )
    eye, rays = world.rays(batch)
    leave = np.maximum((low - eye) / rays, (high - eye) / rays).min(-1)
    np.testing.assert_allclose(lab.render(batch).depth[0], leave, rtol=1e-4)


@pytest.mark.parametrize(
    "lens",
    [
        {"height": 48, "width": 80},
        {"height": 60, "width": 50, "focal": (0.9, 1.3), "principal_point": (0.37, 0.81)},
        {"height": 33, "width": 31, "focal": (2.1, 2.0), "principal_point": (0.6, 0.2)},
        {"height": 64, "width": 64, "focal": (1.5, 1.5), "principal_point": (1.4, 0.5)},
    ],
)
def test_pixels_are_rays_through_their_centres(lab, world, lens):
    """Half a pixel of shift, or a mistaken focal length, would fail this."""
    low, high = np.array([-0.6, -0.4, 0.0]), np.array([0.5, 0.7, 0.6])
    batch = lab.batch(
        {"mesh": lab.plane(5)}, {"mesh": lab.box(low, high)}, camera_position=(1.7, -2.0, 1.9), **lens
    )
    images = lab.render(batch)
    eye, rays = world.rays(batch)
    box, floor = world.slab_hit(eye, rays, low, high), floor_depth(world, batch)
    point = eye + np.where(np.isfinite(floor), floor, 0)[..., None] * rays
    floor[np.abs(point[..., :2]).max(-1) > 5] = np.inf
    expected = np.where(np.isinf(np.minimum(box, floor)), -1, np.where(box < floor, 1, 0))
    assert (images.segmentation[0, ..., 0] != expected).sum() <= 2
    same = images.segmentation[0, ..., 0] == expected
    np.testing.assert_allclose(images.depth[0][same], np.minimum(box, floor)[same], rtol=1e-4)


def test_the_principal_point_moves_the_image_by_whole_pixels(lab):
    spots = [
        {"mesh": lab.sphere(12), "scale": (0.2, 0.2, 0.2), "position": (x, y, 0.3)}
        for x, y in ((0, 0), (0.5, 0.4))
    ]
    before = lab.batch({"mesh": lab.plane()}, *spots)
    after = replace(before, principal_point=np.float32([[0.5 + 5 / 64, 0.5 + 3 / 64]]))
    a, b = lab.render(before).segmentation[0], lab.render(after).segmentation[0]
    assert (b[3:, 5:] != a[:-3, :-5]).mean() < 0.002


def test_surfaces_have_two_sides(lab):
    """The square from below is lit from below, whichever way its faces and normals turn."""
    plane = lab.plane(2)
    pictures = []
    for normals, faces in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        mesh = Mesh(plane.vertices, plane.normals * np.float32(normals), plane.uvs, plane.faces[:, ::faces])
        batch = lab.batch(
            {"mesh": mesh, "color": (0.6, 0.6, 0.6)},
            camera_position=(0.5, -1, -2),
            light_direction=[(0, 0, -1)],
            sky=(0, 0, 0),
        )
        images = lab.render(batch, normals=True)
        hit = np.isfinite(images.depth[0])
        assert np.abs(images.normals[0][hit] - (0, 0, -1)).max() < 1e-5
        pictures.append(images.rgb)
        expected = to_bytes(to_linear(np.array(0.6)) * np.array(0.8))
        assert np.abs(images.rgb[0][hit].astype(int) - expected).max() <= 1
    for other in pictures[1:]:
        np.testing.assert_array_equal(other, pictures[0])


@pytest.mark.parametrize("scale", [(-1, 1, 1), (1, -0.7, 1), (-1, -1, -1), (0.5, 1.5, -1)])
def test_a_negative_scale_mirrors(lab, scale):
    """A mesh without symmetry, mirrored by its scale and by hand: the same picture."""
    scale = np.float32(scale)
    ball = lab.sphere(30)
    bent = Mesh(
        ball.vertices + np.float32([0.3, 0.1, 0.2]) * ball.vertices[:, :1] ** 2,
        ball.normals,
        ball.uvs,
        ball.faces,
    )
    outward = bent.normals / scale
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    by_hand = Mesh(bent.vertices * scale, outward, bent.uvs, bent.faces)
    light = {"light_direction": [(0.5, -0.4, 0.77)]}
    turned = {"orientation": (0.1, 0.2, 0.3, 0.9)}
    mirrored = lab.batch({"mesh": bent, "scale": scale, **turned}, **light)
    expected = lab.render(lab.batch({"mesh": by_hand, **turned}, **light), normals=True)
    got = lab.render(mirrored, normals=True)
    assert (got.segmentation != expected.segmentation).any(-1).mean() < 0.001
    both = np.isfinite(got.depth) & np.isfinite(expected.depth)
    np.testing.assert_allclose(got.normals[both], expected.normals[both], atol=0.03)
    off = np.abs(got.rgb.astype(int) - expected.rgb).max(-1)
    assert (off > 4).mean() < 0.003


def test_nearer_surfaces_hide_those_behind_whatever_their_order(lab):
    """Stacked squares, drawn in both orders; equal depths go to the first instance."""
    squares = [{"mesh": lab.plane(), "position": (0.2 * k, 0, 0.3 * k)} for k in range(4)]
    view = {"camera_position": (0, 0, 5), "camera_up": (0, 1, 0)}
    forth, back = (lab.render(lab.batch(*order, **view)) for order in (squares, squares[::-1]))
    there = forth.segmentation[0, ..., 0]
    np.testing.assert_array_equal(there, np.where(there < 0, -1, 3 - back.segmentation[0, ..., 0]))
    np.testing.assert_array_equal(forth.depth, back.depth)
    assert set(np.unique(there)) == {-1, 0, 1, 2, 3}
    twice = lab.render(lab.batch(squares[0], squares[0], **view)).segmentation[0, ..., 0]
    assert set(np.unique(twice)) == {-1, 0}


def test_no_ray_slips_between_neighbouring_triangles(lab):
    """A closed ball before a wall: from any angle no pixel within its outline shows the wall."""
    for k in range(12):
        turn = np.random.default_rng(k).normal(size=4)
        batch = lab.batch(
            {"mesh": lab.sphere(40), "orientation": turn},
            camera_position=(0.1 * k, -2.5, 0.3),
            width=96,
            height=96,
        )
        mask = np.isfinite(lab.render(batch).depth[0])
        rows = np.flatnonzero(mask.any(1))
        for row in mask[rows]:
            inside = np.flatnonzero(row)
            assert row[inside[0] : inside[-1] + 1].all()


def test_what_is_farther_than_far_is_not_drawn(lab, world):
    batch = lab.batch({"mesh": lab.plane(50)}, far=6.0)
    depth = lab.render(batch).depth[0]
    expected = floor_depth(world, batch)
    assert np.isinf(depth[expected > 6.001]).all()
    assert np.isfinite(depth[expected < 5.999]).all()
