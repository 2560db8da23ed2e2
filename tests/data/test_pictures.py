"""Intervention pairs and sheets: only what was asked for moves, and it stands where it should."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from simfactor.data import contact_sheet, factor_sheet, intervention_pairs, save_png
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.render import Studio


def test_pairs_differ_in_the_named_factors_only(space: FactorSpace, studio: Studio) -> None:
    pairs = intervention_pairs(space, ["light_azimuth", "table_texture"], 6, 1, studio)
    changed = pairs.rows_a != pairs.rows_b
    np.testing.assert_array_equal(changed, np.tile([True, False, True, False], (6, 1)))
    assert space.contains(pairs.rows_b).all()
    assert len(pairs) == 6
    assert all((a != b).any() for a, b in zip(pairs.images_a, pairs.images_b, strict=True))
    np.testing.assert_array_equal(studio.images(space, pairs.rows_b).rgb, pairs.images_b)


def test_a_pair_depends_on_seed_and_index_only(space: FactorSpace, studio: Studio) -> None:
    few, many = (intervention_pairs(space, ["object_x"], n, 4, studio) for n in (2, 5))
    np.testing.assert_array_equal(few.rows_b, many.rows_b[:2])
    np.testing.assert_array_equal(few.images_b, many.images_b[:2])
    assert (intervention_pairs(space, ["object_x"], 2, 5, studio).rows_b != few.rows_b).any()


@pytest.mark.parametrize(
    ("names", "count", "message"),
    [
        (["light_azimut"], 1, "Did you mean 'light_azimuth'"),
        ([], 1, "must be a list of at least one factor"),
        ("object_x", 1, "must be a list of at least one factor"),
        (["object_x"], 0, "count=0 must be"),
    ],
)
def test_impossible_pairs(
    space: FactorSpace, studio: Studio, names: list[str], count: int, message: str
) -> None:
    with pytest.raises(SimfactorError, match=message):
        intervention_pairs(space, names, count, 0, studio)


def test_a_contact_sheet_holds_every_image_in_order() -> None:
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 6, 3), np.uint8)
    sheet = contact_sheet(images, columns=3, gap=1, background=200)
    assert sheet.shape == (9, 20, 3)
    assert [sheet[0, 0, 0], sheet[0, 7, 0], sheet[0, 14, 0], sheet[5, 0, 0], sheet[5, 7, 0]] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert (sheet[4] == 200).all()
    assert (sheet[5:, 14:] == 200).all()
    assert contact_sheet(images[:2], columns=8, gap=1).shape == (4, 13, 3)


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (4, 4, 3), (2, 4, 4)])
def test_a_contact_sheet_of_nothing(shape: tuple[int, ...]) -> None:
    with pytest.raises(SimfactorError, match="make no sheet"):
        contact_sheet(np.zeros(shape, np.uint8))


def test_a_factor_sheet_sweeps_one_factor_a_row(space: FactorSpace, studio: Studio) -> None:
    steps, size, gap = 3, 32, 4
    sheet = factor_sheet(space, studio, steps=steps, base=space.sample(1, 2)[0], gap=gap)
    margin = 2 * gap
    assert (sheet[:margin] == 255).all()
    assert (sheet[:, -margin:] == 255).all()
    sheet = sheet[margin:-margin, margin:-margin]
    width = steps * (size + gap) - gap
    assert sheet.shape[0] == len(space) * (size + gap) - gap
    labels, pictures = sheet[:, :-width], sheet[:, -width:]

    rows = np.repeat(space.sample(1, 2), steps, axis=0)
    rows[:, 1] = [0.6, 1.3, 2.0]
    top = size + gap
    np.testing.assert_array_equal(
        pictures[top : top + size], contact_sheet(studio.images(space, rows).rgb, columns=steps, gap=gap)
    )
    np.testing.assert_array_equal(
        sheet, factor_sheet(space, studio, steps=steps, seed=2, gap=gap)[margin:-margin, margin:-margin]
    )
    texture = pictures[2 * top : 2 * top + size]
    assert (texture[:, -size:] == 255).all()  # two values are allowed: the third place stays blank
    for k in range(len(space)):
        assert (labels[k * top : k * top + size] < 100).any()
    assert (labels[:, 0] == 255).all()


def test_a_factor_sheet_of_an_unknown_factor(space: FactorSpace, studio: Studio) -> None:
    with pytest.raises(SimfactorError, match="Did you mean 'object_x'"):
        factor_sheet(space, studio, names=["object_y"])
    with pytest.raises(SimfactorError, match="steps=1 must be at least 2"):
        factor_sheet(space, studio, steps=1)
    with pytest.raises(SimfactorError, match=r"outside \[-60, 60\] deg"):
        factor_sheet(space, studio, base=np.array([90.0, 1.0, 0.0, 0.5]))


def test_a_png_reads_back_the_same(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    save_png(tmp_path / "image.png", image)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "image.png"))[..., ::-1], image)
    with pytest.raises(SimfactorError, match="cannot write"):
        save_png(tmp_path / "no" / "image.png", image)
