"""What is said of every method: success in each world, and how well its encoder reads the task there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.transfer import Domain, format_interval, hierarchical_bootstrap, tabulate_success
from simfactor.transfer.domain import CLEAN

from .trials import SOURCE, Trial
from .worlds import PHOTO, SENSOR

HEADS = ("method", CLEAN, SENSOR, PHOTO, "keeps", "error source", "error photo", "seeds")


def summary(domains: Sequence[Domain], trials: Mapping[str, Mapping[int, Trial]]) -> dict[str, Any]:
    """Method -> ``success`` and ``task_error`` in the target, ``source_error``, on held-out images like those
    of its encoder (both None where nothing is read), and ``domains``: name -> success there and the gap to
    the clean world."""
    found: dict[str, Any] = {}
    for name, trainings in trials.items():
        success = {domain.name: _stacked(trainings, "success", domain.name) for domain in domains}
        entries = tabulate_success(domains, success)
        read = all(trial.task_error for trial in trainings.values())
        errors = {
            domain: _interval(_stacked(trainings, "task_error", domain)) if read else None
            for domain in (SOURCE, PHOTO)
        }
        found[name] = {
            "success": entries[PHOTO]["success"],
            "task_error": errors[PHOTO],
            "source_error": errors[SOURCE],
            "seeds": len(trainings),
            "domains": entries,
        }
    return found


def as_markdown(found: Mapping[str, Any]) -> str:
    """A line for each method."""
    lines = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|"]
    for name, entry in found.items():
        success = [entry["domains"][domain]["success"] for domain in HEADS[1:4]]
        clean, target = success[0]["mean"], success[-1]["mean"]
        cells = [f"{one['mean']:.2f}" for one in success[:-1]] + [format_interval(success[-1])]
        cells.append(f"{target / clean:.0%}" if clean else "")
        errors = (entry["source_error"], entry["task_error"])
        cells += ["" if error is None else f"{error['mean']:.3f}" for error in errors]
        lines.append(f"| {name} | " + " | ".join([*cells, str(entry["seeds"])]) + " |")
    return "\n".join(lines)


def _stacked(trainings: Mapping[int, Trial], what: str, domain: str) -> NDArray[np.float64]:
    """(S, E), a row a training."""
    rows = [getattr(trainings[seed], what)[domain] for seed in sorted(trainings)]
    return np.stack(rows).astype(np.float64)


def _interval(values: NDArray[np.float64]) -> dict[str, Any]:
    return hierarchical_bootstrap(values).to_dict()
