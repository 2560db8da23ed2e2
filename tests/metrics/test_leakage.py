import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.metrics import leakage

KINDS, ROLES = ("continuous", "angle", "categorical"), ("task", "nuisance", "nuisance")
BLOCKS = ([0], [1, 2], [3])


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=800), rng.uniform(0, 360, 800), rng.integers(0, 3, 800)])
    radians = np.radians(rows[:, 1])
    codes = np.column_stack([rows[:, 0], np.cos(radians), np.sin(radians), rows[:, 2]])
    return codes, rows


def _leakage(codes, rows, **options):
    arguments = {"kinds": KINDS, "roles": ROLES, "blocks": BLOCKS} | options
    return leakage(codes[:500], rows[:500], codes[500:], rows[500:], **arguments)


def test_separated_latents_leak_nothing(world):
    scores = _leakage(*world)
    np.testing.assert_allclose(scores.difference, 0, atol=0.06)
    assert (scores.learner, scores.n) == ("linear", 500)


def test_what_leaks_is_named(world):
    """The task latent is the cosine of the nuisance: half of the circle's variance is read from it."""
    codes, rows = world
    codes = codes.copy()
    codes[:, 0] = codes[:, 1]
    scores = _leakage(codes, rows)
    assert scores.difference[1] == pytest.approx(0.5, abs=0.05)
    np.testing.assert_allclose(scores.difference[[0, 2]], 0, atol=0.06)
    assert scores.into_task == pytest.approx(scores.difference[1:].mean())
    assert scores.into_nuisance == scores.difference[0]


def test_nuisance_blocks_that_know_the_task(world):
    codes, rows = world
    codes = codes.copy()
    codes[:, 3] = rows[:, 0]
    scores = _leakage(codes, rows)
    assert scores.into_nuisance == pytest.approx(1, abs=0.04)
    assert scores.into_task < 0.06


def test_baseline_is_the_learner_on_shuffled_labels(world):
    codes, rows = world
    shuffled = np.random.default_rng(1).permutation(rows)
    scores = _leakage(codes, shuffled, learner="mlp", shuffles=2)
    assert (scores.baseline < 0.15).all()
    assert (scores.spread < 0.1).all()
    assert np.abs(scores.difference).max() < 0.15


def test_a_latent_of_both_roles_leaks_both_ways(world):
    codes, rows = world
    scores = _leakage(codes[:, :1] + 0 * codes[:, 1:2], rows, blocks=([0], [0], [0]))
    assert scores.into_nuisance == pytest.approx(1, abs=0.01)


def test_same_seed_same_numbers(world):
    a, b = (_leakage(*world, seed=3) for _ in range(2))
    np.testing.assert_array_equal(a.difference, b.difference)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"roles": ("task", "nuisance", "other")}, "unknown role of a factor"),
        ({"roles": ("task",) * 3}, "no factor has role 'nuisance'"),
        ({"roles": ("task",)}, "roles is a tuple of length 1"),
        ({"shuffles": 0}, "shuffles is 0"),
        ({"blocks": ([0], [9], [1])}, "the block of factor 'column 1' is"),
        ({"learner": "svm"}, "unknown learner"),
    ],
)
def test_bad_input_is_refused(world, options, message):
    with pytest.raises(SimfactorError, match=message):
        _leakage(*world, **options)
