import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from simfactor.metrics import explicitness


def test_it_is_the_macro_average_of_scikit_learn():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(300, 3)) * [1, 10, 0.1]
    factors = np.digitize(codes[:, :1] + 0.5 * rng.normal(size=(300, 1)), [-1, 0, 1])
    factors = np.hstack([factors, rng.integers(0, 2, (300, 1))])
    result = explicitness(codes[:200], factors[:200], codes[200:], factors[200:])
    scaler = StandardScaler().fit(codes[:200])
    model = LogisticRegression().fit(scaler.transform(codes[:200]), factors[:200, 0])
    train, test = (
        roc_auc_score(
            factors[rows, 0],
            model.predict_proba(scaler.transform(codes[rows])),
            multi_class="ovr",
            average="macro",
        )
        for rows in (slice(200), slice(200, None))
    )
    assert result.by_factor[0] == pytest.approx(test)
    assert result.score == pytest.approx(result.by_factor.mean())
    alone = explicitness(codes[:200], factors[:200, :1], codes[200:], factors[200:, :1])
    assert (alone.train, alone.score) == (pytest.approx(train), pytest.approx(test))
    assert (result.learner, result.n) == ("logistic regression", 200)


def test_order_is_read_in_intervals_and_a_circle_from_both_coordinates():
    rng = np.random.default_rng(1)
    degrees = rng.uniform(0, 360, 1000)
    radians = np.radians(degrees)
    circle = np.column_stack([np.cos(radians), np.sin(radians)])
    halves = [part for rows in (slice(500), slice(500, None)) for part in (circle[rows], degrees[rows, None])]
    both = explicitness(*halves, kinds=["angle"]).score
    halves[0], halves[2] = halves[0][:, :1], halves[2][:, :1]
    assert both > 0.99
    # The cosine takes one of the nine other tenths of a turn for each, and half of that ranks above it.
    assert explicitness(*halves, kinds=["angle"]).score == pytest.approx(1 - 1 / 18, abs=0.01)


def test_a_class_absent_from_train_is_guessed():
    codes = np.random.default_rng(2).normal(size=(400, 1))
    labels = (codes > 0).astype(int)
    unseen = labels.copy()
    unseen[200::4] = 7
    # One latent ranks as its probability does, up for class 1 and down for class 0.
    areas = [
        roc_auc_score(unseen[200:, 0] == label, sign * codes[200:, 0]) for label, sign in ((0, -1), (1, 1))
    ]
    partly = explicitness(codes[:200], labels[:200], codes[200:], unseen[200:]).score
    assert partly == pytest.approx((sum(areas) + 0.5) / 3)
    assert explicitness(codes[200:], unseen[200:], codes[:200], labels[:200]).score > 0.9
