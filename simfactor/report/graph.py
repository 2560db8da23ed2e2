"""Latents on the left, factors on the right, and a line for what the one has to do with the other."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.report.canvas import COLORS, DPI, FAINT, INK, SMALL, WIDTH, png

FAINTEST = 0.04  # of the largest value: weaker lines are not drawn
THICKEST = 7.0  # points
ROW = 0.21  # inches between factors
MIXED = 0.5  # a latent wears a factor's colour if that has at least this share of its row


def latent_factor_graph(
    matrices: Mapping[str, ArrayLike],
    factor_names: Sequence[str],
    *,
    latent_names: Mapping[str, Sequence[str]] | None = None,
    quantity: str = "effect",
) -> bytes:
    """Graphs of (L, K) matrices side by side: a line from latent to factor, as wide as its value.

    Lines and factors wear the factor's colour, latents that of the factor which has most of their row, or
    grey where none has half. Latents stand in the order of the factors they go with, so that separated ones
    make a ladder; those that go with nothing stand last, hollow. Widths are to one scale in all graphs, and
    values below 4 % of the largest are left out.

    Args:
        matrices: title -> (L, K), not negative, L may differ.
        factor_names: the K columns of them all.
        latent_names: title -> the L rows, for those that have names; the others are numbered.
        quantity: what the numbers are.

    Raises SimfactorError for no matrix, negative or non-finite entries, or sizes that do not agree.
    """
    values = {title: _check(title, matrix, len(factor_names)) for title, matrix in matrices.items()}
    if not values:
        raise SimfactorError("there is no matrix to draw; give at least one, by its title.")
    colors = _colors(len(factor_names))
    largest = max(float(matrix.max()) for matrix in values.values()) or 1.0
    rows = max(len(factor_names), *(0.7 * len(matrix) for matrix in values.values()))
    # One graph alone would be stretched to the whole width.
    width = WIDTH if len(values) > 1 else 0.6 * WIDTH
    fig = Figure(figsize=(width, 0.95 + ROW * rows), dpi=DPI, layout="constrained", facecolor="white")
    for ax, (title, matrix) in zip(np.ravel(fig.subplots(1, len(values))), values.items(), strict=True):
        names = (latent_names or {}).get(title, [f"z{i}" for i in range(len(matrix))])
        if len(names) != len(matrix):
            raise SimfactorError(
                f"matrix {title!r} has {len(matrix)} latents, but {len(names)} latent_names."
            )
        _draw(ax, matrix / largest, names, factor_names, colors)
        ax.set_title(title, fontsize=10, color=INK, pad=8)
    _legend(fig, largest, quantity)
    return png(fig)


def _check(title: str, matrix: ArrayLike, factors: int) -> NDArray[np.float64]:
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] != factors:
        raise SimfactorError(
            f"matrix {title!r} has shape {values.shape}; {factors} factor_names need (latents, {factors})."
        )
    if not np.isfinite(values).all() or values.min() < 0:
        raise SimfactorError(f"matrix {title!r} has negative or non-finite entries; a line has a width.")
    return values


def _draw(
    ax: Axes,
    matrix: NDArray[np.float64],
    latent_names: Sequence[str],
    factor_names: Sequence[str],
    colors: Sequence[str],
) -> None:
    """One graph, of values up to 1."""
    order = _order(matrix)
    left = dict(zip(order.tolist(), _heights(len(matrix)), strict=True))
    right = _heights(len(factor_names))
    lines = [(matrix[i, k], i, k) for i, k in np.argwhere(matrix >= FAINTEST)]
    for value, i, k in sorted(lines):
        _line(ax, left[i], right[k], colors[k], value)
    size = min(5.5, 180 / len(matrix))
    for i, y in left.items():
        color = _latent_color(matrix[i], colors)
        ax.plot(0, y, "o", ms=size, mfc=color, mec=FAINT if color == "white" else color, mew=0.8, zorder=4)
        ax.text(-0.045, y, latent_names[i], ha="right", va="center", fontsize=_font(len(matrix)), color=INK)
    for k, y in enumerate(right):
        ax.plot(1, y, "s", ms=6, color=colors[k], zorder=4)
        ax.text(1.05, y, factor_names[k], ha="left", va="center", fontsize=_font(len(right)), color=INK)
    ax.set_xlim(-0.04, 1.04)
    ax.set_ylim(-0.03, 1.03)
    ax.set_axis_off()


def _line(ax: Axes, start: float, end: float, color: str, value: float) -> None:
    curve = Path(
        [(0, start), (0.45, start), (0.55, end), (1, end)],
        [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )
    look = {"lw": THICKEST * value, "alpha": 0.35 + 0.6 * value, "capstyle": "butt"}
    ax.add_patch(PathPatch(curve, fill=False, ec=color, clip_on=False, zorder=2, **look))


def _order(matrix: NDArray[np.float64]) -> NDArray[np.intp]:
    """Latents by the mean place of the factors they go with; those that go with nothing last."""
    drawn = np.where(matrix >= FAINTEST, matrix, 0.0) ** 2  # strong lines decide
    sums = drawn.sum(axis=1)
    place = np.divide(
        drawn @ np.arange(matrix.shape[1]), sums, out=np.full(len(sums), np.inf), where=sums > 0
    )
    return np.argsort(place, kind="stable")


def _latent_color(row: NDArray[np.float64], colors: Sequence[str]) -> str:
    if row.max() < FAINTEST:
        return "white"
    return colors[int(row.argmax())] if row.max() >= MIXED * row.sum() else FAINT


def _heights(count: int) -> NDArray[np.float64]:
    """Places from the top down, a lone one in the middle."""
    return 1 - (np.arange(count) + 0.5) / count


def _font(count: int) -> float:
    return float(np.clip(230 / count, 4.5, 8.0))


def _colors(count: int) -> list[str]:
    """The report's colours but its grey, or a wheel of hues whose neighbours differ in lightness, too."""
    if count < len(COLORS):
        return list(COLORS[:count])
    wheel = [
        colorsys.hls_to_rgb((k / count + 0.58) % 1, (0.36, 0.52, 0.44)[k % 3], (0.75, 0.6, 0.9)[k % 3])
        for k in range(count)
    ]
    return ["#" + "".join(f"{round(255 * channel):02x}" for channel in rgb) for rgb in wheel]


def _legend(fig: Figure, largest: float, quantity: str) -> None:
    shares = (1.0, 0.5, 0.1)
    handles = [
        Line2D([], [], color=INK, lw=THICKEST * share, alpha=0.35 + 0.6 * share, solid_capstyle="butt")
        for share in shares
    ]
    names = [f"{quantity} {share * largest:.2g}" for share in shares]
    fig.legend(
        handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize=SMALL, handlelength=3
    )
