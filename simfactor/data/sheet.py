"""Pictures of a data set for people: contact sheets, and a sheet that sweeps every factor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Factor, FactorSpace
from simfactor.frames import Byte, Images

WHITE = 255
INK = "#1c1c1c"
FAINT = "#6e6e6e"
DPI = 100
MINUS = "\N{MINUS SIGN}"


def contact_sheet(images: Byte, columns: int = 8, gap: int = 2, background: int = WHITE) -> Byte:
    """Images (n, H, W, 3) uint8 in rows of ``columns``, ``gap`` pixels apart, as one picture (H', W', 3).

    Raises SimfactorError when there is no image or no column.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or not len(images) or columns < 1:
        raise SimfactorError(
            f"images of shape {images.shape} in {columns} columns make no sheet; "
            "give at least one image (n, H, W, 3) and one column."
        )
    n, height, width, _ = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), background, np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


class Photographs(Protocol):
    """What takes pictures of rows: a Studio, or an environment, whose moment the rest of the picture is."""

    def images(self, space: FactorSpace, rows: NDArray[np.float64]) -> Images:
        """A picture of each of ``rows`` (n, K) of ``space``."""


def factor_sheet(
    space: FactorSpace,
    studio: Photographs,
    steps: int = 8,
    names: Sequence[str] | None = None,
    seed: int = 0,
    base: NDArray[np.float64] | None = None,
    gap: int = 4,
    alone: bool = False,
) -> Byte:
    """One row of ``steps`` images a factor, swept from its lowest to its highest value; the rest stays put.

    ``names`` chooses the factors (default: all that vary). What does not move is as in the row ``base`` (K,)
    (default: the first that the space samples with ``seed``), or, with ``alone``, as ``studio`` has it where
    nothing else is said. The factor's name and range stand at the left. Returns (H, W, 3) uint8. Raises
    SimfactorError for an unknown name, fewer than two steps, or a ``base`` outside the space.
    """
    if steps < 2:
        raise SimfactorError(f"steps={steps!r} must be at least 2.")
    names = tuple(names if names is not None else space.varying.names)
    start = space.check((space.sample(1, seed)[0] if base is None else base)[None])[0]
    strips = []
    for name in names:
        moved, base_row = (space.select([name]), start[[space.index(name)]]) if alone else (space, start)
        strips.append(_strip(moved, studio, name, base_row, steps, gap))
    if not strips:
        raise SimfactorError("no factor of this space varies; name some or widen their ranges.")
    height = strips[0].shape[0]
    lines = [(name.replace("_", " "), _range_text(space[name])) for name in names]
    pictures = contact_sheet(np.stack(strips), columns=1, gap=gap)
    sheet = np.concatenate([_labels(lines, height, gap), pictures], axis=1)
    return np.pad(sheet, ((2 * gap, 2 * gap), (2 * gap, 2 * gap), (0, 0)), constant_values=WHITE)


def save_png(path: str | Path, image: Byte) -> None:
    """Write an RGB picture (H, W, 3) uint8 as PNG. Raises SimfactorError when the file cannot be written."""
    try:
        Path(path).write_bytes(png_bytes(image))
    except OSError as error:
        raise SimfactorError(f"cannot write {str(path)!r}: {error.strerror}; choose another file.") from None


def png_bytes(image: Byte) -> bytes:
    """An RGB picture (H, W, 3) uint8 as the content of a PNG file."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def _strip(
    space: FactorSpace, studio: Photographs, name: str, base: NDArray[np.float64], steps: int, gap: int
) -> Byte:
    values = _sweep(space[name], steps)
    rows = np.repeat(base[None], len(values), axis=0)
    rows[:, space.index(name)] = values
    images = studio.images(space, rows).rgb
    blank = np.full((steps - len(values), *images.shape[1:]), WHITE, np.uint8)
    return contact_sheet(np.concatenate([images, blank]), columns=steps, gap=gap)


def _sweep(factor: Factor, steps: int) -> NDArray[np.float64]:
    """Up to ``steps`` allowed values in ascending order, ends included."""
    if isinstance(factor, Categorical):
        codes = factor.codes.astype(np.float64)
        return codes[np.unique(np.linspace(0, len(codes) - 1, min(steps, len(codes))).round().astype(int))]
    closed = not (isinstance(factor, Angle) and factor.full)
    values = np.linspace(factor.low, factor.high, steps, endpoint=closed)
    return values[factor.contains(values)]


def _range_text(factor: Factor) -> str:
    if isinstance(factor, Categorical):
        return f"{factor.levels} values"
    unit = {"deg": "°"}.get(factor.unit, f" {factor.unit}".rstrip())
    return f"{factor.low:g} … {factor.high:g}{unit}".replace("-", MINUS)


def _labels(lines: Sequence[tuple[str, str]], height: int, gap: int) -> Byte:
    """A column with two lines of text beside each strip of ``height`` pixels, right-aligned."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = min(11.0, height * 0.16)
    total = len(lines) * (height + gap) - gap
    longest = max(len(text) for line in lines for text in line)
    width = round(longest * points * DPI / 72 * 0.62) + 20
    figure = Figure(figsize=(width / DPI, total / DPI), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for i, (name, domain) in enumerate(lines):
        middle = 1 - (i * (height + gap) + height / 2) / total
        right = 1 - 10 / width
        shift = 0.15 * points / 72 * DPI / total
        figure.text(
            right, middle + shift, name, ha="right", va="bottom", size=points, color=INK, weight="bold"
        )
        figure.text(right, middle - shift, domain, ha="right", va="top", size=points * 0.85, color=FAINT)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:total, :width, :3].copy()
