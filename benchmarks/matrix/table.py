"""From results to what is said of every contender: each shift, and all shifts of a level together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import trim_mean

from simfactor.transfer import Domain, format_interval, joint_bootstrap, tabulate_success

from .contenders import Contender
from .learning import medians
from .records import Outcome, Outcomes

Array = NDArray[np.float64]

AHEAD = 0.02 - 1e-9
APART = 0.1 + 1e-9


def summary(domains: Sequence[Domain], outcomes: Outcomes, told: Mapping[str, Contender]) -> dict[str, Any]:
    """Contender -> what it is told, and per shift ``success`` with its interquartile mean over trainings.

    ``learning``: medians over trainings. ``overall``: level -> over the single-factor shifts of that level
    and the trainings, the interquartile mean ``iqm``, which leaves out the worst and the best quarter, and
    the ``mean`` of all, each with its interval (bootstrap over trainings and episodes). ``worst``: level ->
    the single-factor shift that takes most, and the share of the clean success that is left under it.
    """
    found: dict[str, Any] = {}
    for name in (name for name in told if name in outcomes):
        trainings = outcomes[name]
        success = {domain.name: _stacked(trainings, domain.name) for domain in domains}
        shifts = tabulate_success(domains, success)
        levels = {level: single(domains, level) for level in ("ood1", "ood2")}
        found[name] = {
            "told": told[name].told,
            "learning": medians([training.learning for training in trainings.values()])._asdict(),
            **{shift: {**entry, "success": _success(entry["success"])} for shift, entry in shifts.items()},
            "overall": {level: _overall([success[n] for n in names]) for level, names in levels.items()},
            "worst": {level: _worst(names, shifts) for level, names in levels.items()},
        }
    return found


def single(domains: Sequence[Domain], level: str) -> list[str]:
    """The shifts of a level that move one factor alone."""
    return [d.name for d in domains if d.level == level and d.rung is not None and not d.rung.parts]


def as_markdown(found: Mapping[str, Any], shown: Sequence[str]) -> str:
    """A line for each contender: success in some domains, over all single shifts of each level, its seeds,
    and how long it learned: the processor time of all steps, and the steps until it could do the task."""
    levels = ("ood1", "ood2")
    heads = [*shown, *(f"{kind} {level}" for kind in OVER_SHIFTS for level in levels)]
    heads += ["worst ood1 keeps", "worst ood2 keeps", "seeds", "CPU s", "steps to 95 %"]
    lines = ["| agent | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for name, entry in found.items():
        cells = [f"{entry[shift]['success']['mean']:.2f}" for shift in shown]
        cells += [format_interval(entry["overall"][level][kind]) for kind in OVER_SHIFTS for level in levels]
        worst = entry["worst"].values()
        cells += [f"{one['kept']:.0%} ({one['shift']})" for one in worst]
        needed = entry["learning"]["learned_steps"]
        cells += [str(entry["clean"]["success"]["seeds"]), f"{entry['learning']['cpu_seconds']:.0f}"]
        cells += ["never" if needed is None else f"{needed:.0f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def wins(found: Mapping[str, Any], ours: str, baselines: Sequence[str], shifts: Sequence[str]) -> list[str]:
    """A line for each shift under which the best baseline succeeds at least two times in a hundred more often
    than ours; ``clearly`` says that their intervals do not overlap."""
    lines = []
    for shift in shifts:
        held = {name: found[name][shift]["success"] for name in baselines if name in found}
        if ours not in found or not held:
            continue
        own, best = found[ours][shift]["success"], max(held, key=lambda name: held[name]["mean"])
        if held[best]["mean"] - own["mean"] > AHEAD:
            clearly = " clearly" if held[best]["low"] > own["high"] else ""
            lines.append(f"{shift}: {best} {held[best]['mean']:.2f},{clearly} ahead of {own['mean']:.2f}")
    return lines


def apart(found: Mapping[str, Any]) -> list[str]:
    """A line for each contender whose trainings ended more than ten in a hundred apart in the clean world."""
    rates = {name: sorted(entry["clean"]["success"]["by_seed"]) for name, entry in found.items()}
    far = {name: values for name, values in rates.items() if values[-1] - values[0] > APART}
    return [f"{name} {', '.join(f'{rate:.2f}' for rate in values)}" for name, values in far.items()]


def _success(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The success with the names that the JSON promises; of one training the mean is its own IQM."""
    middle = entry.get("iqm", entry)
    return {
        **entry,
        "iqm": middle["mean"],
        "low": middle["low"],
        "high": middle["high"],
        "episodes": entry["n"],
    }


def _stacked(trainings: Mapping[int, Outcome], domain: str) -> Array:
    """(S, E), a row a training."""
    return np.stack([trainings[seed].success[domain] for seed in sorted(trainings)]).astype(np.float64)


def _overall(success: Sequence[Array]) -> dict[str, Any]:
    values = np.stack(success)
    return {kind: joint_bootstrap(values, statistic).to_dict() for kind, statistic in OVER_SHIFTS.items()}


def _rates(values: Array) -> Array:
    """(shifts, ..., S, E) -> (..., S * shifts): mean success under every shift of every training."""
    means = np.moveaxis(values.mean(axis=-1), 0, -1)
    return means.reshape(*means.shape[:-2], -1)


OVER_SHIFTS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda values: _rates(values).mean(axis=-1),
    "iqm": lambda values: np.asarray(trim_mean(_rates(values), 0.25, axis=-1)),
}


def _worst(names: Sequence[str], shifts: Mapping[str, Any]) -> dict[str, Any]:
    clean = shifts["clean"]["success"]["mean"]
    name = min(names, key=lambda shift: shifts[shift]["success"]["mean"])
    kept = shifts[name]["success"]["mean"] / clean if clean else 0.0
    return {"shift": name, "kept": kept}
