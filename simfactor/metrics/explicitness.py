"""Explicitness: does a linear classifier read every class of every factor off the latents?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from simfactor.metrics._checks import Floats, Labels, Samples, check_split
from simfactor.metrics._classes import factor_classes


class Explicitness(NamedTuple):
    """Areas under the ROC curve: 1 is perfect, 1/2 no better than guessing."""

    score: float  # on test
    train: float
    by_factor: Floats  # (K,), on test
    learner: str
    n: int  # training samples


def explicitness(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
) -> Explicitness:
    """Mean over factors of the mean over classes of the area under the one-against-the-rest ROC curve.

    Ridgeway & Mozer 2018, "Learning Deep Disentangled Embeddings With the F-Statistic Loss", section 3,
    estimated as in disentanglement_lib (Locatello et al. 2019): logistic regression on standardised latents,
    each class ranked by its probability. Published for discrete factors; here a continuous factor or an angle
    takes part as ``factor_bins`` classes of equal width between its extremes in both splits. Classes that
    one split lacks have no curve there and are left out of its mean; one absent from train is guessed: 1/2.

    Args:
        codes_train, codes_test: latents (n, L), (m, L).
        factors_train, factors_test: factors (n, K), (m, K).
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        factor_bins: equal-width bins for continuous and angle columns.
        names: factor names for error messages.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers
            or never shared, factors that do not vary, or fewer samples than bins.
    """
    data = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    n = len(data.codes_train)
    together = Samples(
        np.vstack([data.codes_train, data.codes_test]),
        np.vstack([data.factors_train, data.factors_test]),
        data.names,
        data.kinds,
        data.periods,
    )
    scaler = StandardScaler().fit(data.codes_train)
    z, z_test = scaler.transform(data.codes_train), scaler.transform(data.codes_test)
    curves = [_areas(z, labels[:n], z_test, labels[n:]) for labels in factor_classes(together, factor_bins)]
    train, test = np.array(curves).T
    return Explicitness(float(test.mean()), float(train.mean()), test, "logistic regression", n)


def _areas(z: Floats, labels: Labels, z_test: Floats, labels_test: Labels) -> tuple[float, float]:
    """The mean areas over the classes on train and on test."""
    with warnings.catch_warnings():
        # The fit is bounded on purpose, as published; one that stops early says so by its score on test.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression().fit(z, labels)
    return _mean_area(model, z, labels), _mean_area(model, z_test, labels_test)


def _mean_area(model: LogisticRegression, z: Floats, labels: Labels) -> float:
    probability = dict(zip(model.classes_, model.predict_proba(z).T, strict=True))
    guess = np.zeros(len(z))
    areas = [roc_auc_score(labels == label, probability.get(label, guess)) for label in np.unique(labels)]
    return float(np.mean(areas))
