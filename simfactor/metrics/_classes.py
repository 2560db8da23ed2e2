"""Factors of any kind as class labels, for scores that are defined on discrete factors."""

from __future__ import annotations

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import Floats, Labels, Samples, class_labels
from simfactor.metrics.mutual_information import bin_equal_width


def factor_classes(data: Samples, bins: int) -> list[Labels]:
    """Per factor its class labels (n,): as given where categorical, else of ``bins`` equal-width bins.

    An angle is cut open at its widest gap first, so that neither its zero nor the end of a turn matters.
    Raises SimfactorError for fewer than two bins, fewer samples than bins, and a factor of which no two
    samples share a class.
    """
    if set(data.kinds) != {"categorical"}:
        check_bins(bins, "factor_bins", len(data.factors))
    columns = zip(data.factors.T, data.kinds, data.periods, data.names, strict=True)
    return [_classes(*column, bins) for column in columns]


def check_bins(bins: int, what: str, n: int) -> None:
    """Raise SimfactorError unless there are at least two bins, and as many samples as bins."""
    if bins < 2:
        raise SimfactorError(
            f"{what} is {bins}; at least 2 are needed to tell values apart (usually 10 to 20)."
        )
    if n < bins:
        raise SimfactorError(f"{n} samples cannot fill {bins} bins; give more samples or fewer {what}.")


def _classes(column: Floats, kind: str, period: float, name: str, bins: int) -> Labels:
    if kind == "categorical":
        labels = class_labels(column, name)
    else:
        labels = bin_equal_width(_unroll(column, period) if kind == "angle" else column, bins)
    if len(np.unique(labels)) == len(labels):
        raise SimfactorError(
            f"no two of the {len(labels)} samples share a class of factor {name!r}; give more samples, or "
            "say in kinds that this column is 'continuous' or 'angle'."
        )
    return labels


def _unroll(column: Floats, period: float) -> Floats:
    """Angles (n,) in [0, period) counted from the end of the widest gap between them."""
    values = np.unique(column)
    gaps = np.diff(values, prepend=values[-1] - period)
    return (column - values[np.argmax(gaps)]) % period
