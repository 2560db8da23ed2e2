import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from simfactor.metrics import mcc
from simfactor.metrics._correlation import explained_by_classes, explained_by_columns, unit_columns


@settings(deadline=None)
@given(seed=st.integers(0, 999), width=st.integers(1, 4))
def test_explained_share_is_that_of_least_squares(seed, width):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(30, width)) @ rng.normal(size=(width, width))
    values = 5 + target @ rng.normal(size=(width, 3)) + rng.normal(size=(30, 3))
    fitted = LinearRegression().fit(target, values).predict(target)
    np.testing.assert_allclose(
        explained_by_columns(values, target), r2_score(values, fitted, multioutput="raw_values")
    )
    labels = rng.integers(0, 4, 30)
    indicators = (labels[:, None] == np.unique(labels)).astype(np.float64)
    np.testing.assert_allclose(
        explained_by_classes(values, labels), explained_by_columns(values, indicators), atol=1e-12
    )


def test_one_column_is_the_squared_correlation():
    a, b = np.random.default_rng(0).normal(size=(2, 50))
    assert explained_by_columns(a[:, None], b[:, None])[0] == pytest.approx(np.corrcoef(a, b)[0, 1] ** 2)
    repeated = np.column_stack([b, b, -2 * b])
    assert explained_by_columns(a[:, None], repeated)[0] == pytest.approx(np.corrcoef(a, b)[0, 1] ** 2)


@pytest.mark.parametrize("spread", [5e-324, 1e-300, 1e-8, 1e300])
def test_unit_columns_of_any_spread(spread):
    columns = np.column_stack([np.arange(4) * spread, np.full(4, 0.1)])
    units = unit_columns(columns)
    np.testing.assert_allclose(np.linalg.norm(units, axis=0), [1, 0])
    np.testing.assert_allclose(units.sum(axis=0), 0, atol=1e-12)


def test_matching_takes_each_latent_once():
    """Both factors follow latent 0 best; the best matching gives it to the second."""
    rng = np.random.default_rng(1)
    shared, own = rng.normal(size=(2, 2000))
    codes = np.column_stack([shared, shared + own, rng.normal(size=2000)])
    factors = np.column_stack([shared + 0.5 * own, shared])
    result = mcc(codes, factors, kinds=["continuous"] * 2)
    assert result.latents == (1, 0)
    expected = [np.corrcoef(codes[:, 1], factors[:, 0])[0, 1], 1]
    np.testing.assert_allclose(result.by_factor, expected)
    np.testing.assert_allclose(result.matrix[0], np.abs(np.corrcoef(shared, factors.T)[0, 1:]))
    assert result.score == pytest.approx(np.mean(expected))
    assert (result.correlation, result.n) == ("pearson", 2000)


def test_fewer_latents_than_factors():
    factors = np.random.default_rng(2).normal(size=(200, 3))
    result = mcc(-factors[:, 1:2], factors, kinds=["continuous"] * 3)
    assert result.latents == (None, 0, None)
    assert result.score == pytest.approx(1 / 3)


def test_ranks_forgive_a_curve_and_pearson_does_not():
    values = np.random.default_rng(3).normal(size=(500, 1))
    scores = [
        mcc(np.exp(3 * values), values, kinds=["continuous"], correlation=name).score
        for name in ("pearson", "spearman")
    ]
    assert scores[0] < 0.6
    assert scores[1] == pytest.approx(1)


def test_angles_and_classes_have_no_order():
    """A sawtooth's first harmonic holds 6 / pi^2 of its variance; cos and shuffled names lose nothing."""
    degrees = (np.arange(20000) + 0.5) * 360 / 20000
    classes = np.array([5, -1, 7, 2])[np.arange(20000) % 4]
    codes = np.column_stack([degrees, np.cos(np.radians(degrees - 70)), np.arange(20000) % 4])
    factors = np.column_stack([degrees, classes])
    matrix = mcc(codes, factors, kinds=("angle", "categorical")).matrix
    np.testing.assert_allclose(matrix[:, 0], [np.sqrt(6) / np.pi, 1, 0], atol=1e-3)
    np.testing.assert_allclose(matrix[:, 1], [0, 0, 1], atol=1e-3)


def test_collapsed_latents_correlate_with_nothing():
    factors = np.column_stack([np.arange(30) % 3, np.arange(30)])
    result = mcc(np.full((30, 2), 0.1), factors, kinds=("categorical", "continuous"), correlation="spearman")
    assert result.score == 0 == result.matrix.max()
