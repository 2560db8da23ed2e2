"""What all figures share: colours that the colour-blind can tell apart, quiet axes, PNG bytes."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito 2008, the order chosen so that neighbours also differ in lightness.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#6B6B6B")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
INK = "#222222"
FAINT = "#8a8a8a"
DPI = 200  # twice the 100 css pixels an inch that the report shows
WIDTH = 7.6  # inches, the report's column
SMALL = 8.5


def figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """A figure (inches) with one set of quiet axes; no pyplot, so no state outside of it."""
    fig = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
    ax = fig.add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(colors=INK, labelsize=SMALL)
    ax.set_axisbelow(True)
    return fig, ax


def label(ax: Axes, x: str = "", y: str = "") -> None:
    """Name the axes."""
    ax.set_xlabel(x, fontsize=SMALL, color=INK)
    ax.set_ylabel(y, fontsize=SMALL, color=INK)


def legend(fig: Figure, ax: Axes) -> None:
    """A legend above the axes, where it hides nothing."""
    handles, names = ax.get_legend_handles_labels()
    columns = min(4, len(names))
    fig.legend(handles, names, loc="outside upper left", ncols=columns, frameon=False, fontsize=SMALL)


def png(fig: Figure) -> bytes:
    """The figure as PNG bytes."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
