import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import Lasso
from sklearn.preprocessing import StandardScaler

from simfactor.metrics import udr
from simfactor.metrics.udr import one_to_one


@pytest.fixture(scope="module")
def latents():
    return np.random.default_rng(0).normal(size=(2000, 4))


def _rotated(latents, seed):
    return latents @ np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]


def test_equation_2():
    assert one_to_one(np.eye(3)) == 1
    assert one_to_one(0.9 * np.eye(3)) == pytest.approx(0.9)
    assert one_to_one(np.ones((3, 3))) == pytest.approx(1 / 3)
    assert one_to_one(np.zeros((2, 3))) == 0
    # Columns 4/4, 1/1 and 0, rows 4/3 and 0 of the sum 0.
    assert one_to_one(np.array([[2.0, 1, 0], [0, 0, 0]])) == pytest.approx((2 + 1 + 4 / 3) / 5)


@pytest.mark.parametrize(("similarity", "perfect", "off"), [("lasso", 0.9, 0.001), ("spearman", 1, 0.1)])
def test_trainings_that_agree_rank_above_entangled_ones(latents, similarity, perfect, off):
    """Order, sign and scale of latents are no disagreement; a rotation is. Chance correlations cost some."""
    agreeing = [latents, -latents[:, ::-1], latents[:, [1, 0, 3, 2]] * [1, 2, 3, 4]]
    result = udr([*agreeing, _rotated(latents, 1), _rotated(latents, 2)], similarity=similarity)
    assert result.pairwise[0, 1] == pytest.approx(perfect, abs=off)
    assert result.scores[:3].min() > result.scores[3:].max() + 0.2
    assert (result.similarity, result.n, result.active) == (similarity, 2000, (4,) * 5)
    np.testing.assert_array_equal(np.diag(result.pairwise), 0)
    others = result.pairwise[[0, 1, 3, 4], 2]
    assert result.scores[2] == pytest.approx(np.median(others))


def test_similarities_are_those_of_scipy_and_scikit_learn(latents):
    mixed = np.tanh(_rotated(latents, 3))[:, :3]
    ranks = np.abs(spearmanr(latents, mixed).statistic[:4, 4:])
    result = udr([latents, mixed], similarity="spearman")
    assert result.pairwise[0, 1] == pytest.approx(one_to_one(ranks)) == pytest.approx(result.pairwise[1, 0])
    a, b = (StandardScaler().fit_transform(z) for z in (latents, mixed))
    weights = [np.abs(Lasso(alpha=0.1).fit(*pair).coef_.T) for pair in ((a, b), (b, a))]
    result = udr([latents, mixed])
    assert result.pairwise[0, 1] == pytest.approx(one_to_one(weights[0]))
    assert result.pairwise[1, 0] == pytest.approx(one_to_one(weights[1]))
    np.testing.assert_allclose(result.scores, [result.pairwise[1, 0], result.pairwise[0, 1]])


def test_inactive_latents_are_left_out(latents):
    noise = np.random.default_rng(5).normal(size=(2000, 2))
    padded = [np.hstack([latents, 0.01 * part]) for part in (noise[:, :1], noise[:, 1:])]
    bare = udr([latents, latents])
    # By their variance, or by the divergence given.
    assert udr(padded).active == (4, 4)
    np.testing.assert_allclose(udr(padded).scores, bare.scores)
    loud = [np.hstack([latents, part]) for part in (noise[:, :1], noise[:, 1:])]
    assert udr(loud).scores[0] < 0.8
    divergence = [[3, 3, 3, 3, 0.001]] * 2
    np.testing.assert_allclose(udr(loud, activity=divergence).scores, bare.scores)


def test_a_collapsed_training_agrees_with_none(latents):
    collapsed = np.full((2000, 4), 0.1)
    result = udr([latents, latents, collapsed, latents])
    assert result.scores[2] == 0 < result.scores[0]
    assert result.active == (4, 4, 0, 4)
    # A divergence cannot make a latent vary.
    assert udr([collapsed, latents], activity=[[1] * 4] * 2).scores.max() == 0


@pytest.mark.parametrize("similarity", ["lasso", "spearman"])
def test_a_single_latent_each(similarity, latents):
    column = latents[:, :1]
    assert udr([column, 2 * column], similarity=similarity).scores[0] > 0.89
    assert udr([column, latents], similarity=similarity).scores.shape == (2,)
