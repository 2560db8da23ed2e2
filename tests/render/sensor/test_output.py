"""The tone curve and the compression."""

import numpy as np
import pytest

from simfactor.render.sensor import chip, output
from simfactor.render.shading import bytes_to_linear

BYTES = np.arange(256, dtype=np.uint8)[:, None, None].repeat(3, -1)


def test_every_byte_survives_the_chip_and_the_curve():
    np.testing.assert_array_equal(output.toned(chip.to_codes(bytes_to_linear(BYTES)), 1.0), BYTES)


def test_gamma_is_an_exponent_on_the_curve():
    toned = output.toned(chip.to_codes(bytes_to_linear(BYTES)), 1.3)
    np.testing.assert_allclose(toned, 255 * (BYTES / 255) ** 1.3, atol=0.51)
    np.testing.assert_array_equal(toned[[0, 255]], BYTES[[0, 255]])


def test_less_quality_loses_more():
    rng = np.random.default_rng(0)
    picture = (rng.random((8, 8, 3)).repeat(6, 0).repeat(6, 1) * 255).astype(np.uint8)

    def lost(quality):
        return np.square(output.compressed(picture, quality).astype(float) - picture).mean()

    losses = [lost(quality) for quality in (95, 80, 60, 40, 20, 5)]
    assert losses == sorted(losses)
    assert losses[-1] > 5 * losses[0] > 0
    assert lost(100) == lost(99.6) == 0


@pytest.mark.parametrize("size", [(1, 1), (5, 3)])
def test_small_pictures_compress(size):
    grey = np.full((*size, 3), 90, np.uint8)
    np.testing.assert_allclose(output.compressed(grey, 50).astype(int), grey, atol=4)
