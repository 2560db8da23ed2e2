import numpy as np
import pytest
from dots import SPACE
from hypothesis import given
from hypothesis import strategies as st

from simfactor.encoders import LatentLayout, ideal_latents
from simfactor.encoders.codes import factor_codes, factor_values, heads_of
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

FACTORS = [
    Continuous(-2.0, 5.0),
    Angle(150, 210),
    Angle(-180, 180),
    Angle(10, 300),
    Categorical(tuple("abcde")),
    Categorical(("only",)),
]


@pytest.mark.parametrize("factor", FACTORS, ids=str)
@given(st.integers(0, 2**32 - 1))
def test_values_come_back_from_their_codes(factor, seed):
    values = FactorSpace({"f": factor}).sample(20, seed)[:, 0]
    back = factor_values(factor, factor_codes(factor, values))
    np.testing.assert_allclose(back, values, atol=1e-8)


def test_hand_computed_codes():
    assert factor_codes(Continuous(0.3, 0.6), np.array([0.3, 0.45, 0.6])).ravel() == pytest.approx([-1, 0, 1])
    np.testing.assert_allclose(
        factor_codes(Angle(0, 360), np.array([0.0, 90.0, 180.0])), [[1, 0], [0, 1], [-1, 0]], atol=1e-12
    )
    assert factor_codes(Categorical(("a", "b", "c")), np.array([0, 1, 2])).ravel().tolist() == [-1, 0, 1]


def test_a_circle_has_no_seam_and_an_arc_knows_whole_turns():
    near, far = factor_codes(Angle(-180, 180), np.array([-179.9, 179.9]))
    assert np.abs(near - far).max() < 0.01
    codes = factor_codes(Angle(-45, 45), np.array([-10.0, 350.0]))
    assert codes[0] == pytest.approx(codes[1])


def test_a_fixed_factor_has_code_zero():
    assert factor_codes(Continuous(0.4, 0.4), np.array([0.4])).item() == 0


def test_a_restriction_keeps_the_codes_of_categories():
    whole, part = Categorical(tuple("abcd")), Categorical(tuple("abcd"), allowed=("b", "d"))
    codes = np.array([1, 3])
    assert factor_codes(whole, codes).tolist() == factor_codes(part, codes).tolist()


def test_ideal_latents_fill_every_block_but_the_residual():
    layout = LatentLayout.for_space(SPACE, residual=2)
    rows = SPACE.sample(50, 0)
    latents = ideal_latents(SPACE, layout, rows)
    assert latents.shape == (50, layout.size)
    assert not latents[:, layout.dims("residual")].any()
    assert np.hypot(*latents[:, layout.dims("hue")].T) == pytest.approx(1)
    assert latents[:, layout.dims("x")[0]] == pytest.approx((rows[:, 0] - 1) / 3)


def test_heads_tile_the_outputs():
    heads = heads_of(SPACE, LatentLayout.for_space(SPACE))
    assert [(h.outputs.start, h.outputs.stop) for h in heads] == [(0, 1), (1, 2), (2, 4), (4, 6)]
