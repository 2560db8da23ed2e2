"""The whole model on arrays: off is off, one picture is the same in any batch, mistakes are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace, load_sensor, ready_sensors
from simfactor.render.sensor import photograph
from simfactor.render.shading import bytes_to_linear
from simfactor.sensor import LIMITS, Sensor

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 20, 26, 3), np.uint8)
EVERYTHING = {  # all effects at once
    "exposure": 0.2,
    "distortion_k1": -0.1,
    "defocus": 0.05,
    "vignetting": 1.0,
    "motion_blur": 0.1,
    "motion_direction": 20.0,
    "rolling_shutter": 0.05,
    "iso": 800.0,
    "white_balance_red": 0.2,
    "white_balance_blue": -0.1,
    "mosaic": "edge_aware",
    "gamma": 1.1,
    "jpeg_quality": 70,
}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.tuples(*[st.integers(1, 20)] * 3))
def test_off_is_the_identity_bit_for_bit(seed, size):
    pictures = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    np.testing.assert_array_equal(photograph(pictures, {}), pictures)
    np.testing.assert_array_equal(
        photograph(pictures, Sensor()._asdict() | {"mosaic": "none"}, seed), pictures
    )
    idle = {"full_well": 500.0, "read_noise": 9.0, "motion_direction": 45.0}  # on, but of no effect
    np.testing.assert_array_equal(photograph(pictures, idle, seed), pictures)
    np.testing.assert_array_equal(photograph(bytes_to_linear(pictures), {}), pictures)


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_setting_shows(name):
    alone = {name: EVERYTHING[name]}
    if name == "motion_direction":
        alone |= {"motion_blur": 0.1}
        assert (photograph(PICTURES, alone) != photograph(PICTURES, {"motion_blur": 0.1})).mean() > 0.1
    assert (photograph(PICTURES, alone) != PICTURES).mean() > 0.1


def test_a_picture_is_the_same_in_any_batch():
    settings = {
        **EVERYTHING,
        "iso": np.array([0.0, 400.0, 6400.0]),
        "mosaic": ["none", "bilinear", "edge_aware"],
    }
    seeds, focal = [5, 2**32 - 1, 9], [[1.2, 1.2], [1.5, 1.4], [1.3, 1.3]]
    together = photograph(PICTURES, settings, seeds, focal)
    for i in range(3):
        own = {k: v if np.ndim(v) == 0 else v[i] for k, v in settings.items()}
        np.testing.assert_array_equal(
            photograph(PICTURES[i : i + 1], own, seeds[i], focal[i])[0], together[i]
        )
    order = [2, 0, 1]
    moved = {k: v if np.ndim(v) == 0 else np.array(v)[order] for k, v in settings.items()}
    again = photograph(PICTURES[order], moved, np.array(seeds)[order], np.array(focal)[order])
    np.testing.assert_array_equal(again, together[order])


def test_exposure_is_in_stops_of_linear_light():
    grey = np.full((1, 4, 4, 3), 0.2, np.float32)
    np.testing.assert_array_equal(photograph(grey, {"exposure": 1.0}), photograph(2 * grey, {}))


@pytest.mark.parametrize("name", ready_sensors())
def test_a_ready_sensor_takes_pictures_of_arrays(name):
    space = FactorSpace(load_sensor(name))
    rows = space.sample(3, seed=0)
    taken = photograph(PICTURES, space.columns(rows), seeds=range(3))
    assert taken.dtype == np.uint8
    assert ((taken != PICTURES).mean() > 0.5) == (name != "ideal")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"isso": 100}}, "unknown setting of a sensor 'isso'.*Did you mean 'iso'"),
        ({"settings": {"iso": -1.0}}, r"image 0: iso=-1 is not in \[0, 102400\] ISO; give a number that is"),
        ({"settings": {"gamma": [1.0, 1.0, 9.0]}}, r"image 2: gamma=9 is not in \[0.2, 5\]; give"),
        ({"settings": {"defocus": float("nan")}}, "image 0: defocus=nan is not in"),
        (
            {"settings": {"iso": "high"}},
            r"iso='high' is neither one value for all images nor an array \(3,\)",
        ),
        ({"settings": {"iso": [1.0, 2.0]}}, r"iso=\[1.0, 2.0\] is neither"),
        ({"settings": {"mosaic": "bayer"}}, "unknown mosaic 'bayer'; allowed: none, bilinear, edge_aware"),
        ({"settings": {"distortion_k1": -0.5}, "focal": 0.8}, "fold the picture over before its corners"),
        ({"focal": [1.0, 2.0, 3.0]}, r"focal=.* is neither one value for all images nor an array \(3, 2\)"),
        ({"focal": 0.0}, "focal.*above 0"),
        ({"settings": {"exposure": 99.0}}, r"exposure=99.0 is not in \[-16, 16\] stops"),
        ({"seeds": [1, 2]}, r"seeds=\[1, 2\] are no whole numbers"),
        ({"seeds": [0.5]}, r"seeds=\[0.5\] are no whole numbers"),
        ({"images": PICTURES[0]}, r"images are uint8 of shape \(20, 26, 3\); give \(N, H, W, 3\)"),
        ({"images": PICTURES.astype(np.int32)}, "images are int32"),
        ({"images": PICTURES.tolist()}, "images are list"),
        ({"images": -bytes_to_linear(PICTURES)}, "below 0 or not finite"),
    ],
)
def test_mistakes_are_refused(change, message):
    with pytest.raises(SimfactorError, match=message):
        photograph(**{"images": PICTURES, "settings": {}, **change})


@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_the_limits_are_allowed(end):
    for name, limits in LIMITS.items():
        value = ("none", "edge_aware")[end] if name == "mosaic" else limits[end]
        assert photograph(PICTURES[:1], {name: value}, focal=2.0).shape == PICTURES[:1].shape


def test_every_setting_has_limits_that_hold_its_off():
    assert list(LIMITS) == list(Sensor._fields)
    assert all(LIMITS[name][0] <= off <= LIMITS[name][1] for name, off in Sensor()._asdict().items())
