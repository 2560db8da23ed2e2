"""What each augmentation gains, by the factors that it changes, under shifts of the same factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from simfactor.transfer import Domain

from .contenders import ALL, GROUPS, PARTS
from .gains import ALONE, LEVELS, gains, marked
from .records import Outcomes

# kind -> what changes, and under which shifts -> level -> gain
Ablation: TypeAlias = dict[str, dict[str, Any]]
AT_ONCE = " at once"


def ablation(domains: Sequence[Domain], outcomes: Outcomes) -> Ablation:
    """Kind of augmentation -> whose factors it changes -> level -> what it gains over the agent without it.

    Of a group of factors under shifts of one factor of it, of all and of the residual under any single shift;
    ``at once``: under a shift of all these factors together. Contenders without a training in common with the
    agent without it are left out.
    """
    found: Ablation = {}
    for against in dict.fromkeys(part.against for part in PARTS.values()):
        if against not in outcomes:
            continue
        compared = {name for name, part in PARTS.items() if part.against == against} | {against}
        gained = gains(domains, {n: t for n, t in outcomes.items() if n in compared}, against)
        for name in (name for name in gained if name != against):
            entry, factors = gained[name], PARTS[name].factors
            rows = found.setdefault(PARTS[name].kind, {})
            rows[factors] = entry.get(factors, entry[ALONE])
            together = ("everything" if factors == ALL else factors) + AT_ONCE
            if together in entry:
                rows[factors + AT_ONCE] = entry[together]
    return found


def columns_of(found: Ablation) -> list[str]:
    """Kinds of augmentation, those of latents first."""
    return [kind for kind in dict.fromkeys(part.kind for part in PARTS.values()) if kind in found]


def rows_of(found: Ablation) -> list[str]:
    """What is changed, all first."""
    names = [name + end for name in (ALL, *GROUPS, "residual") for end in ("", AT_ONCE)]
    return [name for name in names if any(name in rows for rows in found.values())]


def ablation_as_markdown(found: Ablation) -> str:
    """A line for what is changed, a column for each kind: ood1 / ood2, bold where the interval leaves out 0,
    with the number of trainings."""
    kinds = columns_of(found)
    lines = ["| changed | " + " | ".join(kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    for name in rows_of(found):
        cells = [_cell(found[kind].get(name)) for kind in kinds]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(gain: Mapping[str, Any] | None) -> str:
    if gain is None:
        return ""
    return " / ".join(marked(gain[level]) for level in LEVELS) + f" ({gain[LEVELS[0]]['seeds']})"
