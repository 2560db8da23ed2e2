"""Folders that are compared: data sets, and pictures without a table."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from bench import Bench

from simfactor.adaptation import open_pictures
from simfactor.adaptation.pictures import picked
from simfactor.data import FactorDataset, save_png
from simfactor.errors import SimfactorError


def test_pictures_come_in_order_of_their_names_and_square(tmp_path: Path, bench: Bench) -> None:
    for name, level in (("b.png", 200), ("a.png", 100), ("c.PNG", 250)):
        save_png(tmp_path / name, np.full((30, 50, 3), level, np.uint8))
    (tmp_path / "labels.csv").write_text("file,light\nb.png,nonsense")
    opened = open_pictures(tmp_path, bench.encoder)
    images = picked(opened, np.array([2, 0, 1]))
    assert images.shape == (3, 64, 64, 3)
    assert images[:, 0, 0, 0].tolist() == [250, 100, 200]
    np.testing.assert_array_equal(picked(images, np.array([1])), opened.images()[:1])


def test_a_data_set_is_one(bench: Bench) -> None:
    opened = open_pictures(bench.folder / "data", bench.encoder)
    assert isinstance(opened, FactorDataset)
    np.testing.assert_array_equal(picked(opened, np.array([450])), bench.held_out[:1])


def test_what_is_no_folder_of_pictures_is_refused(tmp_path: Path, bench: Bench) -> None:
    with pytest.raises(SimfactorError, match="is no folder; give the one that the pictures are in"):
        open_pictures(tmp_path / "none", bench.encoder)
    with pytest.raises(SimfactorError, match=r"holds no pictures \(\.png"):
        open_pictures(tmp_path, bench.encoder)
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((8, 8), 40_000, np.uint16))
    with pytest.raises(SimfactorError, match=r"deep.png' cannot be read: it has 16 bits or more a channel"):
        open_pictures(tmp_path, bench.encoder)
