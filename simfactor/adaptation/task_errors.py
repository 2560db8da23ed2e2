"""How far an encoder's readings of task factors are off, factor by factor. NumPy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders import FactorEncoder
from simfactor.encoders.layout import is_circular
from simfactor.factors import Angle, Categorical, Factor
from simfactor.frames import Byte

Floats = NDArray[np.float64]


class TaskError(NamedTuple):
    """Of one factor: the mean absolute error in its unit, and as a share of its range (half a period at most
    for an angle that goes all round); of a category both are the share of wrong answers."""

    error: float
    share: float
    unit: str


def judged_names(encoder: FactorEncoder) -> tuple[str, ...]:
    """The task factors that the encoder reads; all that it reads if it reads none for the task."""
    read = [head for head in encoder.heads if not head.factor.fixed]
    task = [head.name for head in read if head.factor.role == "task"]
    return tuple(task or [head.name for head in read])


def task_errors(encoder: FactorEncoder, images: Byte, rows: Floats) -> dict[str, TaskError]:
    """Errors of what is read in images (n, s, s, 3) with rows (n, K) of ``encoder.space``: of each factor in
    those that have a value of it. Factors without any are left out."""
    read, known = encoder.predict(images), ~np.isnan(rows)
    columns = {name: encoder.space.index(name) for name in judged_names(encoder)}
    return {
        name: error_of(encoder.space[name], read[known[:, k], k], rows[known[:, k], k])
        for name, k in columns.items()
        if known[:, k].any()
    }


def error_of(factor: Factor, read: Floats, true: Floats) -> TaskError:
    """The error of values (n,) that are read of a factor, against the true ones (n,)."""
    if isinstance(factor, Categorical):
        wrong = float((read != true).mean())
        return TaskError(wrong, wrong, "wrong")
    apart = np.abs(read - true)
    reach = factor.high - factor.low
    if isinstance(factor, Angle):
        apart = np.mod(apart, factor.period)
        apart = np.minimum(apart, factor.period - apart)
        reach = factor.period / 2 if is_circular(factor) else reach
    error = float(apart.mean())
    return TaskError(error, error / reach, factor.unit)


def mean_share(errors: dict[str, TaskError]) -> float:
    """The mean error over factors, in shares of their ranges."""
    return float(np.mean([own.share for own in errors.values()]))
