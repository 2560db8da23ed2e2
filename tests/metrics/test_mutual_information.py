import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import mutual_info_score

from simfactor.errors import SimfactorError
from simfactor.metrics import mig, mutual_information_matrix
from simfactor.metrics.mutual_information import bin_equal_width, entropy, mutual_information

LABELS = hnp.arrays(np.int64, 40, elements=st.integers(-2, 5))


@settings(deadline=None)
@given(a=LABELS, b=LABELS)
def test_mutual_information_agrees_with_scikit_learn_and_its_bounds(a, b):
    information = mutual_information(a, b)
    assert information == pytest.approx(mutual_info_score(a, b), abs=1e-12)
    assert information == pytest.approx(mutual_information(b, a), abs=1e-12)
    assert 0 <= information <= min(entropy(a), entropy(b)) + 1e-12


@settings(deadline=None)
@given(labels=LABELS)
def test_entropy_is_information_about_itself(labels):
    assert entropy(labels) == pytest.approx(mutual_information(labels, labels), abs=1e-12)


@settings(deadline=None)
@given(
    values=hnp.arrays(np.float64, 50, elements=st.floats(-1e6, 1e6, width=32)),
    bins=st.integers(2, 30),
)
def test_bins_are_those_of_the_published_definition(values, bins):
    assume(np.ptp(values) > 1e-6)
    np.testing.assert_array_equal(
        bin_equal_width(values, bins), np.digitize(values, np.histogram(values, bins)[1][:-1])
    )


@pytest.mark.parametrize("spread", [0.0, 5e-324, 1e-300])
def test_a_collapsed_latent_is_binned_not_refused(spread):
    cells = bin_equal_width(np.array([1.0, 1.0 + spread, 1.0]), 20)
    assert len(set(cells)) == 1


def test_matrix_shows_which_latent_tells_which_factor():
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 4, (3000, 3))
    codes = np.column_stack([factors[:, 2], rng.normal(size=3000), factors[:, 0], factors[:, 0] // 2])
    expected = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0], [0.5, 0, 0]])
    np.testing.assert_allclose(mutual_information_matrix(codes, factors), expected, atol=0.01)


def test_continuous_and_angle_columns_take_part_as_equal_width_classes():
    values = np.random.default_rng(1).uniform(-3, 4, (2000, 2))
    labels = np.column_stack([bin_equal_width(column, 8) for column in values.T])
    a = mutual_information_matrix(values, values, kinds=("continuous", "angle"), factor_bins=8)
    np.testing.assert_allclose(a, mutual_information_matrix(values, labels))
    assert mig(values, values, kinds=("continuous", "angle"), bins=8, factor_bins=8) == pytest.approx(
        1, abs=0.02
    )


def test_mig_is_the_mean_gap():
    factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 10)
    # Only latent 1 tells the second factor; latents 0 and 2 both tell the first.
    codes = np.column_stack([factors[:, 0], factors[:, 1], factors[:, 0]])
    assert mig(codes, factors) == pytest.approx((0 + 1) / 2)


def test_mig_of_a_single_latent_has_no_rival():
    labels = np.arange(60)[:, None] % 3
    assert mig(labels, labels) == pytest.approx(1)


def test_constant_factors_are_named_or_dropped():
    factors = np.array([[0, 7, 0], [1, 7, 0]] * 15)
    names = ("light", "camera", "table")
    with pytest.raises(SimfactorError, match="do not vary here: 'camera', 'table'; leave them out"):
        mig(factors, factors, names=names)
    assert mig(factors, factors, names=names, constant="drop") == pytest.approx(1)
    matrix = mutual_information_matrix(factors, factors, constant="drop")
    np.testing.assert_array_equal(np.isnan(matrix), [[False, True, True]] * 3)
    with pytest.raises(SimfactorError, match="sample at least one factor"):
        mig(factors, factors[:, 1:], constant="drop")


def test_fewer_samples_than_bins_are_refused():
    values = np.arange(19.0)[:, None]
    with pytest.raises(SimfactorError, match=r"19 samples cannot fill 20 bins; give more samples"):
        mig(values, values, kinds=["continuous"])
    assert 0 <= mig(values, values, kinds=["continuous"], bins=19) <= 1
