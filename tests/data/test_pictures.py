"""Intervention pairs and sheets: only what was asked for moves, and it stands where it should."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from simfactor.data import (
    canonical_pairs,
    change_some,
    contact_sheet,
    factor_sheet,
    intervention_pairs,
    save_png,
)
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.render import Studio


def test_pairs_differ_in_the_named_factors_only(space: FactorSpace, studio: Studio) -> None:
    pairs = intervention_pairs(space, ["light_azimuth", "table_texture"], 6, 1, studio)
    np.testing.assert_array_equal(pairs.changed, np.tile([True, False, True, False], (6, 1)))
    assert space.contains(pairs.rows[:, 1]).all()
    assert len(pairs) == 6
    assert all((before != after).any() for before, after in pairs.images)
    np.testing.assert_array_equal(studio.images(space, pairs.rows[:, 1]).rgb, pairs.images[:, 1])


def test_a_pair_depends_on_seed_and_index_only(space: FactorSpace, studio: Studio) -> None:
    few, many = (intervention_pairs(space, ["object_x"], n, 4, studio) for n in (2, 5))
    np.testing.assert_array_equal(few.rows, many.rows[:2])
    np.testing.assert_array_equal(few.images, many.images[:2])
    assert (intervention_pairs(space, ["object_x"], 2, 5, studio).rows != few.rows).any()


@pytest.mark.parametrize("changes", [1, 2])
def test_each_row_changes_in_some_factors_of_its_own(space: FactorSpace, changes: int) -> None:
    before = space.sample(200, 3)
    after = change_some(space, before, 8, changes)
    moved = before != after
    assert (moved.sum(axis=1) == changes).all()
    assert moved.any(axis=0).all()
    assert space.contains(after).all()
    np.testing.assert_array_equal(change_some(space, before[:50], 8, changes), after[:50])


def test_pairs_may_differ_in_a_factor_each(space: FactorSpace, studio: Studio) -> None:
    pairs = intervention_pairs(space, ["object_x", "table_texture"], 8, 1, studio, changes=1)
    assert (pairs.changed.sum(axis=1) == 1).all()
    assert pairs.changed.any(axis=0).tolist() == [False, False, True, True]


def test_canonical_pairs_show_each_state_in_one_world(space: FactorSpace, studio: Studio) -> None:
    pairs = canonical_pairs(space, 6, 4, studio)
    np.testing.assert_array_equal(pairs.rows[:, 0], space.sample(6, 4))
    np.testing.assert_allclose(pairs.rows[:, 1, :3], np.tile([0.0, 1.3, 0.0], (6, 1)))
    np.testing.assert_array_equal(pairs.rows[:, 1, 3], pairs.rows[:, 0, 3])
    np.testing.assert_array_equal(studio.images(space, pairs.rows[:, 1]).rgb, pairs.images[:, 1])
    few = canonical_pairs(space, 2, 4, studio, clean=space.restrict({"light_azimuth": [20, 40]}))
    assert (few.rows[:, 1, 0] == 30).all()
    np.testing.assert_array_equal(few.images[:, 0], pairs.images[:2, 0])
    with pytest.raises(SimfactorError, match="count=0 must be"):
        canonical_pairs(space, 0, 4, studio)


def test_a_change_never_enters_what_is_held_out(space: FactorSpace) -> None:
    held_out = space.hold_out_combination({"object_x": (0.4, 0.5), "light_azimuth": (-60, 0)})
    after = change_some(held_out, held_out.sample(400, 3), 8, 2)
    assert not held_out.in_excluded(after).any()


def test_impossible_changes(space: FactorSpace) -> None:
    rows = space.sample(2, 0)
    with pytest.raises(SimfactorError, match="changes=9 must be from 1 to 4"):
        change_some(space, rows, 0, 9)
    with pytest.raises(SimfactorError, match="unknown factor that varies 'object_z'"):
        change_some(space, rows, 0, 1, ["object_z"])


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
