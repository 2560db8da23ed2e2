import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.metrics import modularity
from simfactor.metrics._checks import check_labelled
from simfactor.metrics._classes import factor_classes


def _classes(column, kind, bins, period=360.0):
    data = check_labelled(np.zeros((len(column), 1)), column[:, None], [kind], [period], None)
    return factor_classes(data, bins)[0]


def _partition(labels):
    return np.unique(labels, return_inverse=True)[1][:, None] == np.unique(labels, return_inverse=True)[1]


@settings(deadline=None)
@given(zero=st.integers(-720, 720), seed=st.integers(0, 99))
def test_neither_zero_nor_the_end_of_a_turn_matters(zero, seed):
    degrees = np.random.default_rng(seed).integers(0, 90, 60).astype(np.float64)
    expected = _partition(_classes(degrees, "continuous", 6))
    np.testing.assert_array_equal(_partition(_classes(degrees + zero, "angle", 6)), expected)


def test_angles_across_the_end_of_a_turn_fill_all_bins():
    labels = _classes(np.array([350, 355, 0, 5, 10, 350, 0, 10.0]), "angle", 5)
    assert len(set(labels)) == 5
    assert labels[0] == labels[5] != labels[2] == labels[6]


def test_labels_stay_as_they_are():
    labels = np.array([3.0, -2, 3, 9])
    np.testing.assert_array_equal(_classes(labels, "categorical", 2), labels)


def _modularity(information):
    """Equation of Ridgeway & Mozer, of one latent."""
    squares = np.square(information)
    return 1 - (squares.sum() - squares.max()) / (squares.max() * (len(squares) - 1))


def test_modularity_of_latents_that_mix():
    grid = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij"), -1).reshape(-1, 3).repeat(10, 0)
    # A latent that is two bits tells both; one that is the third bit tells it alone; a constant, nothing.
    codes = np.column_stack([2 * grid[:, 0] + grid[:, 1], grid[:, 2], np.zeros(80)])
    mixed = _modularity(np.log([2, 2, 1]))
    assert mixed == pytest.approx(1 / 2)
    assert modularity(codes, grid) == pytest.approx((mixed + 1 + 0) / 3)


def test_modularity_weighs_information_in_nats():
    """A latent that tells a factor of four values and one of two: 2 bits against 1."""
    grid = np.stack(np.meshgrid(np.arange(4), np.arange(2), indexing="ij"), -1).reshape(-1, 2).repeat(5, 0)
    codes = (2 * grid[:, :1] + grid[:, 1:]).astype(np.float64)
    assert modularity(codes, grid) == pytest.approx(_modularity(np.log([4, 2])))
