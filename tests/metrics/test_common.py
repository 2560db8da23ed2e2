"""One table of the metrics, and of the properties that each of them has."""

from functools import cache

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.metrics import (
    beta_vae_score,
    dci,
    decodability,
    explicitness,
    factor_vae_score,
    irs,
    mcc,
    mig,
    modularity,
    sap,
)

KINDS = ("categorical", "continuous", "angle", "categorical")
N = 600


def _mig(codes, factors, kinds):
    return {"mig": mig(codes, factors, kinds=kinds)}


def _dci(codes, factors, kinds):
    scores = dci(*_halves(codes, factors), kinds=kinds, learner="random_forest")
    return {name: getattr(scores, name) for name in ("disentanglement", "completeness", "informativeness")}


def _decodability(learner):
    def metric(codes, factors, kinds):
        return {learner: decodability(*_halves(codes, factors), kinds=kinds, learner=learner).mean}

    return metric


def _whole(name, function, **options):
    """A metric of one split, which returns a number or a tuple with a score."""

    def metric(codes, factors, kinds):
        result = function(codes, factors, kinds=kinds, **options)
        return {name: getattr(result, "score", result)}

    return metric


def _split(name, function):
    return lambda codes, factors, kinds: {name: function(*_halves(codes, factors), kinds=kinds).score}


def _halves(codes, factors):
    half = len(codes) // 2
    return codes[:half], factors[:half], codes[half:], factors[half:]


# name -> metric(codes, factors, kinds) -> {score: value}. Gradient boosting takes too long for a table.
METRICS = {"mig": _mig, "dci": _dci}
METRICS |= {f"decodability_{learner}": _decodability(learner) for learner in ("linear", "spline", "mlp")}
METRICS |= {
    "sap": _split("sap", sap),
    "modularity": _whole("modularity", modularity),
    "explicitness": _split("explicitness", explicitness),
    "irs": _whole("irs", irs),
    "factor_vae": _whole("factor_vae", factor_vae_score),
    "beta_vae": _whole("beta_vae", beta_vae_score),
    "mcc_pearson": _whole("mcc_pearson", mcc),
    "mcc_spearman": _whole("mcc_spearman", mcc, correlation="spearman"),
}

# Scores that ask which latent tells a factor, and what they lose at least in a rotation. The others ask only
# whether the latents do, or, as the FactorVAE and BetaVAE scores, can be met by rotated codes.
ALIGNMENT = {"mig": 0.4, "disentanglement": 0.4, "completeness": 0.4, "irs": 0.4, "sap": 0.3}
ALIGNMENT |= {"modularity": 0.1, "mcc_pearson": 0.1, "mcc_spearman": 0.1}
# Scores that are not 0 at chance: the exact value for constant codes, and the most for shuffled factors.
# Informativeness guesses 1/3, 0, 0 and 1/2 of the factors here.
CONSTANT = {"informativeness": 5 / 24, "explicitness": 1 / 2, "beta_vae": 1 / 4}
SHUFFLED = {"informativeness": 0.3, "explicitness": 0.55, "beta_vae": 0.35, "factor_vae": 0.35}
# Read with care: small samples seem robust, and the bias of mutual information seems modular.
SHUFFLED |= {"irs": 0.3, "modularity": 0.8}
# Metrics that draw at random over samples or latents, by their learner or to make votes.
VOTES = {"factor_vae", "beta_vae"}
RANDOM = {"dci", "decodability_mlp"} | VOTES
# Metrics published for latents as they are, so that their scale matters.
SCALED = {"sap", "irs", "beta_vae"}


def every(names=tuple(METRICS)):
    return pytest.mark.parametrize("name", sorted(names))


@pytest.fixture(scope="module")
def factors():
    rng = np.random.default_rng(0)
    columns = (
        rng.integers(0, 3, N),
        rng.uniform(-2, 5, N),
        rng.uniform(20, 340, N),
        rng.integers(0, 2, N),
    )
    return np.column_stack(columns).astype(np.float64)


@pytest.fixture(scope="module")
def noisy_codes(factors):
    """Six latents that tell something of every factor, aligned with none."""
    rng = np.random.default_rng(1)
    scaled = (factors - factors.mean(0)) / factors.std(0)
    return np.tanh(scaled @ rng.normal(size=(4, 6))) + 0.1 * rng.normal(size=(N, 6))


@pytest.fixture(scope="module")
def noisy_scores(noisy_codes, factors):
    """The scores of each metric on those codes, computed once."""
    return cache(lambda name: METRICS[name](noisy_codes, factors, KINDS))


@every()
def test_identity_codes_score_high(name, factors):
    # Straight lines cannot follow (cos, sin) of an angle, accuracy leaves no room above chance for a gap, and
    # an interval holds a continuous factor only so still.
    floor = {"decodability_linear": 0.7, "sap": 0.6, "irs": 0.85}.get(name, 0.93)
    for score, value in METRICS[name](factors, factors, KINDS).items():
        assert floor < value <= 1 + 1e-12, score


@every()
def test_constant_codes_score_nothing(name, factors):
    for score, value in METRICS[name](np.full((N, 3), 0.25), factors, KINDS).items():
        tolerance = 0.05 if score == "informativeness" else 0
        assert value == pytest.approx(CONSTANT.get(score, 0), abs=tolerance), score


@every()
def test_shuffled_factors_score_nothing(name, noisy_codes, factors):
    shuffled = np.random.default_rng(2).permutation(factors)
    for score, value in METRICS[name](noisy_codes, shuffled, KINDS).items():
        assert value < SHUFFLED.get(score, 0.1), score


@every()
def test_rotated_codes(name, factors):
    """A rotation hides which latent tells what, and takes nothing away."""
    codes = (factors - factors.mean(0)) / factors.std(0)
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    aligned, rotated = (METRICS[name](z, factors, KINDS) for z in (codes, codes @ rotation))
    for score in aligned.keys() & ALIGNMENT.keys():
        assert rotated[score] < aligned[score] - ALIGNMENT[score]
    if name in ("decodability_linear", "explicitness"):
        assert rotated == pytest.approx(aligned, abs=0.01)


@every()
def test_duplicated_latents(name, factors):
    """Two copies of each latent: each still about one factor, but none stands out and no factor is in one."""
    once, twice = (METRICS[name](codes, factors, KINDS) for codes in (factors, np.hstack([factors, factors])))
    if name in ("mig", "sap"):
        once[name] = 0.0
    if name == "dci":
        # Trees split on either copy by chance: one bit of the log2(8) there are.
        once["completeness"] = 1 - 1 / 3
    assert twice == pytest.approx(once, abs=0.05)


@every()
def test_order_of_latents(name, noisy_codes, factors, noisy_scores):
    reversed_scores = METRICS[name](noisy_codes[:, ::-1], factors, KINDS)
    assert reversed_scores == pytest.approx(noisy_scores(name), abs=0.05 if name in RANDOM else 1e-6)


@every()
def test_order_of_factors(name, noisy_codes, factors, noisy_scores):
    reversed_scores = METRICS[name](noisy_codes, factors[:, ::-1], KINDS[::-1])
    assert reversed_scores == pytest.approx(noisy_scores(name), abs=0.05 if name in VOTES else 1e-9)


@every(METRICS.keys() - RANDOM)
def test_order_of_samples(name, noisy_codes, factors, noisy_scores):
    order = np.concatenate([np.random.default_rng(4).permutation(N // 2), np.arange(N // 2, N)[::-1]])
    shuffled = METRICS[name](noisy_codes[order], factors[order], KINDS)
    assert shuffled == pytest.approx(noisy_scores(name), abs=1e-3)


@every()
def test_units_of_latents(name, noisy_codes, factors, noisy_scores):
    # Powers of two: exact in floating point, so that no sample changes its bin or its branch.
    scaled = noisy_codes * 2.0 ** np.arange(-3, 3)
    rescaled = METRICS[name](scaled, factors, KINDS)
    assert rescaled == pytest.approx(noisy_scores(name), abs=0.05 if name in SCALED else 1e-6)


@every()
def test_units_of_factors(name, noisy_codes, factors, noisy_scores):
    other = factors.copy()
    other[:, 1] *= 1024
    other[:, 0] = np.array([7, -1, 40])[factors[:, 0].astype(int)]
    # Class names decide ties, and the order of an MLP's outputs.
    assert METRICS[name](noisy_codes, other, KINDS) == pytest.approx(noisy_scores(name), abs=0.02)


@every()
def test_constant_latents_add_nothing(name, noisy_codes, factors, noisy_scores):
    padded = np.hstack([noisy_codes, np.full((N, 2), -3.0)])
    a, b = noisy_scores(name).copy(), METRICS[name](padded, factors, KINDS)
    if name == "dci":
        # The more latents a factor could be spread over, the more complete it is.
        assert b.pop("completeness") > a.pop("completeness")
    if name == "modularity":
        # The exception: two of eight latents tell nothing, and count.
        a = {name: a[name] * 6 / 8}
    assert b == pytest.approx(a, abs=0.05 if name == "dci" else 1e-9)


@every()
def test_same_call_same_score_and_inputs_left_alone(name, noisy_codes, factors, noisy_scores):
    codes, rows = noisy_codes.copy(), factors.copy()
    assert METRICS[name](codes, rows, KINDS) == noisy_scores(name)
    np.testing.assert_array_equal(codes, noisy_codes)
    np.testing.assert_array_equal(rows, factors)


@every()
def test_dtype_and_container(name, noisy_codes, factors):
    codes = noisy_codes.astype(np.float32)
    expected = METRICS[name](codes.astype(np.float64), factors, KINDS)
    assert METRICS[name](codes, factors.tolist(), list(KINDS)) == expected


@every()
@pytest.mark.parametrize("broken", ["not a number", "lengths", "single value"])
def test_bad_input_is_refused(name, broken, noisy_codes, factors):
    codes, rows = noisy_codes.copy(), factors.copy()
    if broken == "not a number":
        codes[7, 2] = np.nan
    elif broken == "lengths":
        rows = rows[:-1]
    else:
        rows[:, 1] = 4.5
    expected = {"not a number": "not finite", "lengths": "one row per sample", "single value": "do not vary"}
    with pytest.raises(SimfactorError, match=expected[broken]):
        METRICS[name](codes, rows, KINDS)
