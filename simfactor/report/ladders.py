"""Pictures and sentences of ladders: success as shifts grow, and every agent in every domain at a glance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from simfactor.report.canvas import COLORS, DPI, FAINT, INK, MARKERS, SMALL, WIDTH, figure, label, png
from simfactor.statistics import format_interval

Agents = Mapping[str, Mapping[str, Mapping[str, Any]]]
Ladders = Mapping[str, Mapping[str, Any]]  # as tabulate_ladders gives them

COLUMNS = 3  # panels in a row
SIGNIFICANT = 0.05


def severity_curves(agents: Agents, ladders: Ladders, chosen: Sequence[str] = ()) -> bytes:
    """A panel a ladder: success against severity, a line an agent, hollow where no training was (ood2).

    ``chosen``: whom to show, by default all; they keep their colours.
    """
    names = list(next(iter(ladders.values()))["curves"])
    rows = math.ceil(len(names) / COLUMNS)
    fig = Figure(figsize=(WIDTH, 0.5 + 1.5 * rows), dpi=DPI, layout="constrained", facecolor="white")
    axes = fig.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
    for ax, name in zip(axes, names, strict=False):
        for agent in chosen or ladders:
            k = list(ladders).index(agent)
            curve, color = ladders[agent]["curves"][name], COLORS[k % len(COLORS)]
            marker = MARKERS[k % len(MARKERS)]
            ax.plot(
                curve["severities"],
                curve["success"],
                marker,
                ls="-",
                color=color,
                lw=1.4,
                ms=4.5,
                label=agent,
            )
            for severity, success, domain in zip(
                curve["severities"], curve["success"], curve["domains"], strict=True
            ):
                face = "white" if agents[agent][domain]["level"] == "ood2" else color
                ax.plot(severity, success, marker, color=color, mfc=face, ms=4.5)
        ax.set_title(name, fontsize=SMALL, color=INK)
        ax.set_ylim(-0.03, 1.05)
        ax.set_xticks(next(iter(ladders.values()))["curves"][name]["severities"])
        ax.tick_params(colors=INK, labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(color="#ececec", lw=0.7)
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    handles, shown = axes[0].get_legend_handles_labels()
    fig.legend(handles, shown, loc="outside upper left", ncols=4, frameon=False, fontsize=SMALL)
    fig.supxlabel("severity (0: clean)", fontsize=SMALL, color=INK)
    fig.supylabel("success rate", fontsize=SMALL, color=INK)
    return png(fig)


def shift_matrix(agents: Agents) -> bytes:
    """Success of every agent (column) in every domain (row), as numbers on their colour.

    A star is a loss beyond chance (p < 0.05 after Holm's correction over the agent's shifts).
    """
    domains = list(next(iter(agents.values())))
    values = np.array([[agents[agent][d]["success"]["mean"] for agent in agents] for d in domains])
    fig, ax = figure(1.1 + 0.19 * len(domains), width=min(WIDTH, 2.6 + 0.9 * len(agents)))
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1.15, aspect="auto", interpolation="nearest")
    for (row, column), value in np.ndenumerate(values):
        entry = list(agents.values())[column][domains[row]]
        text = f"{value:.2f}{'*' if lost(entry) else ' '}"
        color = "white" if value > 0.6 else INK
        ax.text(column, row, text, ha="center", va="center", fontsize=7, color=color)
    entries = next(iter(agents.values()))
    levels = [entries[domain]["level"] for domain in domains]
    names = [d if level in d else f"{d} ({level})" for d, level in zip(domains, levels, strict=True)]
    ax.set_yticks(range(len(domains)), names, fontsize=7)
    ax.set_xticks(range(len(agents)), list(agents), fontsize=7.5, rotation=20, ha="left")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_color(FAINT)
    label(ax)
    return png(fig)


def ladder_sentences(agents: Agents, ladders: Ladders) -> list[str]:
    """What every agent withstands, where it loses most, and which shifts are worse together than alone."""
    said = []
    for agent, entry in ladders.items():
        said += [_withstood(agent, agents[agent], entry["curves"]), *_together(agent, entry["interactions"])]
    return said


def lost(entry: Mapping[str, Any]) -> bool:
    """Whether success in a domain is below the clean one beyond chance, given how many shifts were tested."""
    return "p_holm" in entry and entry["p_holm"] < SIGNIFICANT and entry["gap"]["mean"] > 0


def _withstood(agent: str, domains: Mapping[str, Any], curves: Mapping[str, Any]) -> str:
    hurt = [name for name, curve in curves.items() if any(lost(domains[d]) for d in curve["domains"])]
    if not hurt:
        return f"{agent} loses nothing beyond chance on any of {len(curves)} ladders."
    worst = min(hurt, key=lambda name: curves[name]["area"]["mean"])
    area, least = curves[worst]["area"], min(curves[worst]["success"])
    return (
        f"{agent} loses success beyond chance on {len(hurt)} of {len(curves)} ladders ({', '.join(hurt)}); "
        f"most on {worst}: {format_interval(area)} success over its rungs, {least:.2f} at worst."
    )


def _together(agent: str, interactions: Mapping[str, Any]) -> list[str]:
    worse = {name: entry for name, entry in interactions.items() if entry["high"] < 0}
    if not worse:
        return []
    listed = ", ".join(f"{name} ({format_interval(entry)})" for name, entry in worse.items())
    return [f"For {agent}, in log-odds, these are worse together than each alone would make them: {listed}."]
