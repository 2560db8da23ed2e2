"""How fast a contender learned: from the curve that its training left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simfactor.agents.record import read_curve

WINDOW, LEARNED = 20, 0.95  # episodes, and the share of them that succeeds


class Learning(NamedTuple):
    """``cpu_seconds`` of all steps (processor time of one process, environment included, encoder's own
    training not), and ``learned_steps`` and ``learned_cpu_seconds`` until 95 % of 20 successive episodes
    succeeded, None if they never did."""

    cpu_seconds: float
    learned_steps: float | None
    learned_cpu_seconds: float | None


def learning(folder: Path) -> Learning:
    """Of the training that left its curve in ``folder``, with at least one episode."""
    rows = [(row.step, row.success, row.cpu_seconds) for row in read_curve(folder)]
    curve = np.array(rows, np.float64)
    means = np.convolve(curve[:, 1], np.full(WINDOW, 1 / WINDOW), mode="valid")
    reached = np.flatnonzero(means >= LEARNED - 1e-9) if len(curve) >= WINDOW else []
    end = curve[reached[0] + WINDOW - 1].tolist() if len(reached) else [None] * 3
    return Learning(float(curve[-1, 2]), end[0], end[2])


def medians(trainings: Sequence[Learning]) -> Learning:
    """Over trainings; what most of them never reached is None."""
    known = [[math.inf if value is None else value for value in training] for training in trainings]
    middles = np.median(known, axis=0)
    return Learning(*(float(middle) if math.isfinite(middle) else None for middle in middles))
