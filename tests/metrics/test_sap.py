import numpy as np
import pytest
from sklearn.svm import LinearSVC

from simfactor.metrics import sap


def _sap(codes, factors, kinds=None):
    return sap(codes[::2], factors[::2], codes[1::2], factors[1::2], kinds=kinds)


def test_each_kind_has_its_estimator():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(400, 3))
    factors = np.column_stack([codes[:, 0] > 1, codes[:, 1] + codes[:, 2], 50 * codes[:, 2]])
    result = _sap(codes, factors, ("categorical", "continuous", "angle"))
    assert result.estimators == (
        "linear SVM test accuracy",
        "squared correlation",
        "squared multiple correlation on (cos, sin)",
    )
    model = LinearSVC(C=0.01, class_weight="balanced", random_state=0).fit(codes[::2, 1:2], factors[::2, 0])
    accuracy = model.score(codes[1::2, 1:2], factors[1::2, 0])
    assert result.predictability[1, 0] == pytest.approx(accuracy, abs=0.01)
    r = np.corrcoef(codes[::2, 2], factors[::2, 1])[0, 1]
    assert result.predictability[2, 1] == pytest.approx(r**2)
    radians = np.radians(factors[::2, 2])
    x, y, z = np.cos(radians), np.sin(radians), codes[::2, 2]
    c, s, cs = np.corrcoef(x, z)[0, 1], np.corrcoef(y, z)[0, 1], np.corrcoef(x, y)[0, 1]
    # Mardia 1976, the correlation of an angle and a number.
    assert result.predictability[2, 2] == pytest.approx((c**2 + s**2 - 2 * c * s * cs) / (1 - cs**2))
    ranked = np.sort(result.predictability, axis=0)
    assert result.score == pytest.approx(np.mean(ranked[2] - ranked[1]))
    assert result.n == 200


def test_gap_of_a_perfect_latent_and_noise():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, (2000, 1))
    codes = np.hstack([4 * labels - 2, rng.normal(size=(2000, 1))])
    # Accuracy 1 against a coin's; squared correlation 1 against 0.
    assert _sap(codes, labels).score == pytest.approx(1 / 2, abs=0.05)
    assert _sap(codes, labels, ["continuous"]).score == pytest.approx(1, abs=0.01)


def test_a_collapsed_latent_answers_the_commonest_class():
    labels = (np.arange(100) % 10 < 4).astype(np.float64)[:, None]
    result = _sap(np.full((100, 2), 0.1), labels)
    np.testing.assert_allclose(result.predictability, np.mean(labels[1::2] == 0))
    assert result.score == 0
