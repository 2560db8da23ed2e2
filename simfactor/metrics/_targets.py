"""How a factor of each kind becomes something a regressor predicts, and how the prediction is scored."""

from __future__ import annotations

import numpy as np

from simfactor.metrics._checks import Floats


def regression_target(column: Floats, kind: str, period: float) -> Floats:
    """The column (n,) as (n, 1), or as (cos, sin) (n, 2) of an angle, so that both ends of a turn agree."""
    if kind == "angle":
        radians = 2 * np.pi * column / period
        return np.column_stack([np.cos(radians), np.sin(radians)])
    return column[:, None]


def r2(target: Floats, prediction: Floats) -> float:
    """Explained share of the variance of target (n, d), summed over d; 0 where the mean would do better."""
    residual = np.square(target - prediction).sum()
    total = np.square(target - target.mean(axis=0)).sum()
    return max(0.0, float(1 - residual / total))
