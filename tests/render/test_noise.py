"""Sensor noise: Gaussian, decided by seed and pixel alone, and the same bits from every renderer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.frames import APPEARANCE, RenderBatch
from simfactor.render import make_renderer, render_counterfactuals
from simfactor.render.noise import add_noise, normal_grades

GREY = np.full((40, 32, 48, 3), 128, np.uint8)


def grain(noise, seeds, pictures=GREY):
    """The noise of pictures, in steps of a byte."""
    count = len(seeds)
    noisy = add_noise(pictures[:count], np.full(count, noise, np.float32), np.uint32(seeds))
    return noisy.astype(int) - pictures[:count]


def with_noise(batch: RenderBatch, noise, seed) -> RenderBatch:
    return replace(
        batch,
        noise=np.broadcast_to(np.float32(noise), len(batch)).copy(),
        noise_seed=np.broadcast_to(np.uint32(seed), len(batch)).copy(),
    )


@pytest.mark.parametrize("noise", [0.005, 0.03, 0.1])
def test_it_is_unbiased_and_as_strong_as_asked(noise):
    drawn = grain(noise, range(40))
    rounding = 1 / 12  # variance of rounding to whole steps
    assert drawn.std() == pytest.approx(np.sqrt((255 * noise) ** 2 + rounding), rel=0.01)
    assert abs(drawn.mean()) < 4 * drawn.std() / np.sqrt(drawn.size)


def test_the_grades_are_those_of_the_normal_distribution():
    grades = normal_grades().astype(float)
    assert (np.diff(grades) > 0).all()
    np.testing.assert_array_equal(grades, -grades[::-1])
    np.testing.assert_allclose([(grades**k).mean() for k in (2, 4)], [1, 3], rtol=0.01)
    assert (grades < 1).mean() == pytest.approx(0.8413, abs=1e-3)


def test_pixels_channels_and_seeds_are_independent():
    drawn = grain(0.1, range(40)).astype(float)
    pairs = {
        "columns": (drawn[:, :, 1:], drawn[:, :, :-1]),
        "rows": (drawn[:, 1:], drawn[:, :-1]),
        "channels": (drawn[..., 0], drawn[..., 1]),
        "seeds": (drawn[1:], drawn[:-1]),
    }
    for name, (a, b) in pairs.items():
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.02, name
    assert drawn.mean(axis=(1, 2, 3)).std() == pytest.approx(drawn.std() / np.sqrt(32 * 48 * 3), rel=0.5)


def test_some_noise_as_numbers():
    """Whoever changes them changes every noisy image that was ever rendered."""
    assert grain(0.1, [2024])[0, 0, :4].tolist() == [
        [-5, -32, -12],
        [-26, -11, -24],
        [-4, -18, -3],
        [1, 12, -2],
    ]


def test_no_noise_is_no_change():
    pictures = np.random.default_rng(0).integers(0, 256, GREY.shape, np.uint8)
    assert not grain(0.0, range(40), pictures).any()


def test_what_leaves_the_bytes_clips():
    for value, low, high in ((0, 0, 60), (255, 195, 255)):
        noisy = add_noise(np.full((1, 64, 64, 3), value, np.uint8), np.float32([0.05]), np.uint32([7]))
        assert low <= noisy.min() <= noisy.max() <= high
        assert (noisy == value).mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("options", [{}, {"supersample": 2}, {"threads": 2}])
def test_raster_adds_what_the_formula_says(open_world, options):
    base = open_world("tiny").base
    noise, seeds = np.float32([0, 0.01, 0.1, 0.1, 1]), np.uint32([5, 5, 5, 6, 2**32 - 1])
    plain = replace(base.repeat(5), height=30, width=41)
    with make_renderer("raster", **options) as renderer:
        clean, noisy = renderer.render(plain), renderer.render(with_noise(plain, noise, seeds))
    np.testing.assert_array_equal(noisy.rgb, add_noise(clean.rgb, noise, seeds))
    np.testing.assert_array_equal(noisy.depth, clean.depth)
    np.testing.assert_array_equal(noisy.segmentation, clean.segmentation)
    np.testing.assert_array_equal(noisy.rgb[0], clean.rgb[0])
    assert all((noisy.rgb[i] != noisy.rgb[j]).any() for i in range(5) for j in range(i))


def test_all_renderers_add_the_same_bits(open_world):
    """To a picture in which nothing is hit, on which they agree."""
    taken = []
    for name in ("tiny", "raster"):
        world = open_world(name)
        empty = world.changed(camera_target=(9, 9, 9), background=[(0.4, 0.8, 0.6)] * 2)
        clean, noisy = (world.render(with_noise(empty, noise, 11)).rgb for noise in (0, 0.07))
        taken.append((clean, noisy))
        np.testing.assert_array_equal(noisy, add_noise(clean, np.float32([0.07]), np.uint32([11])))
    np.testing.assert_array_equal(*(noisy for _, noisy in taken))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5))
def test_the_rest_of_a_batch_does_not_matter(open_world, seeds):
    world = open_world("raster")
    together = world.render(with_noise(world.base.repeat(len(seeds)), 0.1, seeds)).rgb
    for picture, seed in zip(together, seeds, strict=True):
        np.testing.assert_array_equal(picture, world.render(with_noise(world.base, 0.1, seed)).rgb[0])


def test_counterfactuals_have_the_noise_of_their_appearance(open_world):
    world = open_world("raster")
    looks = with_noise(world.base.repeat(2), [0.0, 0.1], [1, 2])
    assert {"noise", "noise_seed"} <= set(APPEARANCE)
    images = render_counterfactuals(world.renderers[True], with_noise(world.base, 0.05, 3), looks)
    np.testing.assert_array_equal(images.rgb, world.render(looks).rgb)
