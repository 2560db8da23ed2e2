"""Results as a table: medians over seeds with their range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from .images import LIGHTS
from .members import Member
from .scores import COLUMNS

HEADS = ("InfoM", "InfoE", "InfoC", "DCI-D", "DCI-C", "DCI-I", "MIG", "decod.", "leak")


def summary(
    chosen: Sequence[Member], results: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, dict[str, Any]]:
    """Member -> what it knows, seeds, seconds, and per light and score the median, least and most."""
    return {
        member.name: {
            "knows": member.knows,
            "objective": member.objective,
            "network": member.arguments.get("network"),
            "label_share": member.label_share,
            "seeds": len(results[member.name]),
            "seconds": median(result["seconds"] for result in results[member.name]),
            **{light: _columns([result[light] for result in results[member.name]]) for light in LIGHTS},
        }
        for member in chosen
    }


def as_markdown(table: Mapping[str, Mapping[str, Any]]) -> str:
    """A table per light; each cell a median, and least and most where they differ by 0.01 or more."""
    return "\n\n".join(f"Lighting {light}:\n\n{_table(table, light)}" for light in LIGHTS)


def _columns(rows: Sequence[Mapping[str, float | None]]) -> dict[str, list[float] | None]:
    return {
        column: None if None in values else [median(values), min(values), max(values)]
        for column, values in ((name, [row[name] for row in rows]) for name in COLUMNS)
    }


def _table(table: Mapping[str, Mapping[str, Any]], light: str) -> str:
    lines = ["| encoder | is told | " + " | ".join(HEADS) + " |", "|---" * (len(HEADS) + 2) + "|"]
    for name, entry in table.items():
        cells = [_cell(entry[light][column]) for column in COLUMNS]
        lines.append(f"| {name} | {entry['knows']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float] | None) -> str:
    if values is None:
        return "-"
    middle, least, most = values
    return f"{middle:.2f}" if most - least < 0.01 else f"{middle:.2f} [{least:.2f}, {most:.2f}]"
