"""The separated attribute predictability score."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from simfactor.metrics._checks import Floats, Split, check_several, check_split
from simfactor.metrics._correlation import explained_by_columns
from simfactor.metrics._targets import regression_target

ESTIMATORS = {
    "categorical": "linear SVM test accuracy",
    "continuous": "squared correlation",
    "angle": "squared multiple correlation on (cos, sin)",
}


class SAP(NamedTuple):
    """The score in [0, 1], and what it depends on: gaps of different estimators are not comparable."""

    score: float
    predictability: Floats  # (L, K)
    estimators: tuple[str, ...]  # one per factor
    n: int  # training samples


def sap(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
) -> SAP:
    """Mean over factors of how much better one latent alone predicts the factor than the second best does.

    Kumar et al. 2018, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations",
    estimated as in disentanglement_lib (Locatello et al. 2019). Categorical factors: test accuracy of
    ``LinearSVC(C=0.01, class_weight="balanced")`` on one latent, which is not corrected for chance; a latent
    that is constant on train always answers the commonest class. The SVM's penalty depends on the latents'
    scale: keep them at about unit variance. Continuous factors: squared correlation on train. Angles, which
    the published score leaves out: share of the latent's variance on train that a constant, the cosine and
    the sine explain; the angle itself as a latent gets at most 0.61 over a full turn.

    Args:
        codes_train, codes_test: latents (n, L), (m, L) with L >= 2.
        factors_train, factors_test: factors (n, K), (m, K).
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers,
            factors that do not vary, or a single latent.
    """
    data = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    check_several(data.codes_train.shape[1], "latents", "SAP")
    matrix = np.column_stack([_predictability(data, k) for k in range(len(data.kinds))])
    ranked = np.sort(matrix, axis=0)
    return SAP(
        float(np.mean(ranked[-1] - ranked[-2])),
        matrix,
        tuple(ESTIMATORS[kind] for kind in data.kinds),
        len(data.codes_train),
    )


def _predictability(data: Split, k: int) -> Floats:
    """How well each latent alone predicts factor k, shape (L,)."""
    column = data.factors_train[:, k]
    if data.kinds[k] != "categorical":
        target = regression_target(column, data.kinds[k], data.periods[k])
        return explained_by_columns(data.codes_train, target)
    pairs = zip(data.codes_train.T, data.codes_test.T, strict=True)
    return np.array([_accuracy(z, column, z_test, data.factors_test[:, k]) for z, z_test in pairs])


def _accuracy(z: Floats, labels: Floats, z_test: Floats, labels_test: Floats) -> float:
    if np.ptp(z) == 0:
        # Balanced classes tie here, and rounding would choose.
        classes, counts = np.unique(labels, return_counts=True)
        return float(np.mean(labels_test == classes[np.argmax(counts)]))
    # The primal problem: with one feature and many samples it is quick, and it draws nothing at random.
    model = LinearSVC(C=0.01, class_weight="balanced", dual=False)
    with warnings.catch_warnings():
        # A fit that stops early says so by its score on test.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return float(model.fit(z[:, None], labels).score(z_test[:, None], labels_test))
