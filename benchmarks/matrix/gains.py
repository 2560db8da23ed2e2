"""What a contender gains against another, by the group of factors that a shift moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.transfer import Domain, hierarchical_bootstrap

from .records import Outcome, Outcomes
from .table import single

Trainings: TypeAlias = Mapping[int, Outcome]
LEVELS = ("ood1", "ood2")
ALONE = "single"


def by_group(domains: Sequence[Domain]) -> dict[str, dict[str, list[str]]]:
    """What shifts move -> level -> their names: ``single``: any one factor; a group of factors: one of it;
    ``lighting at once``, ``everything at once``: several factors together."""
    clean = domains[0].space
    alone = {level: single(domains, level) for level in LEVELS}
    groups: dict[str, dict[str, list[str]]] = {ALONE: alone}
    together: dict[str, dict[str, list[str]]] = {}
    for domain in domains[1:]:
        if domain.name in alone[domain.level]:
            moved = {str(clean[name].group) for name in clean.names if clean[name] != domain.space[name]}
            found = groups.setdefault(" and ".join(sorted(moved)), {})
            found.setdefault(domain.level, []).append(domain.name)
        elif domain.rung is not None:
            found = together.setdefault(f"{domain.rung.ladder} at once", {})
            found.setdefault(domain.level, []).append(domain.name)
    return {**groups, **together}


def gains(domains: Sequence[Domain], outcomes: Outcomes, against: str) -> dict[str, Any]:
    """Contender -> group -> level -> how much more often it succeeds than ``against``; of that, its success.

    Means over the shifts of a group, with an interval: the same trainings in the same episodes are compared,
    and both are drawn anew (crossed bootstrap). Trainings that only one of the two has do not count.
    """
    groups, reference = by_group(domains), outcomes[against]
    others = {n: t for n, t in outcomes.items() if n != against and t.keys() & reference.keys()}
    compared = {against: (reference, None), **{name: (other, reference) for name, other in others.items()}}
    return {
        name: {
            group: {level: _gain(trainings, less, shifts) for level, shifts in levels.items()}
            for group, levels in groups.items()
        }
        for name, (trainings, less) in compared.items()
    }


def gains_as_markdown(found: Mapping[str, Any]) -> str:
    """A line for each contender, a column for each group: ood1 / ood2; first the success of the one that all
    others are compared with, then their gains, bold where 0 is outside of the interval."""
    groups = list(next(iter(found.values())))
    lines = ["| agent | " + " | ".join(groups) + " | trainings |", "|---" * (len(groups) + 2) + "|"]
    for number, (name, entry) in enumerate(found.items()):
        shown = marked if number else _plain
        cells = [" / ".join(shown(entry[group][level]) for level in LEVELS) for group in groups]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {entry[ALONE]['ood1']['seeds']} |")
    return "\n".join(lines)


def _gain(trainings: Trainings, less: Trainings | None, shifts: Sequence[str]) -> dict[str, Any]:
    seeds = sorted(trainings if less is None else trainings.keys() & less.keys())
    rows = _success(trainings, seeds, shifts)
    if less is not None:
        rows = rows - _success(less, seeds, shifts)
    return hierarchical_bootstrap(rows, crossed=True).to_dict()


def _success(trainings: Trainings, seeds: Sequence[int], shifts: Sequence[str]) -> NDArray[np.float64]:
    """(S, E), means over the shifts."""
    return np.array([np.mean([trainings[s].success[shift] for shift in shifts], axis=0) for s in seeds])


def as_text(gain: Mapping[str, Any]) -> str:
    """Its mean, with a sign: nothing has a plus."""
    return f"{round(gain['mean'], 2) + 0.0:+.2f}"


def above_chance(gain: Mapping[str, Any]) -> bool:
    """Whether the interval of a gain or loss leaves out 0."""
    return bool(gain["low"] > 0 or gain["high"] < 0)


def _plain(success: Mapping[str, Any]) -> str:
    return f"{success['mean']:.2f}"


def marked(gain: Mapping[str, Any]) -> str:
    """Its text, bold if it is beyond chance."""
    return f"**{as_text(gain)}**" if above_chance(gain) else as_text(gain)
