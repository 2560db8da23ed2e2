"""How well each factor can be read off the latents, on one scale for all kinds of factors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from simfactor.errors import unknown_name
from simfactor.metrics._blocks import Indices, check_blocks
from simfactor.metrics._checks import Floats, Split, check_split
from simfactor.metrics._targets import r2, regression_target


class Decodability(NamedTuple):
    """Scores in [0, 1]: 1 is perfect, 0 no better than guessing without the latents."""

    mean: float
    by_factor: Floats  # (K,)
    learner: str
    n: int  # training samples


def decodability(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str],
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    blocks: Sequence[npt.ArrayLike | None] | None = None,
    learner: str = "linear",
    seed: int = 0,
) -> Decodability:
    """How well a learner fitted on train predicts each factor of test from the latents.

    Continuous: R2. Angle: R2 on (cos, sin). Categorical: (a - c) / (1 - c) of the balanced accuracy a over
    the classes in test and their chance level c. All clipped below at 0. Ours; what a downstream probe can
    read under shift predicts what an agent can use (Traeuble, Dittadi et al. 2022).

    Learners, all on standardised latents, each factor on its own:
      "linear": ridge (penalty by leave-one-out) and logistic regression; the quickest, and the usual probe;
      "spline": the same on cubic splines of each latent, which reads curves (an angle kept as one number);
      "mlp": one hidden layer of 64, which reads combinations of latents too.

    Args:
        codes_train, codes_test: latents (n, L), (m, L).
        factors_train, factors_test: factors (n, K), (m, K).
        kinds: per factor column "categorical", "continuous" or "angle".
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        blocks: per factor the indices of the latents to read it from, None for all: is it in its own block?
        learner: "linear", "spline" or "mlp".
        seed: the seed of "mlp"; the others do not draw.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds or learners, labels that are not
            whole numbers, factors that do not vary, or blocks that are empty or point past the latents.
    """
    if learner not in LEARNERS:
        raise unknown_name("learner for decodability", learner, LEARNERS)
    data = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    columns = check_blocks(blocks, data.names, data.codes_train.shape[1])
    by_factor = np.array([_decode(data, k, columns[k], learner, seed) for k in range(len(data.kinds))])
    return Decodability(float(by_factor.mean()), by_factor, learner, len(data.codes_train))


def _decode(data: Split, k: int, columns: Indices, learner: str, seed: int) -> float:
    columns = columns[np.ptp(data.codes_train[:, columns], axis=0) > 0]
    if not len(columns):
        return 0.0
    z, z_test = data.codes_train[:, columns], data.codes_test[:, columns]
    y, y_test = data.factors_train[:, k], data.factors_test[:, k]
    classifier, regressor = LEARNERS[learner]
    with warnings.catch_warnings():
        # The fits are bounded on purpose; one that stops early says so by its score on test.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if data.kinds[k] == "categorical":
            return accuracy_above_chance(y_test, classifier(seed).fit(z, y).predict(z_test))
        target = regression_target(y, data.kinds[k], data.periods[k])
        prediction = regressor(seed).fit(z, target.squeeze()).predict(z_test).reshape(len(z_test), -1)
    return r2(regression_target(y_test, data.kinds[k], data.periods[k]), prediction)


def accuracy_above_chance(labels: Floats, prediction: Floats) -> float:
    """(a - c) / (1 - c), at least 0: balanced accuracy a over the classes in labels (m,), chance c."""
    classes = np.unique(labels)
    balanced = np.mean([np.mean(prediction[labels == label] == label) for label in classes])
    chance = 1 / len(classes)
    return max(0.0, float((balanced - chance) / (1 - chance)))


def _ridge() -> RidgeCV:
    return RidgeCV(np.logspace(-3, 4, 8))


def _logistic() -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=300)


def _splines() -> SplineTransformer:
    # Linear beyond the training range: a cubic would throw a test sample just outside it far away.
    return SplineTransformer(n_knots=5, degree=3, extrapolation="linear", include_bias=False)


# A strong penalty: without it 64 units fitted to a few thousand samples score below "linear".
_MLP = {"hidden_layer_sizes": (64,), "alpha": 1.0, "learning_rate_init": 1e-2, "max_iter": 100}

# learner -> classifier(seed), regressor(seed)
LEARNERS: dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]] = {
    "linear": (
        lambda seed: make_pipeline(StandardScaler(), _logistic()),
        lambda seed: make_pipeline(StandardScaler(), _ridge()),
    ),
    "spline": (
        lambda seed: make_pipeline(StandardScaler(), _splines(), _logistic()),
        lambda seed: make_pipeline(StandardScaler(), _splines(), _ridge()),
    ),
    "mlp": (
        lambda seed: make_pipeline(StandardScaler(), MLPClassifier(random_state=seed, **_MLP)),
        # Gradient steps, unlike ridge, depend on the unit of the factor.
        lambda seed: TransformedTargetRegressor(
            make_pipeline(StandardScaler(), MLPRegressor(random_state=seed, **_MLP)),
            transformer=StandardScaler(),
        ),
    ),
}
