"""How fast each contender learned: from the curves that its trainings left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simfactor.agents.record import read_curve

from .study import Study

WINDOW, LEARNED = 20, 0.95  # episodes, and the share of them that succeeds


def speed(study: Study, seeds: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Contender -> medians over its trainings, of which there must be some: ``cpu_seconds`` of all steps
    (processor time of one process, environment included, encoder's own training not), and ``learned_steps``
    and ``learned_cpu_seconds`` until 95 % of 20 successive episodes succeeded, None if most never did.
    """
    found: dict[str, dict[str, Any]] = {}
    for plan, names in study.plans(seeds):
        for name in names:
            curve = _read(plan.agent_folder(name, plan.run.seed))
            if len(curve):
                found.setdefault(name, {}).setdefault("curves", []).append(curve)
    return {name: _speed(entry["curves"]) for name, entry in found.items()}


def _read(folder: Path) -> np.ndarray:
    """Step, success and processor seconds of every episode, (E, 3)."""
    rows = [(row.step, row.success, row.cpu_seconds) for row in read_curve(folder)]
    return np.array(rows, np.float64).reshape(-1, 3)


def _speed(curves: Sequence[np.ndarray]) -> dict[str, Any]:
    learned = np.median([_learned(curve) for curve in curves], axis=0)
    known = bool(np.isfinite(learned).all())
    return {
        "cpu_seconds": float(np.median([curve[-1, 2] for curve in curves])),
        "learned_steps": float(learned[0]) if known else None,
        "learned_cpu_seconds": float(learned[1]) if known else None,
    }


def _learned(curve: np.ndarray) -> tuple[float, float]:
    """Step and processor seconds at which the last of the first successful window ended; infinite if none."""
    if len(curve) < WINDOW:
        return np.inf, np.inf
    means = np.convolve(curve[:, 1], np.full(WINDOW, 1 / WINDOW), mode="valid")
    reached = np.flatnonzero(means >= LEARNED - 1e-9)
    if not len(reached):
        return np.inf, np.inf
    row = curve[reached[0] + WINDOW - 1]
    return float(row[0]), float(row[2])
