import numpy as np
import pytest

from simfactor.metrics import dci_es
from simfactor.metrics.dci_es import CAPACITIES, _explicitness

STEPS = len(CAPACITIES) - 1


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (np.zeros(STEPS + 1), 1),
        (np.linspace(1, 0, STEPS + 1), 0),
        (np.r_[np.ones(STEPS), 0], -1 + 1 / STEPS),
        (np.linspace(1, 0.6, STEPS + 1), 0),
        (np.full(STEPS + 1, 0.3), 1),
        (np.full(STEPS + 1, 0.995), 0),
    ],
)
def test_explicitness_of_known_curves(curve, expected):
    assert _explicitness(curve) == pytest.approx(expected)


def _score(codes, factors, kinds=("continuous",), **options):
    half = len(codes) // 2
    return dci_es(codes[:half], factors[:half], codes[half:], factors[half:], kinds=kinds, **options)


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(0).normal(size=(1600, 4))


def test_linear_is_explicit_and_a_rotation_stays_so(codes):
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    for z in (codes, codes @ rotation):
        scores = _score(z, codes[:, :2], ("continuous", "continuous"))
        assert scores.explicitness > 0.99
        assert scores.loss[0].max() < 1e-3
    assert (scores.size, scores.n, scores.loss.shape) == (0.5, 800, (len(CAPACITIES), 2))


def test_the_more_curved_the_less_explicit(codes):
    scores = [_score(codes, np.sin(frequency * codes[:, :1])).explicitness for frequency in (0.5, 1.5, 2.5)]
    assert scores[0] > scores[1] + 0.05 > scores[2] + 0.1
    product = _score(codes, codes[:, :1] * codes[:, 1:2])
    assert product.explicitness < 0.7
    assert product.loss[-1, 0] < 0.1


def test_factors_of_all_kinds(codes):
    rows = np.column_stack(
        [codes[:, 0] > 0, codes[:, 1], np.degrees(np.arctan2(codes[:, 2], codes[:, 3]))]
    ).astype(np.float64)
    scores = _score(codes, rows, ("categorical", "continuous", "angle"))
    assert (scores.by_factor > 0.5).all()
    turned = rows + np.array([0, 0, 360])
    assert _score(codes, turned, ("categorical", "continuous", "angle"))[0] == pytest.approx(scores[0])


def test_noise_and_constants_have_no_explicitness(codes):
    noise = np.random.default_rng(2).normal(size=(1600, 1))
    assert _score(codes, noise).explicitness == 0
    assert _score(np.ones((1600, 2)), noise).explicitness == 0
    padded = np.hstack([codes, np.full((1600, 1), 2.0)])
    assert _score(padded, codes[:, :1]).explicitness > 0.99


def test_units_do_not_matter_and_the_seed_decides(codes):
    target = np.sin(2 * codes[:, :1])
    a, b = (_score(codes * scale, target * scale) for scale in (1.0, 8.0))
    assert a.explicitness == pytest.approx(b.explicitness, abs=1e-9)
    assert a.explicitness != _score(codes, target, seed=1).explicitness
