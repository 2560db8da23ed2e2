"""Blurs are the discs and lines that they should be, at any size of a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.render.sensor import blur


def moments(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (2,) and covariance (2, 2) of a kernel, columns and then rows downwards, in pixels."""
    at = np.stack(np.meshgrid(*[np.arange(len(kernel)) - len(kernel) // 2] * 2), -1).reshape(-1, 2)
    mean = kernel.reshape(-1) @ at
    return mean, (at - mean).T * kernel.reshape(-1) @ (at - mean)


@given(st.floats(0.0, 12.0))
def test_a_disc_is_round_and_as_wide_as_asked(radius):
    kernel = blur.disc(radius)
    mean, spread = moments(kernel.astype(float))
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(mean, 0, atol=1e-5)
    np.testing.assert_array_equal(kernel, kernel.T)
    if radius > 2:  # the grid of pixels matters less
        aperture = 1 / 12  # the variance of the pixel that collects the light
        np.testing.assert_allclose(spread, np.eye(2) * (radius**2 / 4 + aperture), rtol=0.1, atol=1e-4)


@given(st.floats(0.0, 20.0), st.floats(-360, 360))
def test_a_line_is_as_long_as_asked_and_points_there(length, degrees):
    kernel = blur.line(length, degrees)
    mean, spread = moments(kernel.astype(float))
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(mean, 0, atol=1e-4)
    along = np.array([np.cos(np.radians(degrees)), -np.sin(np.radians(degrees))])  # rows go downwards
    across = along[::-1] * (1, -1)
    assert across @ spread @ across < 0.3
    if length > 2:
        assert along @ spread @ along == pytest.approx(length**2 / 12, rel=0.15, abs=0.3)


def test_light_is_spread_and_not_lost():
    light = np.zeros((48, 48, 3), np.float32)
    light[20:28, 18:30] = np.random.default_rng(0).random((8, 12, 3))
    for blurred in (blur.defocused(light, 4.3), blur.moved(light, 7.7, 30.0)):
        np.testing.assert_allclose(blurred.sum((0, 1)), light.sum((0, 1)), rtol=1e-4)
        assert blurred.max() < 0.8 * light.max()
    flat = np.full((9, 9, 3), 0.3, np.float32)
    np.testing.assert_allclose(blur.defocused(flat, 6.0), flat, rtol=1e-5)


def test_blur_in_shares_of_the_height_is_the_same_at_any_size():
    fine = np.random.default_rng(1).random((16, 16, 3)).astype(np.float32).repeat(8, 0).repeat(8, 1)

    def halved(light):
        return light.reshape(64, 2, 64, 2, 3).mean((1, 3))

    for change, share in ((blur.defocused, 0.04), (lambda light, size: blur.moved(light, size, 20), 0.1)):
        np.testing.assert_allclose(
            halved(change(fine, share * 128))[8:-8, 8:-8],
            change(halved(fine), share * 64)[8:-8, 8:-8],
            atol=0.04,
        )


def test_what_stays_inside_a_pixel_changes_nothing():
    light = np.random.default_rng(2).random((12, 10, 3)).astype(np.float32)
    for blurred in (blur.defocused(light, 0.49), blur.moved(light, 0.0, 45.0)):
        np.testing.assert_array_equal(blurred, light)
