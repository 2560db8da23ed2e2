"""The mean correlation coefficient of matched latents and factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from simfactor.errors import unknown_name
from simfactor.metrics._checks import Floats, Samples, check_labelled, class_labels
from simfactor.metrics._correlation import explained_by_classes, explained_by_columns
from simfactor.metrics._targets import regression_target


class MCC(NamedTuple):
    """The score in [0, 1], and what it depends on: never print it without ``correlation``."""

    score: float
    by_factor: Floats  # (K,)
    latents: tuple[int | None, ...]  # per factor the latent matched with it
    matrix: Floats  # (L, K), absolute correlations
    correlation: str
    n: int


def mcc(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    correlation: str = "pearson",
) -> MCC:
    """Mean over factors of the absolute correlation with the one latent matched to each.

    Hyvarinen & Morioka 2016, "Unsupervised Feature Extraction by Time-Contrastive Learning and Nonlinear
    ICA". No latent is matched twice, and of all matchings the best counts (Hungarian algorithm). With more
    latents than factors the others are ignored; with fewer, the factors left without one count 0.

    Continuous factors: Pearson's correlation, or Spearman's of ranks, which forgives a monotonic curve. The
    other kinds have no order to correlate with, so theirs is ours, the root of the share of the variance of
    the latent (of its ranks) explained: categorical by the classes (the correlation ratio, for two classes
    the absolute correlation), angle by cosine and sine; the angle itself as a latent gets at most 0.78.
    Give whole numbers with an order, such as sizes, as "continuous" for the published score.

    Args:
        codes: latents (n, L).
        factors: factors (n, K).
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        correlation: "pearson" or "spearman".

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds or correlations, labels that are
            not whole numbers, or factors that do not vary.
    """
    if correlation not in CORRELATIONS:
        raise unknown_name("correlation", correlation, CORRELATIONS)
    data = check_labelled(codes, factors, kinds, periods, names)
    matrix = _correlations(data, CORRELATIONS[correlation])
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    by_factor = np.zeros(len(data.kinds))
    by_factor[columns] = matrix[rows, columns]
    matched = dict(zip(columns.tolist(), rows.tolist(), strict=True))
    latents = tuple(matched.get(k) for k in range(len(by_factor)))
    return MCC(float(by_factor.mean()), by_factor, latents, matrix, correlation, len(data.codes))


def _correlations(data: Samples, transform: Callable[[Floats], Floats]) -> Floats:
    """Absolute correlations (L, K); 0 for latents that do not vary."""
    z = transform(data.codes)
    shares = []
    for column, kind, period, name in zip(data.factors.T, data.kinds, data.periods, data.names, strict=True):
        if kind == "categorical":
            shares.append(explained_by_classes(z, class_labels(column, name)))
        else:
            target = regression_target(column, kind, period)
            shares.append(explained_by_columns(z, transform(target) if kind == "continuous" else target))
    return np.sqrt(np.column_stack(shares))


# correlation -> what is done to the columns (n, d) first
CORRELATIONS: dict[str, Callable[[Floats], Floats]] = {
    "pearson": lambda columns: columns,
    "spearman": lambda columns: rankdata(columns, axis=0),
}
