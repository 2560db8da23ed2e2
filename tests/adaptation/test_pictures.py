"""Folders that are compared: data sets, and pictures without a table."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from simfactor.adaptation import open_pictures
from simfactor.adaptation.pictures import picked
from simfactor.data import FactorDataset, save_png
from simfactor.errors import SimfactorError


def test_pictures_come_in_order_of_their_names_and_square(tmp_path: Path) -> None:
    for name, level in (("b.png", 200), ("a.png", 100), ("c.PNG", 250)):
        save_png(tmp_path / name, np.full((30, 50, 3), level, np.uint8))
    (tmp_path / "labels.csv").write_text("file,light\nb.png,nonsense")
    images = open_pictures(tmp_path, 16)
    assert images.shape == (3, 16, 16, 3)
    assert images[:, 0, 0, 0].tolist() == [100, 200, 250]
    np.testing.assert_array_equal(picked(images, np.array([2, 0])), images[[2, 0]])


def test_a_data_set_is_one(bench) -> None:
    opened = open_pictures(bench.folder / "data", 64)
    assert isinstance(opened, FactorDataset)
    np.testing.assert_array_equal(picked(opened, np.array([450])), bench.held_out[:1])


def test_what_is_no_folder_of_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="is no folder; give a data set's, or one of pictures"):
        open_pictures(tmp_path / "none", 64)
    with pytest.raises(
        SimfactorError, match=r"holds neither a data set nor a picture; pictures end with \.png"
    ):
        open_pictures(tmp_path, 64)
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((8, 8), 40_000, np.uint16))
    with pytest.raises(SimfactorError, match=r"deep.png' has pixels of mode 'I;16'; save it with 8 bits"):
        open_pictures(tmp_path, 64)
    (tmp_path / "deep.png").write_bytes(b"no picture")
    with pytest.raises(SimfactorError, match=r"deep.png' cannot be read"):
        open_pictures(tmp_path, 64)
