"""The lens against OpenCV's own model, and the labels against what is seen."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.render.sensor import lens
from simfactor.sensor import Sensor

SIZE = 64
CENTRE = np.float32([0.5, 0.5])
LENSES = st.tuples(*[st.floats(-most, most) for most in (0.5, 0.5, 0.02, 0.02)]).map(lambda k: Sensor(*k))


def plane(focal: float = 1.0, height: int = SIZE, width: int = SIZE) -> lens.Plane:
    return lens.Plane.of(np.float32([focal, focal]), CENTRE, height, width)


def reaches(sensor: Sensor, focal: float, height: int = SIZE, width: int = SIZE) -> bool:
    try:
        lens.check_folds(np.float32([sensor]), np.float32([[focal] * 2]), CENTRE[None], height, width)
    except SimfactorError:
        return False
    return True


def projected(sensor: Sensor, focal: float, at: np.ndarray, height: int, width: int) -> np.ndarray:
    """Where OpenCV's camera shows the points that an ideal one shows ``at`` (n, 2) pixels, (n, 2)."""
    unit = focal * height
    matrix = np.array([[unit, 0, width / 2 - 0.5], [0, unit, height / 2 - 0.5], [0, 0, 1]])
    points = np.concatenate([at - matrix[:2, 2], np.full((len(at), 1), unit)], axis=1)
    shown, _ = cv2.projectPoints(points[:, None], np.zeros(3), np.zeros(3), matrix, np.array(sensor[:4]))
    return shown[:, 0]


@settings(max_examples=60, deadline=None)
@given(LENSES, st.floats(0.8, 2.0), st.sampled_from([(64, 64), (48, 80)]))
def test_each_pixel_shows_what_opencv_projects_there(sensor, focal, size):
    assume(any(sensor[:4]) and reaches(sensor, focal, *size))
    column, row = lens.sources(sensor, plane(focal, *size))
    shown = projected(sensor, focal, np.stack([column, row], -1).reshape(-1, 2).astype(float), *size)
    pixels = np.mgrid[: size[0], : size[1]][::-1].reshape(2, -1).T
    assert np.abs(shown - pixels).max() < 0.005


def test_a_point_moves_where_opencv_says():
    sensor, spots = Sensor(-0.2, 0.05, 0.004, -0.003), np.array([(12.0, 14.0), (50.0, 20.0), (30.0, 55.0)])
    row, column = np.mgrid[:SIZE, :SIZE]
    at = lens.sources(sensor, plane())
    for spot in spots:
        blob = np.exp(-((column - spot[0]) ** 2 + (row - spot[1]) ** 2) / 8).astype(np.float32)
        seen = lens.warped(np.repeat(blob[..., None], 3, -1), at)[..., 0]
        centre = [(seen * axis).sum() / seen.sum() for axis in (column, row)]
        np.testing.assert_allclose(centre, projected(sensor, 1.0, spot[None], SIZE, SIZE)[0], atol=0.1)


def test_a_lens_that_folds_over_before_the_corners_is_refused():
    assert reaches(Sensor(-0.3), 1.5)
    table, focal = np.float32([Sensor(), Sensor(-0.5)]), np.full((2, 2), 0.9, np.float32)
    with pytest.raises(SimfactorError, match=r"image 1: distortion_k1=-0.5 and distortion_k2=0 fold"):
        lens.check_folds(table, focal, CENTRE[None].repeat(2, 0), SIZE, SIZE)


def test_natural_vignetting_is_the_fourth_power_of_the_cosine():
    fall = lens.falloff(1.0, plane(1.2))[..., 0]
    x = (np.arange(SIZE) + 0.5 - SIZE / 2) / (1.2 * SIZE)
    angle = np.arctan(np.hypot(x[None], x[:, None]))
    np.testing.assert_allclose(fall, np.cos(angle) ** 4, rtol=1e-5)
    np.testing.assert_array_equal(fall, fall[::-1])
    np.testing.assert_array_equal(fall, fall[:, ::-1])
    np.testing.assert_allclose(fall, fall.T, rtol=1e-6)
    np.testing.assert_allclose(lens.falloff(2.5, plane(1.2))[..., 0], fall**2.5, rtol=1e-5)


def test_a_rolling_shutter_slants_what_is_upright():
    picture = np.zeros((SIZE, SIZE, 3), np.float32)
    picture[:, 30:34] = 1
    seen = lens.warped(picture, lens.sources(Sensor(rolling_shutter=0.2), plane()))[..., 0]
    middles = (seen * np.arange(SIZE)).sum(1) / seen.sum(1)
    times = (np.arange(SIZE) + 0.5) / SIZE - 0.5
    np.testing.assert_allclose(middles, 31.5 - 0.2 * SIZE * times, atol=0.02)


def test_an_ideal_lens_and_a_global_shutter_bend_nothing():
    assert lens.sources(Sensor(defocus=0.01, iso=100.0), plane()) is None


@settings(max_examples=20, deadline=None)
@given(LENSES, st.floats(-0.2, 0.2))
def test_labels_are_of_what_is_seen(sensor, rolling):
    """A board of fields: wherever a pixel shows one field only, its label is that field's."""
    sensor = sensor._replace(rolling_shutter=rolling)
    assume((any(sensor[:4]) or rolling) and reaches(sensor, 1.2))
    labels = (np.arange(SIZE)[:, None] // 9 * 8 + np.arange(SIZE) // 9).astype(np.int32)
    at = lens.sources(sensor, plane(1.2))
    seen = lens.warped(np.repeat(labels[..., None], 3, -1).astype(np.float32), at)[..., 0]
    told = labels[lens.nearest(at)]
    least, most = (change(labels.astype(np.float32), np.ones((3, 3))) for change in (cv2.erode, cv2.dilate))
    plain = (least == most)[lens.nearest(at)]
    np.testing.assert_allclose(seen[plain], told[plain], atol=1e-4)
    assert plain.mean() > 0.4
