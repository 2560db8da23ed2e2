import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import entropy

from simfactor.metrics import completeness, dci, disentanglement

IMPORTANCE = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
    elements=st.floats(0, 1, width=32),
)


@settings(deadline=None)
@given(matrix=IMPORTANCE, seed=st.integers(0, 99))
def test_scores_of_any_importance_matrix(matrix, seed):
    assume(matrix.sum() > 1e-6)
    d, c = disentanglement(matrix), completeness(matrix)
    assert -1e-9 <= d <= 1 + 1e-9
    assert disentanglement(matrix.T) == pytest.approx(c, abs=1e-9)
    assert (disentanglement(8 * matrix), completeness(-matrix)) == pytest.approx((d, c), abs=1e-9)
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(rng.permutation(matrix, axis=0), axis=1)
    assert (disentanglement(shuffled), completeness(shuffled)) == pytest.approx((d, c), abs=1e-9)


@settings(deadline=None)
@given(matrix=IMPORTANCE)
def test_disentanglement_is_the_published_formula(matrix):
    padded = matrix + 1e-3
    weights = padded.sum(1) / padded.sum()
    expected = weights @ (1 - entropy(padded, base=padded.shape[1], axis=1))
    assert disentanglement(padded) == pytest.approx(expected, abs=1e-9)


def test_oracle_matrices():
    assert disentanglement(np.eye(4)) == completeness(np.eye(4)) == 1
    assert disentanglement(np.ones((3, 4))) == pytest.approx(0)
    assert disentanglement(np.zeros((3, 4))) == completeness(np.zeros((3, 4))) == 0
    two_latents_a_factor = np.repeat(np.eye(2), 2, axis=0)
    assert disentanglement(two_latents_a_factor) == 1
    assert completeness(two_latents_a_factor) == pytest.approx(1 - np.log(2) / np.log(4))


@pytest.mark.parametrize("learner", ["gbt", "random_forest"])
def test_identity_against_rotated_codes(learner):
    rng = np.random.default_rng(0)
    factors = np.column_stack([rng.integers(0, 2, 400), rng.normal(size=400), rng.uniform(30, 330, 400)])
    scaled = (factors - factors.mean(0)) / factors.std(0)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    kinds = ("categorical", "continuous", "angle")
    aligned, rotated = (
        dci(codes[:200], factors[:200], codes[200:], factors[200:], kinds=kinds, learner=learner)
        for codes in (scaled, scaled @ rotation)
    )
    assert min(aligned[:3]) > 0.95
    assert max(rotated[:2]) < 0.5
    assert rotated.informativeness > 0.7
    np.testing.assert_allclose(aligned.importance, np.eye(3), atol=0.03)
    assert (aligned.learner, aligned.n, aligned.importance.shape) == (learner, 200, (3, 3))


def test_an_angle_does_not_break_at_the_turn():
    """Codes on the circle read angles on both sides of 0 alike; as a plain number they jump there."""
    rng = np.random.default_rng(1)
    radians = rng.uniform(0, 2 * np.pi, 1200)
    codes = np.column_stack([np.cos(radians), np.sin(radians)])
    factors = np.column_stack([np.degrees(radians), rng.integers(0, 2, 1200)])
    halves = (codes[:600], factors[:600], codes[600:], factors[600:])
    circular, straight = (
        dci(*halves, kinds=(kind, "categorical"), learner="random_forest").informativeness
        for kind in ("angle", "continuous")
    )
    # The coin of the second column is not in the codes: half of it is guessed.
    assert circular == pytest.approx((0.999 + 0.5) / 2, abs=0.03)
    assert straight < circular


def test_wrapped_angles_and_radians_are_the_same_factor():
    rng = np.random.default_rng(2)
    codes = rng.normal(size=(200, 2))
    factors = np.column_stack([90 + 40 * codes[:, 0], codes[:, 1]])
    turned = factors + [[360, 0]] * rng.integers(-1, 2, (200, 1))
    radians = factors * [[np.pi / 180, 1]]
    kinds = ("angle", "continuous")
    a, b, c = (
        dci(
            codes[:100],
            rows[:100],
            codes[100:],
            rows[100:],
            kinds=kinds,
            periods=periods,
            learner="random_forest",
        )
        for rows, periods in ((factors, None), (turned, None), (radians, (2 * np.pi, None)))
    )
    assert (b[:3], c[:3]) == (pytest.approx(a[:3], abs=1e-6), pytest.approx(a[:3], abs=1e-6))
