import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.scene.color import XYZ_TO_LINEAR_SRGB, hue_to_srgb, kelvin_to_linear_rgb, srgb_to_hue
from simfactor.scene.optics import LOOK_AT, Camera, Light, direction


@pytest.mark.parametrize(
    ("temperature", "x", "y"), [(2856, 0.4476, 0.4074), (4000, 0.3805, 0.3768), (6500, 0.3135, 0.3237)]
)
def test_black_body_chromaticities(temperature: float, x: float, y: float) -> None:
    """Points of the Planckian locus: CIE illuminant A and two of Wyszecki & Stiles' table."""
    xyz = np.linalg.inv(XYZ_TO_LINEAR_SRGB) @ kelvin_to_linear_rgb(temperature)
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), [x, y], atol=1.5e-3)


@given(st.floats(2000, 25000))
def test_temperature_changes_the_color_not_the_luminance(temperature: float) -> None:
    light, warmer = kelvin_to_linear_rgb(temperature), kelvin_to_linear_rgb(temperature * 0.95)
    assert light @ [0.2126, 0.7152, 0.0722] == pytest.approx(1.0, abs=1e-3)
    assert warmer[0] > light[0]
    assert warmer[2] < light[2]


@given(st.floats(0, 359.9), st.floats(0.2, 1), st.floats(0.2, 1))
def test_hues_round_trip(hue: float, saturation: float, value: float) -> None:
    assert srgb_to_hue(hue_to_srgb(hue, saturation, value)) == pytest.approx(hue, abs=1e-6)


def test_directions() -> None:
    np.testing.assert_allclose(direction(0, 0), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(direction(90, 0), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(direction(33, 90), [0, 0, 1], atol=1e-12)


def test_the_light_shares_its_intensity() -> None:
    light = Light(azimuth=0, elevation=45, intensity=2.0, temperature=5000, ambient_share=0.25)
    np.testing.assert_allclose(light.color + light.ambient, 2.0 * kelvin_to_linear_rgb(5000))
    np.testing.assert_allclose(light.ambient, light.color / 3)


@given(st.floats(0.1, 1.5), st.floats(0.5, 2.0))
def test_a_camera_moves_straight_up(height: float, radius: float) -> None:
    camera = Camera(azimuth=30.0, elevation=10.0, distance=1.0, fov=45.0).at_height(height, radius)
    assert camera.height == pytest.approx(height)
    assert np.linalg.norm((camera.position - LOOK_AT)[:2]) == pytest.approx(radius)
