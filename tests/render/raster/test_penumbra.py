"""Soft shadows against the share of the light's disc that a straight edge leaves to be seen."""

import numpy as np
import pytest

from simfactor.render.shading import bytes_to_linear

BLACK = {"sky": (0, 0, 0), "ground": (0, 0, 0), "light_color": [(1, 1, 1)]}


def edge(lab, world, height, softness, **options):
    """x (P,) of points on the floor and the share of the light there; above x < 0 hovers a wide plate."""
    batch = lab.batch(
        {"mesh": lab.plane(2)},
        {"mesh": lab.box((-2, -2, height), (0, 2, height + 0.01))},
        light_softness=softness,
        camera_position=(0.3, -1.2, 0.25),
        camera_target=(0, -0.4, 0),
        focal=(0.8, 0.8),
        height=160,
        width=160,
        **BLACK,
    )
    images = lab.render(batch, **options)
    eye, rays = world.rays(batch)
    floor = images.segmentation[0, ..., 0] == 0
    point = eye + images.depth[0][floor][:, None] * rays[floor]
    inner = np.abs(point[:, :2]).max(1) < 1.0
    return point[inner, 0], bytes_to_linear(images.rgb[0][floor]).mean(-1)[inner]


def profile(x, share, radius):
    """Mean share (40,) in bins of x from -2 to 2 radii, and the bins' centres."""
    bins = np.linspace(-2, 2, 41) * radius
    where = np.digitize(x, bins)
    kept = [k for k in range(1, 41) if (where == k).any()]
    centre = (bins[1:] + bins[:-1]) / 2
    return centre[[k - 1 for k in kept]], np.array([share[where == k].mean() for k in kept])


def width_of(x, share, radius):
    """Distance between the places with a tenth and with nine tenths of the light, and where half of it is."""
    at, mean = profile(x, share, radius)
    low, middle, high = np.interp([0.1, 0.5, 0.9], np.maximum.accumulate(mean), at)
    return high - low, middle


@pytest.mark.parametrize("height", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("softness", [0.15, 0.4])
def test_an_edge_leaves_a_part_of_the_disc(lab, world, height, softness):
    x, share = edge(lab, world, height, softness)
    radius = height * np.tan(softness / 2)
    t = np.clip(x / radius, -1, 1)
    expected = 0.5 + (t * np.sqrt(1 - t**2) + np.arcsin(t)) / np.pi
    half_lit = np.abs(x) < 1.3 * radius
    assert half_lit.sum() > 500
    off = (share - expected)[half_lit]
    assert np.abs(off).max() < 0.11
    assert np.abs(off).mean() < 0.04
    assert abs(off.mean()) < 0.025  # nothing gets darker or lighter on the whole
    assert (share[x > 1.5 * radius] > 0.98).all()
    assert (share[x < -1.5 * radius] < 0.02).all()


def test_a_penumbra_widens_with_the_height_of_the_edge(lab, world):
    heights = np.array([0.4, 0.8, 1.2, 1.6])
    widths, middles = zip(
        *(width_of(*edge(lab, world, h, 0.2), h * np.tan(0.1)) for h in heights), strict=True
    )
    slope, start = np.polyfit(heights, widths, 1)
    np.testing.assert_allclose(widths, slope * heights + start, atol=0.004)
    assert abs(start) < 0.02
    np.testing.assert_allclose(slope, 1.374 * np.tan(0.1), rtol=0.15)  # 1.374 radii of a disc hold 80 %
    assert np.abs(middles).max() < 0.015


def test_a_penumbra_widens_with_the_light(lab, world):
    softness = np.array([0.1, 0.2, 0.3, 0.4])
    widths = [width_of(*edge(lab, world, 0.8, s), 0.8 * np.tan(s / 2))[0] for s in softness]
    expected = 1.374 * 0.8 * np.tan(softness / 2)
    np.testing.assert_allclose(widths, expected, rtol=0.25, atol=0.005)
    assert (np.diff(widths) > 0.8 * np.diff(expected)).all()


def test_no_softness_is_a_hard_edge_and_the_limit_of_little(lab, world):
    x, hard = edge(lab, world, 0.5, 0.0)
    texel = 4.0 / (2 * 160 - 3)
    assert (hard[x > 1.5 * texel] == 1).all()
    assert (hard[x < -1.5 * texel] == 0).all()
    _, nearly = edge(lab, world, 0.5, 1e-5)
    assert np.abs(nearly - hard).mean() < 0.01


def test_what_is_lit_stays_lit_under_a_wide_light(lab):
    """No acne either: bodies alone in the world, with a sun of half a radian."""
    for mesh, clearly in ((lab.plane(2), 0.0), (lab.sphere(), 0.3), (lab.box(), 0.01)):
        for light in ((0, 0, 1), (0.6, 0, 0.8), (-0.3, -0.8, 0.52)):
            batch = lab.batch(
                {"mesh": mesh}, light_direction=[light], light_softness=0.5, height=96, width=96, **BLACK
            )
            lit = lab.render(batch, shadows=False, normals=True)
            facing = (lit.normals[0] @ np.asarray(light) > clearly) & np.isfinite(lit.depth[0])
            off = bytes_to_linear(lit.rgb[0][facing]) - lab.light(batch)[facing]
            assert np.abs(off).max(initial=0) < 0.03


@pytest.mark.parametrize("softness", [0.1, 0.3])
def test_a_soft_shadow_still_begins_at_the_foot(lab, softness):
    """Beside the box, on the side away from the light, the floor is dark."""
    batch = lab.batch(
        {"mesh": lab.plane(2)},
        {"mesh": lab.box((-0.3, -0.3, 0), (0.3, 0.3, 0.6))},
        light_direction=[(0, 0.6, 0.8)],
        light_softness=softness,
        camera_position=(0, -2.5, 1.5),
        height=128,
        width=128,
        **BLACK,
    )
    images = lab.render(batch)
    box = images.segmentation[0, ..., 0] == 1
    column = 64
    foot = np.flatnonzero(box[:, column]).max()
    assert bytes_to_linear(images.rgb[0, foot + 1 : foot + 5, column]).max() < 0.1
