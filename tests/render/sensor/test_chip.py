"""The chip: noise on the line of the standard, mosaics that keep flat colours, gains in linear light."""

import numpy as np
import pytest

from simfactor.render.noise import normals
from simfactor.render.sensor import chip
from simfactor.sensor import MOSAICS, Sensor

LEVELS = np.linspace(0, 0.9, 10)


def flat(color, size: int = 32) -> np.ndarray:
    return np.broadcast_to(np.float32(color), (size, size, 3)).copy()


def to_light(codes: np.ndarray) -> np.ndarray:
    return codes / chip.STEPS - chip.PEDESTAL


@pytest.mark.parametrize(("iso", "full_well", "read"), [(100, 10_000, 2.5), (800, 4300, 2), (3200, 4300, 20)])
@pytest.mark.parametrize("mosaic", [0, 1])
def test_variance_rises_with_the_signal_as_emva_1288_says(iso, full_well, read, mosaic):
    sensor = Sensor(iso=iso, full_well=full_well, read_noise=read, mosaic=mosaic)
    white = full_well * 100 / iso
    colors = 1 if mosaic else 3
    drawn = [chip.noise(flat(x, 128)[..., :colors], sensor, seed) for seed, x in enumerate(LEVELS)]
    variance = np.array([noise.var(dtype=float) for noise in drawn]) * white**2  # in electrons
    np.testing.assert_allclose(variance, LEVELS * white + read**2, rtol=0.05)
    slope, _ = np.polyfit(LEVELS * white, variance, 1)
    assert slope == pytest.approx(1, rel=0.1)
    for noise, electrons in zip(drawn, variance, strict=True):
        assert abs(noise.mean(dtype=float)) * white < 4.5 * np.sqrt(electrons / noise.size)


def test_noise_around_black_keeps_its_lower_half():
    codes = chip.exposed(flat(0.0, 64), Sensor(iso=1600.0, read_noise=5.0), 3)
    light = to_light(codes.astype(float))
    white = 10_000 / 16
    assert light.std() * white == pytest.approx(5, rel=0.03)
    assert abs(light.mean()) * white < 0.2


def test_the_noise_is_the_seeds_and_not_that_of_finished_bytes():
    grey, sensor = flat(0.5), Sensor(iso=400.0)
    first = chip.noise(grey, sensor, 7)
    np.testing.assert_array_equal(first, chip.noise(grey, sensor, 7))
    assert abs(np.corrcoef(first.ravel(), chip.noise(grey, sensor, 8).ravel())[0, 1]) < 0.06
    other = normals(np.uint32(7), grey.shape[0] * grey.shape[1], 3)
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.06


def test_a_chip_holds_no_more_than_white():
    assert (chip.exposed(flat(3.0), Sensor(), 0) == 65535).all()


@pytest.mark.parametrize("mosaic", range(1, len(MOSAICS)))
@pytest.mark.parametrize("size", [2, 3, 32])
def test_a_mosaic_keeps_flat_colours(mosaic, size):
    color = (0.7, 0.4, 0.1)
    shown = chip.exposed(flat(color, size), Sensor(mosaic=mosaic), 0)
    np.testing.assert_allclose(to_light(shown), flat(color, size), atol=1e-4)


@pytest.mark.parametrize("mosaic", range(1, len(MOSAICS)))
def test_a_mosaic_colours_what_is_fine_and_grey(mosaic):
    stripes = flat(0.1)
    stripes[:, ::2] = 0.8
    shown = to_light(chip.exposed(stripes, Sensor(mosaic=mosaic), 0))
    assert np.ptp(shown, axis=-1).mean() > 0.1
    assert np.ptp(to_light(chip.exposed(stripes, Sensor(), 0)), axis=-1).max() < 1e-4


@pytest.mark.parametrize("mosaic", range(len(MOSAICS)))
def test_white_balance_is_a_gain_in_linear_light(mosaic):
    sensor = Sensor(white_balance_red=0.5, white_balance_blue=-1.0, mosaic=mosaic)
    shown = to_light(chip.exposed(flat((0.2, 0.3, 0.4)), sensor, 0))
    np.testing.assert_allclose(shown[4:-4, 4:-4], flat((0.2 * 2**0.5, 0.3, 0.2))[4:-4, 4:-4], atol=1e-4)
