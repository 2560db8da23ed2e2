"""Pictures of pictures: rows of images with names, for traversals, domains, films and contact sheets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.report.canvas import DPI, INK, SMALL, WIDTH, png

Image = NDArray[np.uint8]
GAP = 2  # pixels of an image between images
LABEL = 0.085  # inches a letter


def image_grid(
    rows: Sequence[Sequence[Image]],
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> bytes:
    """Rows of uint8 images (H, W, 3), all of one size, as PNG bytes; rows may differ in length.

    Pixels stay square and hard-edged: what is shown is what the agent or encoder saw. An array
    (R, C, H, W, 3) is such rows, too. Raises SimfactorError for images that do not fit together and for a
    wrong number of labels.
    """
    sheet, height, width = _sheet(rows)
    columns = max(len(row) for row in rows)
    for kind, labels, count in (("row", row_labels, len(rows)), ("column", column_labels, columns)):
        if len(labels) not in (0, count):
            raise SimfactorError(f"{len(labels)} {kind} labels for {count} {kind}s; give one each or none.")
    left = max((len(line) for name in row_labels for line in name.splitlines()), default=0) * LABEL
    top = 0.22 if column_labels else 0.0
    zoom = max(1, int((WIDTH - left) * DPI) // sheet.shape[1])
    sheet = sheet.repeat(zoom, axis=0).repeat(zoom, axis=1)
    high, wide = sheet.shape[0] / DPI, sheet.shape[1] / DPI
    fig = Figure(figsize=(left + wide, top + high), dpi=DPI, facecolor="white")
    ax = fig.add_axes((left / (left + wide), 0, wide / (left + wide), high / (top + high)))
    ax.imshow(sheet, interpolation="none", aspect="auto")
    ax.set_axis_off()
    for i, name in enumerate(row_labels):
        y = (i * (height + GAP) + height / 2) * zoom
        ax.text(-0.06 * DPI, y, name, ha="right", va="center", fontsize=SMALL, color=INK)
    for j, name in enumerate(column_labels):
        x = (j * (width + GAP) + width / 2) * zoom
        ax.text(x, -0.05 * DPI, name, ha="center", va="bottom", fontsize=SMALL, color=INK)
    return png(fig)


def _sheet(rows: Sequence[Sequence[Image]]) -> tuple[Image, int, int]:
    """All images on white, and the size of one."""
    images = [np.asarray(image) for row in rows for image in row]
    sizes = {image.shape for image in images}
    if len(sizes) != 1 or any(image.dtype != np.uint8 for image in images) or len(images[0].shape) != 3:
        raise SimfactorError(
            f"images of shape {sorted(sizes)} do not make a grid; give at least one, "
            "all uint8 and of one size (H, W, 3)."
        )
    height, width, channels = images[0].shape
    columns = max(len(row) for row in rows)
    shape = (len(rows) * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels)
    sheet = np.full(shape, 255, np.uint8)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            top, left = i * (height + GAP), j * (width + GAP)
            sheet[top : top + height, left : left + width] = image
    return sheet, height, width
