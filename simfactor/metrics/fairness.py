"""Does a prediction depend on a protected factor that it was not asked about?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.metrics._checks import Floats, Labels, check_kinds, check_labelled
from simfactor.metrics._classes import factor_classes


class Fairness(NamedTuple):
    """1 - the mean unfairness, the distances it averages, and how they were estimated."""

    score: float
    unfairness: Floats  # (T, P), demographic parity of prediction t across protected factor p; 0 is fair
    estimator: str
    n: int


def fairness(
    predictions: npt.ArrayLike,
    protected: npt.ArrayLike,
    *,
    predicts: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    bins: int = 10,
) -> Fairness:
    """Demographic parity: how little the distribution of predictions moves with the protected factor.

    Locatello et al. 2019, "On the Fairness of Disentangled Representations", section 3: the unfairness of a
    prediction y across a protected factor s is the mean over the values of s of the total variation between
    p(y) and p(y | s). All values of s weigh the same. Continuous columns and angles are cut into equal-width
    bins.

    The plug-in distance is biased upwards, by about sqrt(bins * classes / n) / 2: compare at equal n, and
    with the same predictions shuffled.

    Args:
        predictions: what a model predicts (n, T): class labels, or numbers where ``predicts`` says so.
        protected: protected factors (n, P).
        predicts: per prediction column "categorical", "continuous" or "angle" in degrees; by default all are
            categorical.
        kinds: per protected column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per protected column the length of a turn, used for angles; by default 360.
        names: names of the protected columns for error messages.
        bins: of continuous columns.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers,
            protected factors that do not vary, fewer than two bins, or fewer samples than bins.
    """
    data = check_labelled(predictions, protected, kinds, periods, names)
    groups = factor_classes(data, bins)
    count = data.codes.shape[1]
    titles = tuple(f"prediction {t}" for t in range(count))
    guessed = data._replace(
        factors=data.codes, names=titles, kinds=check_kinds(predicts, count), periods=(360.0,) * count
    )
    said = factor_classes(guessed, bins)
    matrix = np.array([[_parity(cells, group) for group in groups] for cells in said])
    return Fairness(1 - float(matrix.mean()), matrix, f"total variation, {bins} bins", len(data.codes))


def _parity(cells: Labels, group: Labels) -> float:
    """Mean over groups of the total variation between the cells' distribution and that within the group."""
    rows, cells = np.unique(cells, return_inverse=True)
    columns, group = np.unique(group, return_inverse=True)
    joint = np.bincount(cells * len(columns) + group, minlength=len(rows) * len(columns))
    joint = joint.reshape(len(rows), len(columns))
    overall = joint.sum(axis=1, keepdims=True) / len(cells)
    return float((np.abs(joint / joint.sum(axis=0) - overall).sum(axis=0) / 2).mean())
