"""Every published layout reads as one of our data sets: any index gives the image and the row that belong."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from published import SIZES, Tiny, cars3d, finger

from simfactor.data import ImageSource, Lattice, load_standard

SIDE = 6


def test_images_and_rows_are_the_published_ones_in_lattice_order(tiny: Tiny) -> None:
    data = tiny.open()
    assert isinstance(data, ImageSource)
    assert len(data) == len(tiny.images)
    assert data.image_size == SIDE
    np.testing.assert_array_equal(data.images(), tiny.images)
    np.testing.assert_array_equal(data.factors(), Lattice(data.space).rows(tiny.levels))
    assert data.space.sizes == SIZES[tiny.name]
    assert data.space.contains(data.factors()).all()


@given(indices=st.lists(st.integers(-20, 19), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
def test_any_indices_select_as_an_array_would(tiny: Tiny, indices: list[int]) -> None:
    data = tiny.open()
    chosen = np.array(indices, np.int64)
    np.testing.assert_array_equal(data.images(indices), tiny.images[chosen])
    np.testing.assert_array_equal(data.factors(indices), data.factors()[chosen])


def test_single_items_slices_masks_and_the_ends(tiny: Tiny) -> None:
    data = tiny.open()
    image, row = data[-1]
    np.testing.assert_array_equal(image, tiny.images[-1])
    np.testing.assert_array_equal(row, data.factors()[-1])
    mask = np.arange(len(data)) % 3 == 0
    np.testing.assert_array_equal(data.images(mask), tiny.images[mask])
    np.testing.assert_array_equal(data.images(slice(7, 2, -2)), tiny.images[7:2:-2])
    assert len(list(data)) == len(data)
    for outside in (len(data), -len(data) - 1):
        with pytest.raises(IndexError):
            data[outside]
        with pytest.raises(IndexError):
            data.images([outside])
    with pytest.raises(IndexError):
        data.images([0.5])


def test_images_are_copies(tiny: Tiny) -> None:
    data = tiny.open()
    data.images([0])[:] = 77
    np.testing.assert_array_equal(data.images([0]), tiny.images[:1])


def test_a_pickled_data_set_is_a_few_words_and_opens_again(tiny: Tiny) -> None:
    data = tiny.open(image_size=4)
    text = pickle.dumps(data)
    assert len(text) < 1000
    again = pickle.loads(text)
    np.testing.assert_array_equal(again.images([3]), data.images([3]))
    assert repr(again) == repr(data)
    assert f"{len(tiny.images)} images 4x4" in repr(data)


def test_a_smaller_size_averages_areas_and_a_larger_one_interpolates(tiny: Tiny) -> None:
    small = tiny.open(image_size=3)
    means = tiny.images.reshape(-1, 3, 2, 3, 2, 3).mean((2, 4))
    assert small.image_size == 3
    np.testing.assert_allclose(small.images(), means, atol=0.51)
    large = tiny.open(image_size=12).images([2])[0]
    expected = cv2.resize(tiny.images[2], (12, 12), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(large, expected)


def test_labels_can_be_found_in_the_lattice(tiny: Tiny) -> None:
    data = tiny.open()
    positions = data.lattice.positions(data.factors())
    np.testing.assert_array_equal(data.lattice.codes(positions), tiny.levels)
    if tiny.name != "robot_finger":
        np.testing.assert_array_equal(positions, np.arange(len(data)))


def test_real_fingers_come_as_an_array(tmp_path: Path) -> None:
    folder = tmp_path / "finger_real"
    images, labels = finger(folder, (1, 12, 1, 4, 2, 2, 2, 2, 4), 9, tar=False)
    data = load_standard("robot_finger", folder)
    np.testing.assert_array_equal(data.images(), images)
    np.testing.assert_array_equal(data.lattice.codes(data.lattice.positions(data.factors())), labels)
    assert data.space.sizes[1] == 12  # colours beyond the simulated eight are numbered on


def test_cars_without_a_listing_are_numbered_by_name(tmp_path: Path) -> None:
    images = cars3d(tmp_path / "cars", (2, 3, 4), listed=False)
    data = load_standard("cars3d", tmp_path / "cars", sizes=(2, 3, 4))
    np.testing.assert_array_equal(data.images(), images)
