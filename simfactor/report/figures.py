"""Pictures of numbers: success, gaps, the latents x factors matrix, decodability, training curves.

Every function returns PNG bytes at twice the report's resolution. ``agents`` is what
``simfactor.transfer.tabulate`` returns: agent -> domain -> entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.report.canvas import COLORS, FAINT, INK, MARKERS, SMALL, figure, label, legend, png

Agents = Mapping[str, Mapping[str, Mapping[str, Any]]]


def success_bars(agents: Agents) -> bytes:
    """Success of every agent in every domain with Wilson intervals; small rings are single trainings."""
    domains = _domains(agents)
    fig, ax = figure(0.8 + len(domains) * (0.2 + 0.19 * len(agents)))
    for k, (agent, entries) in enumerate(agents.items()):
        y, thickness = _places(domains, k, len(agents))
        success = [entries[domain]["success"] for domain in domains]
        means = [entry["mean"] for entry in success]
        color = COLORS[k % len(COLORS)]
        ax.barh(y, means, 0.86 * thickness, color=color, alpha=0.85, label=agent)
        ax.errorbar(means, y, xerr=_errors(success), fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        for place, entry in zip(y, success, strict=True):
            each = entry.get("by_seed", []) if entry["seeds"] > 1 else []
            ax.plot(each, [place] * len(each), "o", ms=3, mfc="white", mec=INK, mew=0.7)
    ax.set_xlim(0, 1.02)
    _name_domains(ax, agents, domains)
    label(ax, "success rate (95 % Wilson interval)")
    legend(fig, ax)
    return png(fig)


def gap_forest(agents: Agents) -> bytes:
    """What each shift costs each agent: clean minus shifted success, paired, with bootstrap intervals.

    Raises SimfactorError if there is no shifted domain.
    """
    domains = [domain for domain in _domains(agents) if "gap" in next(iter(agents.values()))[domain]]
    if not domains:
        raise SimfactorError("there is no shifted domain to draw gaps of; evaluate at least one shift.")
    fig, ax = figure(0.9 + len(domains) * (0.2 + 0.17 * len(agents)))
    ax.axvline(0, color=INK, lw=1, zorder=2)
    for k, (agent, entries) in enumerate(agents.items()):
        y, _ = _places(domains, k, len(agents))
        gaps = [entries[domain]["gap"] for domain in domains]
        color, marker = COLORS[k % len(COLORS)], MARKERS[k % len(MARKERS)]
        ax.errorbar(
            [gap["mean"] for gap in gaps],
            y,
            xerr=_errors(gaps),
            fmt=marker,
            color=color,
            mec=INK,
            mew=0.6,
            ms=5.5,
            elinewidth=1.6,
            capsize=3,
            label=agent,
        )
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, -0.1), max(high, 0.1))
    _name_domains(ax, agents, domains)
    label(
        ax,
        "success lost to the shift (paired; 95 % bootstrap over seeds, then episodes); right of 0: it hurts",
    )
    legend(fig, ax)
    return png(fig)


def latent_factor_matrix(
    matrix: ArrayLike, factor_names: Sequence[str], blocks: Mapping[str, int], quantity: str
) -> bytes:
    """Heat map of a (L, K) matrix: how strongly each latent (row) goes with each factor (column).

    ``blocks``: block name -> width in order, adding up to L; a box marks where a block meets the factor of
    its name. ``quantity`` says what the numbers are. Raises SimfactorError if the sizes do not agree.
    """
    values = np.asarray(matrix, np.float64)
    if values.shape != (sum(blocks.values()), len(factor_names)):
        raise SimfactorError(
            f"the matrix has shape {values.shape}; blocks of {sum(blocks.values())} latents and "
            f"{len(factor_names)} factors need ({sum(blocks.values())}, {len(factor_names)})."
        )
    rows, columns = values.shape
    fig, ax = figure(min(9.5, 1.4 + 0.17 * rows), width=min(7.6, 2.6 + 0.24 * columns))
    image = ax.imshow(values, cmap="Blues", vmin=0, aspect="auto", interpolation="nearest")
    ax.set_xticks(range(columns), factor_names, rotation=60, ha="right", rotation_mode="anchor")
    starts = np.concatenate([[0], np.cumsum(list(blocks.values()))])
    named = [(name, starts[i], width) for i, (name, width) in enumerate(blocks.items()) if width]
    ax.set_yticks([start + (width - 1) / 2 for _, start, width in named], [name for name, *_ in named])
    for name, start, width in named:
        ax.axhline(start - 0.5, color=FAINT, lw=0.4)
        if name in factor_names:
            corner = (list(factor_names).index(name) - 0.5, start - 0.5)
            ax.add_patch(Rectangle(corner, 1, width, fill=False, ec="#D55E00", lw=1.1))
    ax.tick_params(length=0, labelsize=7)
    label(ax, "factor", "latent block")
    bar = fig.colorbar(image, ax=ax, shrink=0.6, pad=0.02)
    bar.set_label(quantity, fontsize=SMALL, color=INK)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)
    return png(fig)


def decodability_bars(by_factor: Mapping[str, float], quantity: str = "decodability") -> bytes:
    """How well each factor is read back from the latents, a bar a factor with its number."""
    names, values = list(by_factor), np.array(list(by_factor.values()), np.float64)
    fig, ax = figure(0.6 + 0.21 * len(names))
    y = np.arange(len(names))
    ax.barh(y, values, 0.75, color=COLORS[0], alpha=0.85)
    for place, value in enumerate(values):
        ax.text(max(value, 0) + 0.01, place, f"{value:.2f}", va="center", fontsize=7.5, color=INK)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_xlim(min(0.0, values.min() * 1.05), 1.08)
    ax.set_yticks(y, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    label(ax, quantity)
    return png(fig)


def training_curves(
    curves: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]], x_label: str, y_label: str
) -> bytes:
    """Learning curves: name -> its runs as (x, y), all runs of one name in one colour.

    Raises SimfactorError for no curves and for runs whose x and y differ in length.
    """
    if not any(curves.values()):
        raise SimfactorError("there are no curves to draw; give at least one run.")
    fig, ax = figure(2.9)
    for k, (name, runs) in enumerate(curves.items()):
        for i, (x, y) in enumerate(runs):
            xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
            if xs.shape != ys.shape:
                raise SimfactorError(
                    f"a run of {name!r} has {xs.size} x and {ys.size} y values; give as many."
                )
            ax.plot(
                xs,
                ys,
                color=COLORS[k % len(COLORS)],
                lw=1.4,
                alpha=0.9,
                marker=MARKERS[k % len(MARKERS)],
                ms=3,
                markevery=max(1, len(xs) // 12),
                label=name if i == 0 else None,
            )
    ax.grid(color="#e8e8e8", lw=0.7)
    label(ax, x_label, y_label)
    legend(fig, ax)
    return png(fig)


def _domains(agents: Agents) -> list[str]:
    """Domain names in order. Raises SimfactorError if agents were tested in different ones."""
    if not agents:
        raise SimfactorError("there is no agent to draw; test at least one.")
    first = next(iter(agents.values()))
    for agent, entries in agents.items():
        if list(entries) != list(first):
            raise SimfactorError(
                f"agent {agent!r} was tested in {', '.join(entries)}, another in {', '.join(first)}; "
                "test all agents in the same domains."
            )
    return list(first)


def _places(domains: Sequence[str], k: int, count: int) -> tuple[NDArray[np.float64], float]:
    """Where the k-th of ``count`` agents has its rows, and how thick a row is."""
    thickness = 0.8 / count
    return np.arange(len(domains), dtype=np.float64) + (thickness * (k + 0.5) - 0.4), thickness


def _errors(intervals: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """Distances (2, n) from mean to low and high."""
    below = [entry["mean"] - entry["low"] for entry in intervals]
    above = [entry["high"] - entry["mean"] for entry in intervals]
    return np.maximum(np.array([below, above]), 0.0)


def _name_domains(ax: Axes, agents: Agents, domains: Sequence[str]) -> None:
    entries = next(iter(agents.values()))
    names = [d if (level := entries[d]["level"]) in d else f"{d}\n({level})" for d in domains]
    ax.set_yticks(range(len(domains)), names)
    ax.invert_yaxis()
    ax.grid(axis="x", color="#e4e4e4", lw=0.7)
    for place in range(1, len(domains)):
        ax.axhline(place - 0.5, color="#efefef", lw=0.8, zorder=1)
