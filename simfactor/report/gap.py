"""The report of a domain gap: which factors differ, drawn and told in one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simfactor.atomic import write_atomically
from simfactor.report.canvas import COLORS, FAINT, INK, figure, label, png
from simfactor.report.html import environment
from simfactor.report.picture import Picture

SHIFTED, ALIKE = COLORS[5], COLORS[6]


def effect_bars(result: Mapping[str, Any]) -> bytes:
    """How far the readings of each block are apart, and the line below which it is no shift; PNG bytes.

    ``result``: ``factors`` (name -> ``effect`` and ``shifted``) and ``least_effect``.
    """
    factors: Mapping[str, Any] = result["factors"]
    fig, ax = figure(0.9 + 0.24 * len(factors))
    ax.axvline(result["least_effect"], color=FAINT, lw=1, ls="--")
    colors = [SHIFTED if own["shifted"] else ALIKE for own in factors.values()]
    ax.barh(range(len(factors)), [own["effect"] for own in factors.values()], color=colors, height=0.6)
    ax.set_yticks(range(len(factors)), list(factors))
    ax.set_ylim(len(factors) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.spines["left"].set_color(INK)
    label(ax, "effect: 0 where both domains read alike, towards 1 the farther they lie apart")
    return png(fig)


def write_gap_report(
    path: str | Path,
    *,
    title: str,
    result: Mapping[str, Any],
    rows: Sequence[tuple[str, ...]],
    lines: Sequence[str],
    sheet: bytes,
    told: Mapping[str, Any],
) -> None:
    """Write the report, whole or not at all.

    Args:
        path: the HTML file.
        title: what was compared.
        result: as ``Gap.to_dict`` gives it.
        rows, lines: of its table, and of its features.
        sheet: pictures of the target with the nearest of the source (PNG).
        told: ``comparison`` and ``versions``, names and what they are.
    """
    chart = Picture(
        "How far the readings are apart",
        "Coloured: shifted. The residual block holds what no factor explains, and may follow the others.",
        effect_bars(result),
    )
    pairs = Picture(
        "Nearest pictures",
        "Left a picture of the target, then the pictures of the source that the encoder finds most like it; "
        "from the most ordinary of the target at the top to the strangest.",
        sheet,
    )
    shown = {"title": title, "result": result, "rows": rows, "lines": lines, "told": told}
    text = environment().get_template("gap.html").render(**shown, chart=chart, sheet=pairs)
    write_atomically(Path(path), text.encode())
