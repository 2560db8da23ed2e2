"""Pictures of response curves: success against the values of single factors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from simfactor.errors import SimfactorError
from simfactor.report.canvas import COLORS, DPI, INK, MARKERS, SMALL, WIDTH, png
from simfactor.transfer import fallen

Curves = Mapping[str, Mapping[str, Any]]  # as simfactor.transfer.response_curves gives them

COLUMNS = 3  # panels in a row
POLICY, ENCODER = "#d2d2d2", "#ececec"
WIDE, ROUND_STEPS = 80, [1, 1.5, 3, 4.5, 6, 9, 10]  # of an angle: tenths of what is between ticks
FOOT = 0.035  # between bars at the foot, of the axis
CROWD = 6  # names that fit under a panel without being turned


def response_panels(curves: Curves, agents: Sequence[str] = ()) -> bytes:
    """A panel for each numeric factor: success against its value with intervals, a line an agent.

    Darker and lighter grey are the supports of policy and encoder; hollow marks lie outside both. Lines are
    dotted over values that were not tested. A star is a fall for sure (:func:`fallen`). A bar at the foot is
    where its agent trained, if that is not the policies' support. ``agents``: whom to show, by default all;
    they keep their colours. Raises SimfactorError if no factor is numeric.
    """
    chosen = numeric(curves)
    if not chosen:
        raise SimfactorError(
            "there is no curve of a numeric factor to draw; test shifts that move one alone."
        )
    rows = math.ceil(len(chosen) / COLUMNS)
    fig = Figure(figsize=(WIDTH, 0.75 + 1.75 * rows), dpi=DPI, layout="constrained", facecolor="white")
    axes = fig.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
    for ax, (name, curve) in zip(axes, chosen.items(), strict=False):
        _numbers(ax, curve, list(agents) or list(curve["agents"]))
        ax.set_title(f"{name} ({curve['unit']})" if curve["unit"] else name, fontsize=SMALL, color=INK)
    for ax in axes[len(chosen) :]:
        ax.set_axis_off()
    feet = max(len(_elsewhere(curve, agents or list(curve["agents"]))) for curve in chosen.values())
    axes[0].set_ylim(-FOOT * (feet + 1), 1.05)
    _frame(fig, curves, agents)
    return png(fig)


def response_bars(curves: Curves, agents: Sequence[str] = ()) -> bytes:
    """A panel for each categorical factor: success with each of its values, a bar an agent, with intervals.

    Shades, stars, colours and ``agents`` as of :func:`response_panels`. Raises SimfactorError if no factor is
    categorical.
    """
    chosen = categorical(curves)
    if not chosen:
        raise SimfactorError(
            "there is no curve of a categorical factor to draw; test shifts that move one alone."
        )
    fig = Figure(figsize=(WIDTH, 0.75 + 1.95 * len(chosen)), dpi=DPI, layout="constrained", facecolor="white")
    axes = fig.subplots(len(chosen), 1, squeeze=False).ravel()
    for ax, (name, curve) in zip(axes, chosen.items(), strict=True):
        _names(ax, curve, list(agents) or list(curve["agents"]))
        ax.set_title(name, fontsize=SMALL, color=INK)
    _frame(fig, curves, agents)
    return png(fig)


def numeric(curves: Curves) -> dict[str, Mapping[str, Any]]:
    """The curves of numeric factors."""
    return {name: curve for name, curve in curves.items() if curve["kind"] != "categorical"}


def categorical(curves: Curves) -> dict[str, Mapping[str, Any]]:
    """The curves of categorical factors."""
    return {name: curve for name, curve in curves.items() if curve["kind"] == "categorical"}


def _numbers(ax: Axes, curve: Mapping[str, Any], agents: Sequence[str]) -> None:
    low, high = _extent(curve)
    for spans, color in ((curve["encoder"], ENCODER), (curve["policy"], POLICY)):
        for start, end in spans:
            # of a single value a line
            half = max(0, 0.006 * (high - low) - (end - start) / 2)
            ax.axvspan(start - half, end + half, color=color, lw=0, zorder=0)
    for place, agent in enumerate(agents):
        k = list(curve["agents"]).index(agent)
        shift = 0.008 * (place - (len(agents) - 1) / 2) * (high - low)  # lest intervals hide each other
        _line(ax, curve["agents"][agent]["bins"], k, shift, curve.get("axis"))
        _points(ax, curve["agents"][agent]["bins"], k, shift)
    for place, agent in enumerate(_elsewhere(curve, agents)):
        k, y = list(curve["agents"]).index(agent), -FOOT * (place + 1)
        for span in curve["agents"][agent]["trained"]:
            ax.plot(span, (y, y), color=COLORS[k % len(COLORS)], lw=2, solid_capstyle="butt")
    ax.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    turning = "axis" in curve and high - low > WIDE
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=ROUND_STEPS if turning else None))
    _quiet(ax)


def _line(
    ax: Axes, bins: Sequence[Mapping[str, Any]], k: int, shift: float, axis: Sequence[float] | None
) -> None:
    """From bin to bin; of a circle once more on either side, where the axis cuts it off."""
    color = COLORS[k % len(COLORS)]
    turns = (0.0,) if axis is None else (-(axis[1] - axis[0]), 0.0, axis[1] - axis[0])
    drawn = [(turn, entry) for turn in turns for entry in bins]
    for (before, first), (after, second) in itertools.pairwise(drawn):
        tested = after + second["low"] <= before + first["high"] + 1e-6 * abs(first["high"])
        x = (before + first["value"] + shift, after + second["value"] + shift)
        low, mean, high = (
            [part["success"][key] for part in (first, second)] for key in ("low", "mean", "high")
        )
        if tested:
            ax.fill_between(x, low, high, color=color, alpha=0.16, lw=0)
        if tested or before == after:
            ax.plot(x, mean, color=color, lw=1.3, ls="-" if tested else (0, (1, 1.6)))


def _points(ax: Axes, bins: Sequence[Mapping[str, Any]], k: int, shift: float) -> None:
    color, marker = COLORS[k % len(COLORS)], MARKERS[k % len(MARKERS)]
    x = np.array([entry["value"] + shift for entry in bins])
    low, mean, high = (np.array([entry["success"][key] for entry in bins]) for key in ("low", "mean", "high"))
    ax.vlines(x, low, high, color=color, lw=0.6, alpha=0.5)
    unseen = np.array([entry["level"] == "ood2" for entry in bins])
    for mask, face in ((~unseen, color), (unseen, "white")):
        ax.plot(x[mask], mean[mask], marker, ms=3.6, color=color, mfc=face)
    for place, entry in zip(x, bins, strict=True):
        _star(ax, place, entry, color)


def _names(ax: Axes, curve: Mapping[str, Any], agents: Sequence[str]) -> None:
    tested = [entry["value"] for of in curve["agents"].values() for entry in of["bins"]]
    names = list(dict.fromkeys([*curve["policy"], *curve["encoder"], *tested]))
    for place, name in enumerate(names):
        color = POLICY if name in curve["policy"] else ENCODER if name in curve["encoder"] else "white"
        ax.axvspan(place - 0.5, place + 0.5, color=color, lw=0, zorder=0)
    thickness = 0.8 / len(agents)
    for i, agent in enumerate(agents):
        k, bins = list(curve["agents"]).index(agent), curve["agents"][agent]["bins"]
        x = np.array([names.index(entry["value"]) for entry in bins]) + thickness * (i + 0.5) - 0.4
        success = [entry["success"] for entry in bins]
        for entry, foot in zip(bins, x, strict=True):
            _star(ax, foot, entry, INK)
        ax.bar(x, [s["mean"] for s in success], 0.86 * thickness, color=COLORS[k % len(COLORS)], alpha=0.85)
        ax.vlines(x, [s["low"] for s in success], [s["high"] for s in success], color=INK, lw=0.9)
    turned = len(names) > CROWD
    ax.set_xticks(range(len(names)), names, rotation=30 if turned else 0, ha="right" if turned else "center")
    ax.set_xlim(-0.5, len(names) - 0.5)
    _quiet(ax)


def _elsewhere(curve: Mapping[str, Any], agents: Sequence[str]) -> list[str]:
    """The agents that did not train in the policies' support of this factor."""
    return [agent for agent in agents if curve["agents"][agent]["trained"] != curve["policy"]]


def _star(ax: Axes, x: float, entry: Mapping[str, Any], color: str) -> None:
    if fallen(entry):
        ax.text(x, entry["success"]["high"], "*", ha="center", va="bottom", fontsize=SMALL, color=color)


def _extent(curve: Mapping[str, Any]) -> tuple[float, float]:
    """From the first to the last value that was tested or is in a support."""
    edges = [edge for kind in ("policy", "encoder") for span in curve[kind] for edge in span]
    for of in curve["agents"].values():
        edges += [edge for span in of["trained"] for edge in span]
        edges += [entry[edge] for entry in of["bins"] for edge in ("low", "high")]
    return min(edges), max(edges)


def _quiet(ax: Axes) -> None:
    ax.set_ylim(-0.03, 1.05)
    ax.set_yticks((0, 0.5, 1))
    ax.tick_params(colors=INK, labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#bcbcbc", lw=0.4)
    ax.set_axisbelow(True)


def _frame(fig: Figure, curves: Curves, agents: Sequence[str]) -> None:
    """The legend above, and what the vertical axes show."""
    everyone = list(next(iter(curves.values()))["agents"])
    handles: list[Any] = [
        Line2D([], [], color=COLORS[k % len(COLORS)], marker=MARKERS[k % len(MARKERS)], ms=4.5, lw=1.4)
        for k in (everyone.index(agent) for agent in agents or everyone)
    ]
    handles += [Patch(color=POLICY), Patch(color=ENCODER)]
    names = [*(agents or everyone), "policies trained here", "encoder trained here"]
    fig.legend(handles, names, loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)
    fig.supylabel("success rate", fontsize=SMALL, color=INK)
