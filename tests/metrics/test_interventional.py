import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.metrics import interventional

N, K = 300, 3


@pytest.fixture(scope="module")
def pairs():
    """Rows (n, K) before and after, and what changed (n, K): one factor a row."""
    rng = np.random.default_rng(0)
    before = rng.normal(size=(N, K))
    changed = np.eye(K, dtype=bool)[np.arange(N) % K]
    return before, np.where(changed, rng.normal(size=(N, K)), before), changed


def test_identity_codes_are_perfect(pairs):
    scores = interventional(*pairs, blocks=[[0], [1], [2]])
    assert scores.disentanglement == scores.completeness == scores.modularity == 1
    np.testing.assert_array_equal(scores.effect > 0, np.eye(K, dtype=bool))
    # Two independent standard normals differ by 2 / sqrt(pi) on average.
    np.testing.assert_allclose(np.diag(scores.effect), 2 / np.sqrt(np.pi), rtol=0.2)
    np.testing.assert_array_equal(scores.leak, 0)
    assert scores.n == N


def test_the_effects_of_a_linear_map_are_its_weights(pairs):
    before, after, changed = pairs
    weights = np.array([[1.0, 0.0, 2.0], [0.5, 0.0, 0.0], [0.0, 3.0, 1.0]])  # (K, L)
    effect = interventional(before @ weights, after @ weights, changed).effect
    shift = np.abs(after - before).sum(axis=0) / changed.sum(axis=0)
    expected = (weights * shift[:, None]).T / np.vstack([before @ weights, after @ weights]).std(0)[:, None]
    np.testing.assert_allclose(effect, expected, atol=1e-12)


def test_correlated_factors_do_not_mislead(pairs):
    """Latent 0 reads factor 0 only, whatever factor 1, which goes along with it, would predict of it."""
    before, after, changed = (array.copy() for array in pairs)
    for rows in (before, after):
        rows[~changed[:, 1] & ~changed[:, 0], 1] = rows[~changed[:, 1] & ~changed[:, 0], 0]
    assert interventional(before, after, changed).disentanglement == 1


def test_shares_of_blocks(pairs):
    """Factor 2 moves its own latent and that of factor 0 by as much."""
    before, after, changed = pairs
    mix = np.eye(K)
    mix[2, 0] = 1.0
    scores = interventional(before @ mix, after @ mix, changed, blocks=[[0], [1], [2]])
    spread = np.vstack([before @ mix, after @ mix]).std(axis=0)
    own, leaked = 1 / spread[2], 1 / spread[0]
    np.testing.assert_allclose(scores.own_share, [1, 1, own / (own + leaked)])
    np.testing.assert_allclose(scores.leak, [0, 0, leaked / (own + leaked)])
    assert scores.modularity == pytest.approx(1 - scores.effect[0, 2] / scores.effect.sum())


def test_factors_may_share_a_block_or_have_none(pairs):
    scores = interventional(*pairs, blocks=[[0, 1], [0, 1], None])
    np.testing.assert_array_equal(scores.own_share, [1, 1, 0])
    assert scores.modularity == 1
    assert interventional(*pairs).own_share is None is interventional(*pairs).leak


def test_units_order_and_dead_latents_do_not_matter(pairs):
    before, after, changed = pairs
    mix = np.random.default_rng(1).normal(size=(K, 4))
    a = interventional(before @ mix, after @ mix, changed)
    scale = np.array([8.0, 0.5, 2.0, 4.0])
    b = interventional((before @ mix * scale)[:, ::-1], (after @ mix * scale)[:, ::-1], changed)
    np.testing.assert_allclose(b.effect[::-1], a.effect)
    assert b[:2] == pytest.approx(a[:2])
    dead = np.full((N, 2), 7.0)
    c = interventional(np.hstack([before @ mix, dead]), np.hstack([after @ mix, dead]), changed)
    np.testing.assert_array_equal(c.effect[4:], 0)
    assert c.disentanglement == pytest.approx(a.disentanglement)


def test_a_collapsed_encoder_scores_nothing(pairs):
    scores = interventional(np.ones((N, 2)), np.ones((N, 2)), pairs[2], blocks=[[0], [1], [1]])
    assert scores[:2] == (0, 0)
    assert scores.modularity == 0
    np.testing.assert_array_equal(scores.own_share, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b, a, c: (b, a, c | True), "300 pairs do not change exactly one factor, the first in row 0"),
        (lambda b, a, c: (b, a, c & False), "intervene on one factor at a time"),
        (lambda b, a, c: (b, a[:, :2], c), r"codes_before has shape \(300, 3\) and codes_after \(300, 2\)"),
        (lambda b, a, c: (b[:9], a, c), "codes_before has 9 rows and factors_before 300"),
        (lambda b, a, c: (b, a, np.eye(K)[np.zeros(N, int)]), "no pair changes 'hue', 'yaw'; make pairs"),
    ],
)
def test_bad_pairs_are_refused(pairs, change, message):
    with pytest.raises(SimfactorError, match=message):
        interventional(*change(*pairs), names=("light", "hue", "yaw"))
