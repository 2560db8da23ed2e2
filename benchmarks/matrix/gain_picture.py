"""Gains at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from simfactor.report.canvas import FAINT, INK, WIDTH, figure, label, png

from .ablation import Ablation, columns_of, rows_of
from .gains import LEVELS, above_chance, as_text

Gain: TypeAlias = Mapping[str, Any] | None  # None: not known
FULL = 0.5  # a gain that has the full colour
DARK = 0.3


def gain_matrix(found: Mapping[str, Any]) -> bytes:
    """A PNG of what :func:`gains` gives: a row a contender, a column a group of shifts and a level.

    The first row is the success of the one that all others are compared with, the others are gains. A star is
    a gain or loss whose interval leaves out 0.
    """
    groups = list(next(iter(found.values())))
    rows = [[entry[group][level] for group in groups for level in LEVELS] for entry in found.values()]
    return _picture(list(found), groups, rows, compared=0)


def ablation_matrix(found: Ablation) -> bytes:
    """A PNG of what :func:`ablation` gives: a row for what is changed, a column a kind and a level."""
    kinds, names = columns_of(found), rows_of(found)
    rows = [[found[kind].get(name, {}).get(level) for kind in kinds for level in LEVELS] for name in names]
    return _picture(names, kinds, rows)


def _picture(
    names: Sequence[str], groups: Sequence[str], rows: Sequence[Sequence[Gain]], compared: int | None = None
) -> bytes:
    """Coloured by gain; ``compared`` is the row of successes, not gains, which has no colour."""
    columns = [f"{group} {level}" for group in groups for level in LEVELS]
    colours = np.zeros((len(names), len(columns)))
    fig, ax = figure(1.0 + 0.19 * len(names), width=min(WIDTH, 2.4 + 0.42 * len(columns)))
    for (row, column), _ in np.ndenumerate(colours):
        gain = rows[row][column]
        if gain is None:
            continue
        text = f"{gain['mean']:.2f}" if row == compared else as_text(gain) + "*" * above_chance(gain)
        colours[row, column] = 0.0 if row == compared else gain["mean"]
        color = "white" if abs(colours[row, column]) > DARK else INK
        ax.text(column, row, text, ha="center", va="center", fontsize=6, color=color)
    ax.imshow(colours, cmap="RdBu", vmin=-FULL, vmax=FULL, aspect="auto", interpolation="nearest")
    ax.set_yticks(range(len(names)), names, fontsize=7)
    ax.set_xticks(range(len(columns)), columns, fontsize=7, rotation=35, ha="left")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_color(FAINT)
    label(ax)
    return png(fig)
