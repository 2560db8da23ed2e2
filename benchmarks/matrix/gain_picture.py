"""The gains of all contenders at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simfactor.report.canvas import FAINT, INK, WIDTH, figure, label, png

from .gains import LEVELS, above_chance, as_text

FULL = 0.5  # a gain that has the full colour
DARK = 0.3


def gain_matrix(found: Mapping[str, Any]) -> bytes:
    """A PNG of what :func:`gains` gives: a row a contender, a column a group of shifts and a level.

    The first row is the success of the one that all others are compared with, the others are gains. A star is
    a gain or loss whose interval leaves out 0.
    """
    groups = list(next(iter(found.values())))
    columns = [(group, level) for group in groups for level in LEVELS]
    names = list(found)
    means = np.array([[found[name][group][level]["mean"] for group, level in columns] for name in names])
    colours = np.vstack([np.zeros(len(columns)), means[1:]])
    fig, ax = figure(1.0 + 0.19 * len(names), width=min(WIDTH, 2.4 + 0.42 * len(columns)))
    ax.imshow(colours, cmap="RdBu", vmin=-FULL, vmax=FULL, aspect="auto", interpolation="nearest")
    for (row, column), value in np.ndenumerate(means):
        group, level = columns[column]
        gain = found[names[row]][group][level]
        text = as_text(gain) + "*" * above_chance(gain) if row else f"{value:.2f}"
        color = "white" if row and abs(value) > DARK else INK
        ax.text(column, row, text, ha="center", va="center", fontsize=6, color=color)
    ax.set_yticks(range(len(names)), names, fontsize=7)
    ax.set_xticks(
        range(len(columns)), [" ".join(column) for column in columns], fontsize=7, rotation=35, ha="left"
    )
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_color(FAINT)
    label(ax)
    return png(fig)
