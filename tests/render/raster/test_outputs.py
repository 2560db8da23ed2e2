"""What comes back: arrays, normals, albedo, and tensors that share their memory."""

import numpy as np
import pytest

from simfactor.frames import HIDDEN
from simfactor.render.shading import to_bytes, to_linear

BOTH = {"normals": True, "albedo": True}


def test_outputs_are_those_asked_for(lab):
    batch = lab.random(0, 2)
    plain, full = lab.render(batch), lab.render(batch, **BOTH)
    assert plain.normals is None
    assert plain.albedo is None
    assert (full.rgb.shape, full.rgb.dtype) == ((2, 24, 32, 3), np.uint8)
    assert (full.depth.shape, full.depth.dtype) == ((2, 24, 32), np.float32)
    assert (full.segmentation.shape, full.segmentation.dtype) == ((2, 24, 32, 2), np.int32)
    assert (full.normals.shape, full.normals.dtype) == ((2, 24, 32, 3), np.float32)
    assert (full.albedo.shape, full.albedo.dtype) == ((2, 24, 32, 3), np.uint8)
    for name in ("rgb", "depth", "segmentation"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(full, name))
    one = lab.render(batch, albedo=True)
    assert one.normals is None
    np.testing.assert_array_equal(one.albedo, full.albedo)


def test_images_stay_what_they_are_when_others_are_rendered(lab):
    images = lab.render(lab.random(1))
    kept = images.rgb.copy()
    lab.render(lab.random(2))
    np.testing.assert_array_equal(images.rgb, kept)
    assert images.rgb.flags.writeable


@pytest.mark.parametrize("seed", range(4))
def test_normals_are_unit_vectors_towards_the_camera(lab, world, seed):
    batch = lab.random(seed)
    images = lab.render(batch, **BOTH)
    hit = np.isfinite(images.depth[0])
    normals = images.normals[0][hit]
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    _, rays = world.rays(batch)
    facing = -(normals * rays[hit]).sum(1) / np.linalg.norm(rays[hit], axis=1)
    assert facing.min() > -0.5  # smooth normals may lean away at the outline of a coarse ball
    assert (facing > 0).mean() > 0.98
    assert not images.normals[0][~hit].any()


def test_normals_are_those_of_the_surface(lab, world):
    """Of a ball, squeezed and turned: the gradient of its equation; of the floor: up."""
    turn = np.array([0.2, -0.3, 0.1, 0.9])
    turn /= np.linalg.norm(turn)
    scale, centre = np.array([0.9, 0.6, 0.4]), np.array([0.1, 0.2, 0.6])
    ball = {"mesh": lab.sphere(), "scale": scale, "orientation": turn, "position": centre}
    batch = lab.batch({"mesh": lab.plane(2)}, ball, height=96, width=96)
    images = lab.render(batch, normals=True)
    body = images.segmentation[0, ..., 0]
    assert np.abs(images.normals[0][body == 0] - (0, 0, 1)).max() < 1e-6
    eye, rays = world.rays(batch)
    x, y, z, w = turn
    matrix = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    point = eye + images.depth[0][body == 1][:, None] * rays[body == 1]
    outward = ((point - centre) @ matrix / scale**2) @ matrix.T
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert (outward * images.normals[0][body == 1]).sum(1).min() > np.cos(np.radians(3))


def test_flat_faces_have_flat_normals(lab):
    images = lab.render(
        lab.batch({"mesh": lab.box(), "orientation": (0, 0, 0.1, 0.99)}, camera_position=(2, -2, 2)), **BOTH
    )
    found = np.unique(np.round(images.normals[0][np.isfinite(images.depth[0])], 4), axis=0)
    assert len(found) == 3


def test_albedo_is_the_colour_without_light(lab):
    """Whatever the light; with a texture, what an even light of 1 makes of it."""
    textured = lab.random(5)
    bright = lab.batch({"mesh": lab.box(), "color": (0.2, 0.6, 0.8)}, light_color=[(0.01, 0.3, 0.1)])
    images = lab.render(bright, **BOTH)
    hit = np.isfinite(images.depth[0])
    assert (images.albedo[0][hit] == to_bytes(to_linear(np.array([0.2, 0.6, 0.8])))).all()
    assert not images.albedo[0][~hit].any()
    batch = textured
    for name, value in {"light_color": 0, "sky": 1, "ground": 1, "exposure": 1, "specular": 0}.items():
        batch = lab.altered(batch, name, slice(None), value)
    hit = np.isfinite(lab.render(batch).depth[0])
    np.testing.assert_array_equal(lab.render(batch).rgb[0][hit], lab.render(textured, **BOTH).albedo[0][hit])


def test_nothing_hit_is_nothing(lab):
    batch = lab.altered(lab.random(6), "mesh", slice(None), HIDDEN)
    images = lab.render(batch, **BOTH)
    assert np.isinf(images.depth).all()
    assert (images.depth > 0).all()
    assert (images.segmentation == -1).all()
    assert not images.normals.any()
    assert not images.albedo.any()


def test_segments_are_those_of_the_batch(lab):
    batch = lab.random(7)
    segment = np.int32([[9, -1], [4, 2], [4, 3], [9, 0], [2_000_000, 70]])
    before = lab.render(batch).segmentation[0]
    batch.segment[:] = segment
    after = lab.render(batch).segmentation[0]
    hit = before[..., 0] >= 0
    np.testing.assert_array_equal(after[hit], segment[before[hit][:, 0]])
    assert (after[~hit] == -1).all()


def test_supersampled_normals_and_albedo_are_0_where_nothing_is_hit(lab):
    images = lab.render(lab.batch({"mesh": lab.sphere()}), supersample=2, **BOTH)
    empty = np.isinf(images.depth)
    assert not images.normals[empty].any()
    assert not images.albedo[empty].any()


def test_supersampled_outputs_agree_away_from_edges(lab):
    batch = lab.batch(
        {"mesh": lab.plane(3)}, {"mesh": lab.box(), "position": (0, 0, 0.5), "color": (0.8, 0.2, 0.1)}
    )
    plain, fine = lab.render(batch, **BOTH), lab.render(batch, supersample=2, **BOTH)
    same = np.abs(plain.normals - fine.normals).max(-1) < 1e-5
    assert same.mean() > 0.93
    assert (plain.albedo == fine.albedo).all(-1).mean() > 0.93
    length = np.linalg.norm(fine.normals[np.isfinite(fine.depth)], axis=-1)
    np.testing.assert_allclose(length, 1, atol=1e-4)


@pytest.mark.parametrize("options", [{}, BOTH, {"supersample": 2}])
def test_tensors_are_the_images_in_the_same_memory(lab, options):
    torch = pytest.importorskip("torch")
    batch = lab.random(8, 3)
    renderer = lab.renderer(device="cpu", **options)
    tensors, images = renderer.render_tensors(batch), renderer.render(batch)
    wanted = {name: values for name, values in vars(images).items() if values is not None}
    assert tensors.keys() == wanted.keys()
    for name, values in wanted.items():
        tensor = tensors[name]
        assert isinstance(tensor, torch.Tensor)
        assert tensor.device.type == "cpu"
        np.testing.assert_array_equal(tensor.numpy(), values)
        tensor.numpy()[...] = 0
        assert not tensor.any()  # it is the array's own memory, and not the renderer's
    again = renderer.render(batch)
    for name, values in wanted.items():
        np.testing.assert_array_equal(getattr(again, name), values)
