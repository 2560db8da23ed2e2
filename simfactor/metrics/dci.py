"""Disentanglement, completeness and informativeness, from the importances of one learner per factor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import entr
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from simfactor.errors import SimfactorError, unknown_name
from simfactor.metrics._checks import Floats, Split, check_split
from simfactor.metrics._targets import r2, regression_target


class DCI(NamedTuple):
    """The three scores in [0, 1], and what they depend on: never print them without ``learner`` and ``n``."""

    disentanglement: float
    completeness: float
    informativeness: float
    importance: Floats  # (L, K), not negative
    learner: str
    n: int  # training samples


def dci(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    learner: str = "gbt",
    seed: int = 0,
) -> DCI:
    """Is each latent about one factor, each factor in one latent, and are all factors in the latents?

    Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled Representations".
    One learner per factor predicts it from all latents; its feature importances are that factor's column of
    the importance matrix. Categorical factors take a classifier, the others a regressor (an angle: one each
    on its cosine and sine). Informativeness is the mean over factors of the test accuracy, or of the test R2
    clipped below at 0; unlike decodability it is not corrected for chance.

    ``learner="gbt"`` is scikit-learn's default gradient boosting, as in the published protocol (Locatello et
    al. 2019; 10,000 train and 5,000 test samples: minutes). ``"random_forest"`` is a bounded one of 30 trees
    on at most 1,000 samples each: seconds, but other scores. On the same codes D was 0.67 with the first and
    0.48 with the second.

    Args:
        codes_train, codes_test: latents (n, L), (m, L) with L >= 2.
        factors_train, factors_test: factors (n, K), (m, K) with K >= 2.
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        learner: "gbt" or "random_forest".
        seed: the learners' seed.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds or learners, labels that are not
            whole numbers, factors that do not vary, or fewer than two latents or factors.
    """
    if learner not in LEARNERS:
        raise unknown_name("learner for DCI", learner, LEARNERS)
    data = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    # Asked for before the learners take their minutes.
    _importance_matrix(np.zeros((data.codes_train.shape[1], data.factors_train.shape[1])))
    fits = [_fit_factor(data, k, learner, seed) for k in range(len(data.kinds))]
    importance = np.column_stack([column for column, _ in fits])
    informativeness = float(np.mean([score for _, score in fits]))
    return DCI(
        disentanglement(importance),
        completeness(importance),
        informativeness,
        importance,
        learner,
        len(data.codes_train),
    )


def disentanglement(importance: npt.ArrayLike) -> float:
    """D = sum_i rho_i (1 - H_K(R_i)) of an importance matrix R (L, K): is each latent about one factor?

    H_K is the entropy in base K of row i scaled to sum to 1, rho_i the row's share of all importance. A
    matrix without any importance scores 0. Raises SimfactorError for fewer than two latents or factors.
    """
    return _weighted_certainty(_importance_matrix(importance))


def completeness(importance: npt.ArrayLike) -> float:
    """C, the column analogue of D with entropies in base L: is each factor in one latent?

    Raises SimfactorError for fewer than two latents or factors.
    """
    return _weighted_certainty(_importance_matrix(importance).T)


def _weighted_certainty(matrix: Floats) -> float:
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    certainty = 1 - entr(shares).sum(axis=1) / np.log(matrix.shape[1])
    weights = totals[:, 0] / max(totals.sum(), np.finfo(np.float64).tiny)
    return float(weights @ certainty)


def _importance_matrix(importance: npt.ArrayLike) -> Floats:
    matrix = np.abs(np.asarray(importance, dtype=np.float64))
    if matrix.ndim != 2 or min(matrix.shape) < 2:
        raise SimfactorError(
            f"DCI compares at least 2 latents and 2 factors, got (latents, factors) {matrix.shape}; "
            "score a single one with decodability."
        )
    return matrix


def _fit_factor(data: Split, k: int, learner: str, seed: int) -> tuple[Floats, float]:
    """The importances (L,) of the learner of factor k, and its test score."""
    classifier, regressor = LEARNERS[learner]
    z, z_test = data.codes_train, data.codes_test
    if data.kinds[k] == "categorical":
        model = classifier(len(z), seed).fit(z, data.factors_train[:, k])
        return model.feature_importances_, float(np.mean(model.predict(z_test) == data.factors_test[:, k]))
    target = regression_target(data.factors_train[:, k], data.kinds[k], data.periods[k])
    models = [regressor(len(z), seed).fit(z, column) for column in target.T]
    prediction = np.column_stack([model.predict(z_test) for model in models])
    score = r2(regression_target(data.factors_test[:, k], data.kinds[k], data.periods[k]), prediction)
    return np.mean([model.feature_importances_ for model in models], axis=0), score


def _forest(n: int, seed: int) -> dict[str, Any]:
    # All features at each split: with fewer, latents that say nothing are split on for want of better ones.
    return {
        "n_estimators": 30,
        "max_samples": min(n, 1000),
        "max_features": 1.0,
        "min_samples_leaf": 5,
        "n_jobs": 1,
        "random_state": seed,
    }


# learner -> classifier(n, seed), regressor(n, seed) for n training samples
LEARNERS: dict[str, tuple[Callable[[int, int], Any], Callable[[int, int], Any]]] = {
    "gbt": (
        lambda n, seed: GradientBoostingClassifier(random_state=seed),
        lambda n, seed: GradientBoostingRegressor(random_state=seed),
    ),
    "random_forest": (
        lambda n, seed: RandomForestClassifier(**_forest(n, seed)),
        lambda n, seed: RandomForestRegressor(**_forest(n, seed)),
    ),
}
