"""The BetaVAE score: do differences of codes tell which factor two images share?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import Floats, Labels, check_labelled, check_several
from simfactor.metrics._classes import factor_classes
from simfactor.metrics._groups import Groups

TRAIN_POINTS, TEST_POINTS = 10_000, 5_000


class BetaVAEScore(NamedTuple):
    """Accuracy of the classifier: 1 is perfect, ``chance`` no better than guessing."""

    score: float
    train: float
    chance: float
    learner: str
    n: int


def beta_vae_score(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
    batch: int = 64,
    seed: int = 0,
) -> BetaVAEScore:
    """How surely a linear classifier tells from absolute differences of codes which factor pairs share.

    Higgins et al. 2017, "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework",
    section 3, estimated as in disentanglement_lib (Locatello et al. 2019). A point is the mean over ``batch``
    pairs of abs(z - z') where every pair shares the value of one factor; logistic regression fitted to 10,000
    points predicts the factor of 5,000 others. Its penalty depends on the latents' scale. Rotated codes can
    score 1, too, as each factor leaves a pattern of differences: high is not yet disentangled.

    The published score renders every pair afresh. Here pairs are two different samples of those given, all
    factors get equally many points, and an interval of a continuous factor or an angle counts as one value.
    Values that no two samples share are not used. A collapsed encoder scores chance.

    Args:
        codes: latents (n, L).
        factors: factors (n, K) with K >= 2; class labels where ``kinds`` says "categorical".
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        factor_bins: equal-width bins for continuous and angle columns.
        names: factor names for error messages.
        batch: pairs per point.
        seed: of all draws.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers
            or never shared, factors that do not vary, a single factor, fewer samples than bins, or an empty
            batch.
    """
    data = check_labelled(codes, factors, kinds, periods, names)
    check_several(len(data.kinds), "factors", "the BetaVAE score")
    if batch < 1:
        raise SimfactorError(f"batch is {batch}; a point takes at least 1 pair (usually 64).")
    groups = [Groups(labels) for labels in factor_classes(data, factor_bins)]
    rng = np.random.default_rng(seed)
    train, test = (_points(data.codes, groups, rng, count, batch) for count in (TRAIN_POINTS, TEST_POINTS))
    with warnings.catch_warnings():
        # The fit is bounded on purpose, as published; one that stops early says so by its score on test.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression().fit(*train)
    score, score_train = (float(model.score(*points)) for points in (test, train))
    return BetaVAEScore(score, score_train, 1 / len(groups), "logistic regression", len(data.codes))


def _points(
    z: Floats, groups: list[Groups], rng: np.random.Generator, count: int, batch: int
) -> tuple[Floats, Labels]:
    """Mean absolute differences (m, L), and the factor (m,) that each was made with."""
    each = count // len(groups)
    points = []
    for group in groups:
        a, b = group.pairs(rng, each, batch)
        points.append(np.abs(z[a] - z[b]).mean(axis=1))
    return np.vstack(points), np.repeat(np.arange(len(groups)), each)
