"""Factors of what was measured and not drawn: which numbers make one, and between which bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simfactor.data.shards import Floats
from simfactor.factors import Continuous

MARGIN = 0.02  # of the range, beyond either end
SAME = 1e-6  # of their size: numbers that are no farther apart are one


def measured_factors(columns: Mapping[str, Floats]) -> tuple[dict[str, Continuous], dict[str, str]]:
    """A factor of role ``task`` for every column (n,) that varies; and why the others are left out.

    A factor's group is its name without the number at the end. It reaches from the column's least value to
    its greatest, and a little beyond.
    """
    factors: dict[str, Continuous] = {}
    left_out = {}
    for name, values in columns.items():
        reason = _reason(values, {other: columns[other] for other in factors})
        if reason:
            left_out[name] = reason
            continue
        low, high = float(values.min()), float(values.max())
        margin = MARGIN * (high - low)
        group = name.rpartition("_")[0]
        factors[name] = Continuous(low - margin, high + margin, group=group, role="task")
    return factors, left_out


def _reason(values: Floats, before: Mapping[str, Floats]) -> str:
    """Why a column makes no factor of its own; empty if it does."""
    if not np.isfinite(values).all():
        return "is not always a finite number"
    if np.ptp(values) <= SAME * max(1.0, np.abs(values).max()):
        return f"is always {values[0]:.6g}"
    near = SAME * np.ptp(values)
    return next((f"is {name}" for name, other in before.items() if np.abs(values - other).max() <= near), "")
