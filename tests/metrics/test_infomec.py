import numpy as np
import pytest
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from simfactor.metrics import infomec
from simfactor.metrics.nearest_neighbours import information, line

N = 1000
KINDS = ("categorical", "continuous", "angle")


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def factors():
    rng = np.random.default_rng(1)
    return np.column_stack([rng.integers(0, 4, N), rng.normal(size=N), rng.uniform(0, 360, N)])


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_information_of_gaussians(rng, correlation):
    a, b = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 4000).T
    value = information(line(a, None, rng), line(b, None, rng), 10)
    assert value == pytest.approx(-np.log(1 - correlation**2) / 2, abs=0.04)
    assert value == pytest.approx(mutual_info_regression(a[:, None], b, n_neighbors=10)[0], abs=1e-3)


def test_information_of_a_line_about_classes_is_scikit_learns(rng):
    labels = rng.integers(0, 5, 2000)
    values = rng.normal(size=2000) + labels
    expected = mutual_info_classif(values[:, None], labels, discrete_features=False, n_neighbors=10)[0]
    assert information(line(values, None, rng), labels, 10) == pytest.approx(expected, abs=1e-3)


def test_a_circle_has_no_ends(rng):
    """Turning the zero of an angle changes nothing, and classes on both sides of it are one place."""
    degrees = rng.uniform(0, 360, 2000)
    other = degrees + rng.normal(0, 20, 2000)
    labels = (degrees > 300).astype(np.int64) | (degrees < 60)
    for b in (labels.astype(np.int64), line(other, 360.0, rng)):
        a, turned = (
            information(line(column, 360.0, rng), b, 10) for column in (degrees, (degrees + 117) % 360)
        )
        assert turned == pytest.approx(a, abs=1e-3)
    # A wrapped normal of 20 degrees on a uniform circle: ln(2 pi) - entropy of the noise.
    expected = np.log(360) - 0.5 * np.log(2 * np.pi * np.e * 20**2)
    assert a == pytest.approx(expected, abs=0.05)


def test_nothing_is_told_by_a_constant_or_by_lone_samples(rng):
    constant = line(np.full(500, 3.0), None, rng)
    assert information(constant, line(rng.normal(size=500), None, rng), 10) < 0.05
    assert information(constant, rng.integers(0, 3, 500), 10) < 0.05
    assert information(line(rng.normal(size=20), None, rng), np.arange(20), 10) == 0


@pytest.mark.parametrize(
    ("kind", "column"),
    [("continuous", np.linspace(0, 1, 500)), ("angle", np.linspace(0, 359, 500))],
)
def test_a_column_tells_itself(kind, column):
    scores = infomec(
        np.column_stack([column, column[::-1] % 7]),
        np.column_stack([column, np.arange(500) % 2]),
        kinds=(kind, "categorical"),
    )
    # As a latent, which is a line, an angle is cut open at its zero.
    assert scores.information[0, 0] == pytest.approx(1, abs=0.03 if kind == "continuous" else 0.15)


def test_levels_of_a_lattice_are_worth_their_entropy():
    rng = np.random.default_rng(2)
    levels = rng.integers(0, 8, (2000, 2)) / 7.0
    codes = levels + 0.01 * rng.normal(size=(2000, 2))
    scores = infomec(codes, levels, kinds=("continuous", "continuous"))
    np.testing.assert_allclose(scores.information, np.eye(2), atol=0.03)


def test_identity_and_rotated_codes(factors):
    scaled = (factors - factors.mean(0)) / factors.std(0)
    aligned = infomec(scaled, factors, kinds=KINDS)
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    rotated = infomec(scaled @ rotation, factors, kinds=KINDS)
    assert min(aligned.modularity, aligned.compactness) > 0.95
    assert max(rotated.modularity, rotated.compactness) < 0.8
    assert rotated.explicitness == pytest.approx(aligned.explicitness, abs=0.01)
    assert (aligned.n, aligned.information.shape, aligned.estimator) == (N, (3, 3), "KSG k=10")


def test_order_and_units_of_columns_do_not_matter(factors):
    codes = np.tanh(factors @ np.random.default_rng(4).normal(size=(3, 4)) / [[50, 50, 50, 50]])
    a = infomec(codes, factors, kinds=KINDS)
    b = infomec(codes[:, ::-1], (factors * [1, -3, 1] + [5, 2, 360])[:, ::-1], kinds=KINDS[::-1])
    np.testing.assert_allclose(b.information[::-1, ::-1], a.information, atol=0.01)
    assert b[:3] == pytest.approx(a[:3], abs=0.01)


def test_two_copies_of_a_latent_are_less_compact_and_as_modular(factors):
    scaled = factors / factors.std(0)
    once, twice = (infomec(codes, factors, kinds=KINDS) for codes in (scaled, np.hstack([scaled, scaled])))
    assert twice.modularity == pytest.approx(once.modularity, abs=0.01)
    assert twice.compactness == pytest.approx((1 / 2 - 1 / 6) / (1 - 1 / 6), abs=0.02)


def test_latents_of_small_range_are_left_out(factors):
    noise = np.random.default_rng(5).uniform(0, 0.01, (N, 2))
    classes = factors[:, :1] * [[1.0, 2.0]]
    rows = np.column_stack([factors[:, 0], np.random.default_rng(6).integers(0, 2, N)])
    scores = infomec(np.hstack([classes, noise]), rows)
    assert scores.active.tolist() == [True, True, False, False]
    assert scores.modularity > 0.95


def test_a_collapsed_encoder_scores_nothing(factors):
    scores = infomec(np.full((N, 3), 0.5), factors, kinds=KINDS)
    assert not scores.active.any()
    assert scores[:3] == pytest.approx((0, 0, 0), abs=1e-6)
    one = infomec(factors[:, :1], factors, kinds=KINDS)
    assert (one.compactness, one.active.sum()) == (0, 1)


def test_discrete_codes_are_counted():
    """The information of (latent 0, factor 0) is half of two bits: pairs of classes share a code."""
    rng = np.random.default_rng(7)
    factors = rng.integers(0, 4, (4000, 2))
    codes = np.column_stack([factors[:, 0] // 2, factors[:, 1]])
    scores = infomec(codes, factors, discrete_codes=True)
    np.testing.assert_allclose(scores.information, [[0.5, 0], [0, 1]], atol=0.01)
    # Half of the classes are told, and all of the others: ln 2 of ln 4, and everything.
    assert scores.explicitness == pytest.approx((0.5 + 1) / 2, abs=0.01)
    assert scores.estimator == "counts"


def test_discrete_codes_of_continuous_factors():
    rng = np.random.default_rng(8)
    factors = rng.uniform(size=(3000, 2))
    codes = np.floor(4 * factors)
    scores = infomec(codes, factors, kinds=("continuous", "continuous"), discrete_codes=True)
    expected = np.log(4) / (digamma(3000) - digamma(10))
    np.testing.assert_allclose(scores.information, np.eye(2) * expected, atol=0.02)
