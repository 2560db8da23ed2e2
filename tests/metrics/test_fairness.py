import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.metrics import fairness


def test_unfairness_is_the_published_one():
    """p(y=1) is 3/4 of group 0 and 1/4 of group 1, 1/2 in all: a distance of 1/4 either way."""
    group = np.repeat([0, 1], 4)[:, None]
    said = np.array([1, 1, 1, 0, 1, 0, 0, 0])[:, None]
    scores = fairness(said, group)
    np.testing.assert_allclose(scores.unfairness, [[0.25]])
    assert (scores.score, scores.n) == (0.75, 8)


def test_values_of_the_protected_factor_weigh_the_same():
    group = np.array([0] * 9 + [1])[:, None]
    said = np.array([0] * 9 + [1])[:, None]
    # p(y=1) is 0.1 in all: distances of 0.1 for the nine and of 0.9 for the one.
    np.testing.assert_allclose(fairness(said, group).unfairness, [[0.5]])


@settings(deadline=None)
@given(classes=st.integers(2, 6))
def test_a_prediction_of_the_group_itself(classes):
    group = np.repeat(np.arange(classes), 3)[:, None]
    assert fairness(group, group).unfairness[0, 0] == pytest.approx(1 - 1 / classes)
    assert fairness(np.zeros_like(group), group).score == 1


def test_every_prediction_meets_every_protected_factor():
    rng = np.random.default_rng(0)
    protected = np.column_stack([rng.integers(0, 2, 5000), rng.uniform(0, 360, 5000)])
    said = np.column_stack([protected[:, 0], rng.normal(size=5000), protected[:, 1]])
    scores = fairness(
        said, protected, predicts=("categorical", "continuous", "angle"), kinds=("categorical", "angle")
    )
    expected = [[0.5, 0.0], [0.0, 0.0], [0.0, 0.9]]
    np.testing.assert_allclose(scores.unfairness, expected, atol=0.06)
    assert scores.score == pytest.approx(1 - scores.unfairness.mean())


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (([[0.5], [1]] * 9, [[0], [1]] * 9), {}, "factor 'prediction 0' holds 0.5"),
        (([[0], [1]] * 9, [[1], [1]] * 9), {}, "do not vary here"),
        (([[0], [1]] * 9, [[1], [0]] * 9), {"predicts": ("number",)}, "unknown kind"),
        (([[0], [1]] * 9, [[1], [0]]), {}, "18 rows and factors 2"),
        (([[0], [1]] * 9, [[1], [0]] * 9), {"kinds": ("continuous",), "bins": 1}, "factor_bins is 1"),
    ],
)
def test_bad_input_is_refused(arrays, options, message):
    with pytest.raises(SimfactorError, match=message):
        fairness(*arrays, **options)
