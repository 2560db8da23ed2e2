"""What each adaptation changes before the target: paired with the same agents without it, picture by picture
and episode by episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.transfer import format_interval, holm, paired_gap, paired_p

from .trials import Trial
from .worlds import PHOTO

HEADS = ("adapted", "error photo", "success photo", "p (Holm)", "trainings")


def changes(trials: Mapping[str, Mapping[int, Trial]]) -> dict[str, Any]:
    """Adapted method -> ``task_error`` and ``success``, its own minus those without; ``p`` and
    ``p_holm`` of the successes; over the trainings that both have."""
    found: dict[str, Any] = {}
    for name, adapted in trials.items():
        before = trials.get(name.partition("+")[0], {}) if "+" in name else {}
        seeds = sorted(adapted.keys() & before.keys())
        if seeds:
            first, second = ([own[seed] for seed in seeds] for own in (adapted, before))
            errors = [_photo([trial.task_error for trial in side]) for side in (first, second)]
            success = [_photo([trial.success for trial in side]) for side in (first, second)]
            found[name] = {
                "task_error": paired_gap(*errors).to_dict(),
                "success": paired_gap(*success).to_dict(),
                "p": paired_p(*success),
                "seeds": len(seeds),
            }
    for name, p in holm({name: entry["p"] for name, entry in found.items()}).items():
        found[name]["p_holm"] = p
    return found


def changes_as_markdown(found: Mapping[str, Any]) -> str:
    """A line for each adapted method, nothing for none."""
    if not found:
        return ""
    lines = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|"]
    for name, entry in found.items():
        error = entry["task_error"]
        cells = [
            f"{error['mean']:+.3f} [{error['low']:+.3f}, {error['high']:+.3f}]",
            format_interval(entry["success"], signed=True),
            f"{entry['p_holm']:.3f}",
            str(entry["seeds"]),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _photo(measured: list[Mapping[str, NDArray[Any]]]) -> NDArray[np.float64]:
    return np.stack([one[PHOTO] for one in measured]).astype(np.float64)
