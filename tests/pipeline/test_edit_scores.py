"""Edits scored in a world drawn with NumPy, where the counterfactuals are exact."""

import json

import numpy as np
import pytest
from halves import SPACE, draw

from simfactor.encoders import FactorEncoder, exchange
from simfactor.errors import SimfactorError
from simfactor.pipeline import score_edits
from simfactor.pipeline.edit_scores import COLUMNS, edit_table, edits_as_data

ROWS = SPACE.sample(24, seed=1)


@pytest.fixture(scope="module")
def scores(halves):
    return score_edits(halves, SPACE, draw, ROWS)


def test_a_learned_factor_is_edited_and_the_rest_stays(scores):
    for name, other in (("top", "bottom"), ("bottom", "top")):
        found = scores[name]
        assert found.score.efficacy > 0.9
        assert found.score.error < 0.9 * found.score.baseline
        assert found.score.still == 0.5
        assert found.score.outside < 0.25 * found.score.baseline
        assert found.moved[name] > 2 * found.moved[other]
        assert set(found.others(name)) == {other, "tint", "residual"}
    assert np.isnan(scores["tint"].score.outside)


def test_the_pictures_are_those_of_the_largest_change(scores):
    after = SPACE.intervene(ROWS, ["top"], 0)
    image, true, decoded, edited, off = scores["top"].pictures
    largest = np.abs(after[:, 0] - ROWS[:, 0]).argsort()[
        -3:
    ]  # the tint makes the same change larger or smaller
    assert any(np.array_equal(image, picture) for picture in draw(ROWS[largest]))
    assert any(np.array_equal(true, picture) for picture in draw(after[largest]))
    assert np.array_equal(off, np.abs(edited.astype(int) - true))
    assert decoded.shape == image.shape
    assert len(COLUMNS) == 5


def test_chosen_factors_and_the_same_again(halves, scores):
    again = score_edits(halves, SPACE, draw, ROWS, ["bottom"])
    assert list(again) == ["bottom"]
    assert again["bottom"].score == scores["bottom"].score
    other = score_edits(halves, SPACE, draw, ROWS, ["bottom"], seed=5)
    assert other["bottom"].score != scores["bottom"].score


def test_blocks_without_values_are_exchanged():
    encoder = FactorEncoder(SPACE, 64, "group_vae", network="conv64")
    found = score_edits(encoder, SPACE, draw, ROWS, ["top"], seed=3)["top"]
    after = SPACE.intervene(ROWS, ["top"], 3)
    swapped = exchange(encoder, draw(ROWS), "top", draw(after))
    assert np.abs(swapped.astype(int) - found.pictures[3]).max(axis=(1, 2, 3)).min() <= 1


def test_what_is_not_defined_is_none_in_data_and_a_dash_in_the_table(scores):
    data = edits_as_data(scores)
    json.dumps(data, allow_nan=False)
    assert data["by_factor"]["tint"]["outside"] is None
    assert data["mean"]["outside"] == pytest.approx(
        (scores["top"].score.outside + scores["bottom"].score.outside) / 2
    )
    defined = [f.score.efficacy for f in scores.values() if np.isfinite(f.score.efficacy)]
    assert data["mean"]["factors_with_efficacy"] == len(defined)
    assert data["mean"]["efficacy"] == pytest.approx(np.mean(defined))
    lines = edit_table(scores).splitlines()
    assert [line.split()[0] for line in lines] == ["factor", "top", "bottom", "tint", "mean"]
    assert lines[3].split()[6] == "-"


def test_mistakes_are_named(halves):
    with pytest.raises(SimfactorError, match="does not know which latent is which factor"):
        score_edits(FactorEncoder(SPACE, 64, "vae", network="conv64"), SPACE, draw, ROWS)
    with pytest.raises(SimfactorError, match="unknown factor that varies and has a block 'tops'"):
        score_edits(halves, SPACE, draw, ROWS, ["tops"])
    with pytest.raises(SimfactorError, match="'top'; allowed: bottom, tint"):
        score_edits(halves, SPACE.fix({"top": 1.0}), draw, ROWS, ["top"])
    with pytest.raises(SimfactorError, match="1 rows are too few"):
        score_edits(halves, SPACE, draw, ROWS[:1])
