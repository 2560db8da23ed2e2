"""Scores of edits whose errors are known in closed form."""

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.metrics import block_changes, edit_score

RNG = np.random.default_rng(0)
BEFORE = RNG.uniform(0.0, 0.4, (6, 8, 8, 3))
AFTER = BEFORE.copy()
AFTER[:, :4] += 0.3  # the upper half changes, everywhere by as much


def _score(edited, plain=BEFORE, best=AFTER, images=BEFORE, counterfactuals=AFTER):
    return edit_score(
        images=images,
        counterfactuals=counterfactuals,
        reconstructions=plain,
        counterfactual_reconstructions=best,
        edited=edited,
    )


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_share_of_the_change_has_its_closed_form(share):
    score = _score(BEFORE + share * (AFTER - BEFORE))
    whole = 0.3 * np.sqrt(0.5)
    assert score.efficacy == pytest.approx(1 - (1 - share) ** 2)
    assert score.error == pytest.approx((1 - share) * whole, abs=1e-12)
    assert (score.floor, score.baseline) == pytest.approx((0, whole))
    assert (score.shown, score.outside, score.still, score.n) == pytest.approx((1, 0, 0.5, 6))


def test_a_decoder_with_faults_is_the_floor_and_no_more():
    fault = RNG.uniform(0.0, 0.1, BEFORE.shape)
    plain, best = BEFORE + fault, AFTER + fault
    score = _score(best, plain, best)
    assert score.efficacy == 1
    assert score.error == score.floor == pytest.approx(np.sqrt(np.square(fault).mean()))


def test_a_change_the_wrong_way_is_clipped():
    wrong = BEFORE.copy()
    wrong[:, :4] *= 0.5
    assert _score(wrong).efficacy == 0
    better_than_encoding = _score(AFTER, BEFORE, 0.9 * AFTER)
    assert better_than_encoding.efficacy == 1
    assert better_than_encoding.error < better_than_encoding.floor


def test_what_moves_where_nothing_should_is_outside():
    edited = AFTER.copy()
    edited[:, 4:] += 0.2
    assert _score(edited).outside == pytest.approx(0.2)
    edited = AFTER.copy()
    edited[:, 4:6, :, 0] += 0.2  # a quarter of the pixels, half of the still ones, one of three channels
    assert _score(edited).outside == pytest.approx(0.2 * np.sqrt(0.5 / 3))


def test_bytes_and_numbers_score_alike():
    a, b = ((255 * x).astype(np.uint8) for x in (BEFORE, AFTER))
    half = ((a.astype(int) + b) // 2).astype(np.uint8)
    whole = _score(half, a, b, a, b)
    assert whole == pytest.approx(_score(half / 255, a / 255, b / 255, a / 255, b / 255))


def test_a_factor_that_the_decoder_does_not_show_has_no_efficacy():
    grey = np.full_like(BEFORE, 0.5)
    score = _score(grey, grey, grey)
    assert np.isnan(score.efficacy)
    assert score.shown == 0
    noise = RNG.uniform(0, 1, (2, *BEFORE.shape))  # gains and losses by chance are no gain
    assert np.isnan(_score(BEFORE, *noise).efficacy)


def test_what_is_not_defined_is_said_to_be():
    dimmed = BEFORE * 0.5
    score = _score(dimmed, BEFORE, dimmed, BEFORE, dimmed)
    assert score.still == 0
    assert np.isnan(score.outside)
    invisible = _score(BEFORE, BEFORE, BEFORE, BEFORE, BEFORE)
    assert np.isnan(invisible.efficacy)
    assert np.isnan(invisible.shown)
    assert (invisible.error, invisible.outside, invisible.still) == (0, 0, 1)


@pytest.mark.parametrize(
    ("edited", "told"),
    [
        (AFTER[:5], r"shapes \[\(5, 8, 8, 3\), \(6, 8, 8, 3\)\]; all need one shape"),
        (AFTER[..., 0], r"edited: got float64 of shape \(6, 8, 8\); give \(n, h, w, c\)"),
        (AFTER * 255, "edited: values lie outside"),
        (AFTER * np.nan, "edited: values lie outside"),
        (AFTER > 0.3, "edited: got bool"),
    ],
)
def test_mistakes_are_named(edited, told):
    with pytest.raises(SimfactorError, match=told):
        _score(edited)


def test_one_image_is_too_few():
    with pytest.raises(SimfactorError, match="at least 2 images"):
        edit_score(
            images=BEFORE[:1],
            counterfactuals=AFTER[:1],
            reconstructions=BEFORE[:1],
            counterfactual_reconstructions=AFTER[:1],
            edited=AFTER[:1],
        )


def test_blocks_move_in_units_of_their_spread():
    spread = RNG.normal(size=(4000, 4)) * [1, 2, 2, 5]
    spread[:, 3] = 7.0
    before = RNG.normal(size=(50, 4))
    after = before + np.array([1, 2, 2, 0])
    blocks = [[0], [1, 2], [3]]
    moved = block_changes(before, after, blocks, spread)
    np.testing.assert_allclose(moved[:2], 1, rtol=0.05)
    assert np.isnan(moved[2])
    unrelated = block_changes(spread[:2000], spread[2000:], blocks, spread)
    np.testing.assert_allclose(unrelated[:2], np.sqrt(2), rtol=0.05)
    with pytest.raises(SimfactorError, match="latents of one encoder"):
        block_changes(before, after[:9], blocks, spread)
