"""The report of a stress test: what each shift costs, drawn and told in one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simfactor.atomic import write_atomically
from simfactor.report.canvas import FAINT, INK, figure, label, png
from simfactor.report.html import environment
from simfactor.report.picture import Picture

VERDICTS = {"held": "#009E73", "violated": "#D55E00", "open": "#6B6B6B", None: "#0072B2"}


def drop_forest(result: Mapping[str, Any]) -> bytes:
    """What each shift costs with its bounds, and the line that it may not cross; PNG bytes.

    ``result``: ``shifts`` (name -> ``drop`` with mean, low and high, and ``verdict``) and ``max_drop``.
    """
    shifts: Mapping[str, Any] = result["shifts"]
    fig, ax = figure(0.9 + 0.24 * len(shifts))
    ax.axvline(0, color=INK, lw=1)
    if result["max_drop"] is not None:
        ax.axvline(result["max_drop"], color=VERDICTS["violated"], lw=1, ls="--")
    for place, shift in enumerate(shifts.values()):
        drop, color = shift["drop"], VERDICTS[shift["verdict"]]
        ax.plot([drop["low"], drop["high"]], [place, place], color=color, lw=1.8)
        ax.plot(drop["mean"], place, "o", color=color, mec=INK, mew=0.6, ms=5.5)
    ax.set_yticks(range(len(shifts)), list(shifts))
    ax.set_ylim(len(shifts) - 0.5, -0.5)
    ax.set_xlim(min(-0.1, *(shift["drop"]["low"] for shift in shifts.values())), 1.0)
    ax.grid(axis="x", color="#e4e4e4", lw=0.7)
    ax.spines["left"].set_color(FAINT)
    label(ax, "success lost to the shift, with bounds that hold however often one looks")
    return png(fig)


def write_stress_report(
    path: str | Path,
    *,
    title: str,
    sentence: str,
    result: Mapping[str, Any],
    told: Mapping[str, Any],
    film: bytes | None = None,
) -> None:
    """Write the report, whole or not at all.

    Args:
        path: the HTML file.
        title, sentence: what was tested, and what came out.
        result: ``clean``, ``shifts`` and ``max_drop``, as ``StressResult.to_dict`` gives them.
        told: ``test`` and ``versions``, names and what they are.
        film: a strip (PNG) of an episode that a shift broke.
    """
    chart = Picture(
        "What each shift costs",
        "Clean minus shifted success on the same episodes. Right of the dashed line is more than is allowed.",
        drop_forest(result),
    )
    strip = None
    if film is not None:
        strip = Picture("An episode that a shift broke", "The same start in both worlds, step by step.", film)
    text = (
        environment()
        .get_template("stress.html")
        .render(title=title, sentence=sentence, result=result, told=told, chart=chart, film=strip)
    )
    write_atomically(Path(path), text.encode())
