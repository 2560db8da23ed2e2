"""What must not change, and what must change how, when one thing does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.frames import APPEARANCE, HIDDEN
from simfactor.render.shading import bytes_to_linear

few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32 - 1)
directions = st.tuples(st.floats(0, 6.3), st.floats(-0.3, 1.57)).map(
    lambda a: (np.cos(a[0]) * np.cos(a[1]), np.sin(a[0]) * np.cos(a[1]), np.sin(a[1]))
)


@few
@given(seeds, directions)
def test_moving_the_light_leaves_depth_segments_normals_and_albedo(lab, seed, direction):
    before = lab.random(seed)
    light = before.light_direction.copy()
    light[0, 0] = direction
    options = {"normals": True, "albedo": True}
    a, b = (lab.render(batch, **options) for batch in (before, replace(before, light_direction=light)))
    for name in ("depth", "segmentation", "normals", "albedo"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@few
@given(seeds, seeds)
def test_appearance_never_changes_masks(lab, seed, other):
    before, looks = lab.random(seed), lab.random(other)
    a, b = lab.render(before), lab.render(replace(before, **{n: getattr(looks, n) for n in APPEARANCE}))
    np.testing.assert_array_equal(a.segmentation, b.segmentation)
    np.testing.assert_array_equal(a.depth, b.depth)


@few
@given(seeds, st.floats(0.1, 1.0))
def test_light_is_linear(lab, seed, share):
    """All lights at ``share`` of their intensity: so is the linear radiance of every surface."""
    full = replace(lab.random(seed), exposure=np.float32([0.6]))
    less = replace(
        full, **{name: getattr(full, name) * np.float32(share) for name in ("light_color", "sky", "ground")}
    )
    images = lab.render(full)
    surface = np.isfinite(images.depth[0]) & (images.rgb[0].max(-1) < 255)
    a, b = (bytes_to_linear(image.rgb[0][surface]) for image in (images, lab.render(less)))
    np.testing.assert_allclose(b, share * a, atol=0.01)


@few
@given(seeds, st.integers(1, 4))  # without the floor the shadow map would be a finer one
def test_a_hidden_instance_takes_its_pixels_and_its_shadow(lab, seed, instance):
    batch = lab.random(seed)
    mesh = batch.mesh.copy()
    mesh[0, instance] = HIDDEN
    hidden = replace(batch, mesh=mesh)
    for shadows in (False, True):
        before, after = lab.render(batch, shadows=shadows), lab.render(hidden, shadows=shadows)
        own = before.segmentation[0, ..., 0] == instance
        assert not (after.segmentation[0, ..., 0] == instance).any()
        np.testing.assert_array_equal(before.depth[0][~own], after.depth[0][~own])
        np.testing.assert_array_equal(before.segmentation[0][~own], after.segmentation[0][~own])
        assert (after.depth[0][own] >= before.depth[0][own]).all()
        change = after.rgb[0].astype(int)[~own] - before.rgb[0][~own]
        if not shadows:
            assert not change.any()
        # with shadows the others gain light; where the shadow map is laid anew, edges may move by a texel
        assert (change < -8).any(-1).mean() < 0.05


@few
@given(seeds, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_a_world_of_another_size_looks_the_same(lab, seed, size):
    """Everything times a power of two, shadows aside: equal labels and rgb, depth times it."""
    batch = lab.random(seed)
    lengths = ("position", "scale", "camera_position", "camera_target")
    scaled = {name: getattr(batch, name) * np.float32(size) for name in lengths}
    scaled = replace(batch, **scaled, near=batch.near * size, far=batch.far * size)
    a, b = lab.render(batch, shadows=False), lab.render(scaled, shadows=False)
    np.testing.assert_array_equal(a.segmentation, b.segmentation)
    np.testing.assert_allclose(b.depth, size * a.depth, rtol=1e-6)
    assert (np.abs(a.rgb.astype(int) - b.rgb) > 1).mean() < 0.002


@few
@given(seeds, st.floats(-5, 5), st.floats(-5, 5))
def test_a_world_elsewhere_looks_the_same(lab, seed, x, y):
    batch = lab.random(seed)
    offset = np.float32([x, y, 0])
    moved = {n: getattr(batch, n) + offset for n in ("position", "camera_position", "camera_target")}
    a, b = lab.render(batch, shadows=False), lab.render(replace(batch, **moved), shadows=False)
    same = (a.segmentation == b.segmentation).all(-1)
    assert same.mean() > 0.995
    both = same & np.isfinite(a.depth)
    assert (np.abs(a.depth[both] / b.depth[both] - 1) > 2e-3).mean() < 0.01


def test_depth_grows_as_the_camera_backs_away(lab):
    """The pixel that looks at the target always sees the same point, farther and farther."""
    distances = np.arange(2, 9)
    depth = [
        lab.render(lab.batch({"mesh": lab.plane(9)}, camera_position=(0, 0, d), camera_up=(0, 1, 0))).depth[
            0, 32, 32
        ]
        for d in distances
    ]
    np.testing.assert_allclose(depth, distances, rtol=1e-6)


def inner(labels, steps=2):
    """Pixels (H, W) whose neighbourhood has one label."""
    kept = np.ones(labels.shape[:2], bool)
    for dy in range(-steps, steps + 1):
        for dx in range(-steps, steps + 1):
            kept &= (labels == np.roll(labels, (dy, dx), (0, 1))).all(-1)
    return kept


@pytest.mark.parametrize("samples", [2, 3, 4])
def test_supersampling_changes_edges_only(lab, samples):
    """Boxes under ambient light are flat colours: away from edges nothing changes, at edges they mix."""
    boxes = [
        {"mesh": lab.box(), "position": (x, x / 2, 0.4), "color": color, "orientation": (0.1, 0.2, x, 0.9)}
        for x, color in ((-0.7, (0.9, 0.2, 0.1)), (0.6, (0.1, 0.8, 0.3)))
    ]
    batch = lab.batch(
        {"mesh": lab.plane(2), "color": (0.5, 0.5, 0.6)}, *boxes, background=[(0.1, 0.1, 0.9)] * 2
    )
    batch = replace(
        batch, light_color=np.zeros((1, 1, 3), np.float32), sky=batch.sky * 8, ground=batch.ground * 8
    )
    plain, smooth = lab.render(batch), lab.render(batch, supersample=samples)
    sure = inner(plain.segmentation[0])
    assert sure.sum() > 1000
    np.testing.assert_array_equal(plain.rgb[0][sure], smooth.rgb[0][sure])
    np.testing.assert_array_equal(plain.segmentation[0][sure], smooth.segmentation[0][sure])
    np.testing.assert_allclose(plain.depth[0][sure], smooth.depth[0][sure], rtol=0.05)
    assert (plain.segmentation == smooth.segmentation).all(-1).mean() > 0.97
    colors = len(np.unique(plain.rgb.reshape(-1, 3), axis=0))
    assert len(np.unique(smooth.rgb.reshape(-1, 3), axis=0)) > 3 * colors


def test_an_edge_mixes_its_sides_by_area_in_linear_light(lab):
    """A white square on black: linear light adds up to its area, the better the more samples there are."""
    bright = {"sky": (1, 1, 1), "ground": (1, 1, 1), "light_color": [(0, 0, 0)]}
    view = {"camera_position": (0, 0, 3), "camera_up": (0.3, 1, 0), "focal": (1, 1)}
    batch = lab.batch({"mesh": lab.plane(0.71)}, **bright, **view)
    area = (2 * 0.71 * 64 / 3) ** 2
    assert abs(lab.light(batch, supersample=4)[..., 0].sum() / area - 1) < 0.004
    tones = np.unique(lab.render(batch, supersample=2).rgb)
    expected = np.round(255 * (1.055 * (np.arange(5) / 4) ** (1 / 2.4) - 0.055))
    assert set(tones.tolist()) <= {0, *expected[1:].astype(int).tolist()}
    assert len(tones) == 5
