import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import balanced_accuracy_score, r2_score

from simfactor.metrics import decodability
from simfactor.metrics._targets import r2
from simfactor.metrics.decodability import accuracy_above_chance

LABELS = hnp.arrays(np.int64, 30, elements=st.integers(0, 3))
VALUES = hnp.arrays(np.float64, (20, 2), elements=st.floats(-10, 10))


@settings(deadline=None)
@given(labels=LABELS, swaps=hnp.arrays(np.int64, 30, elements=st.integers(0, 29)))
def test_accuracy_is_scikit_learns_adjusted_one(labels, swaps):
    assume(len(set(labels)) > 1)
    expected = max(0.0, balanced_accuracy_score(labels, labels[swaps], adjusted=True))
    assert accuracy_above_chance(labels, labels[swaps]) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(target=VALUES, prediction=VALUES)
def test_r2_weighs_coordinates_by_variance(target, prediction):
    assume(np.all(np.ptp(target, axis=0) > 0.1))
    expected = max(0.0, r2_score(target, prediction, multioutput="variance_weighted"))
    assert r2(target, prediction) == pytest.approx(expected, abs=1e-9)


@pytest.fixture(scope="module")
def circle():
    """Codes (1000, 4): cosine, sine, the angle itself and noise; factors (1000, 2): angle, quadrant."""
    rng = np.random.default_rng(0)
    degrees = rng.uniform(0, 360, 1000)
    radians = np.radians(degrees)
    codes = np.column_stack([np.cos(radians), np.sin(radians), degrees, rng.normal(size=1000)])
    return codes, np.column_stack([degrees, degrees // 90])


def _score(codes, factors, kinds, **options):
    return decodability(codes[:500], factors[:500], codes[500:], factors[500:], kinds=kinds, **options)


@pytest.mark.parametrize(
    ("learner", "from_cos_sin", "from_number"), [("linear", 1, 0.3), ("spline", 1, 0.99), ("mlp", 0.99, 0.9)]
)
def test_learners_read_a_circle(circle, learner, from_cos_sin, from_number):
    codes, factors = circle
    flat, curved = (
        _score(codes[:, z], factors[:, :1], ["angle"], learner=learner).mean for z in ([0, 1], [2])
    )
    assert flat == pytest.approx(from_cos_sin, abs=0.01)
    assert curved == pytest.approx(from_number, abs=0.1)


def test_only_an_mlp_reads_a_product():
    codes = np.random.default_rng(1).uniform(-1, 1, (2000, 2))
    product = codes.prod(axis=1, keepdims=True)
    scores = {
        name: _score(codes, product, ["continuous"], learner=name).mean
        for name in ("linear", "spline", "mlp")
    }
    assert max(scores["linear"], scores["spline"]) < 0.1
    assert scores["mlp"] > 0.8


def test_each_factor_from_its_own_block(circle):
    codes, factors = circle
    kinds = ("angle", "categorical")
    everything = _score(codes, factors, kinds).by_factor
    own = _score(codes, factors, kinds, blocks=[np.array([0, 1]), [3]]).by_factor
    assert own[0] == pytest.approx(1, abs=1e-3)
    assert own[1] < 0.1 < 0.8 < everything[1]
    half = _score(codes, factors, kinds, blocks=[[0], None])
    # The cosine alone carries half of the variance on the circle.
    np.testing.assert_allclose(half.by_factor, [0.5, everything[1]], atol=0.03)
    assert half.mean == pytest.approx(half.by_factor.mean())
    assert (half.learner, half.n) == ("linear", 500)


def test_a_rare_class_counts_as_much_as_a_common_one():
    labels = (np.arange(1000) % 20 == 0).astype(float)[:, None]
    noise = np.random.default_rng(2).normal(size=(1000, 2))
    assert _score(noise, labels, ["categorical"]).mean < 0.15
    assert _score(noise + 6 * labels, labels, ["categorical"]).mean > 0.98


def test_a_class_unseen_in_train_is_missed_not_fatal():
    labels = np.concatenate([np.arange(500) % 2, np.arange(500) % 4]).astype(float)[:, None]
    # Two of four classes are read: balanced accuracy 1/2, chance 1/4.
    assert _score(labels, labels, ["categorical"]).mean == pytest.approx((1 / 2 - 1 / 4) / (3 / 4))
