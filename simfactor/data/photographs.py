"""One's own photographs as a data set: a folder of pictures and a CSV file that says what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from simfactor.data.label_table import LabelTable, Problems, read_labels
from simfactor.data.source import chosen_indices
from simfactor.data.standard.pixels import resized
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.factors.space import Rows
from simfactor.frames import Byte


class Photographs:
    """N labelled photographs in memory, square and of one size; read like a :class:`FactorDataset`.

    ``files`` are the pictures' paths, in the order of the table.
    """

    def __init__(self, space: FactorSpace, files: tuple[Path, ...], pictures: Byte, rows: Rows) -> None:
        self.files = files
        self._space, self._pictures, self._rows = space, pictures, rows

    @property
    def space(self) -> FactorSpace:
        """The factors: the table's columns."""
        return self._space

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return int(self._pictures.shape[1])

    def __len__(self) -> int:
        return len(self._pictures)

    def images(self, indices: ArrayLike | slice | None = None) -> Byte:
        """The chosen images (all by default) as a copy, (n, H, W, 3) uint8."""
        return self._pictures[chosen_indices(len(self), indices)]

    def factors(self, indices: ArrayLike | slice | None = None) -> NDArray[np.float64]:
        """The chosen factor rows (all by default) as a copy, (n, K) float64."""
        return self._rows[chosen_indices(len(self), indices)]


def photographs(
    folder: str | Path,
    table: str | Path,
    space: FactorSpace | None = None,
    image_size: int = 64,
    file_column: str = "file",
    progress: bool = True,
) -> Photographs:
    """Photographs of any size and their labels, as a data set.

    The middle square of each picture, turned as the camera noted, is resized to ``image_size`` by averaging
    over areas.

    Args:
        folder: where the pictures are; the table's file names are relative to it.
        table: a CSV file with a header: one column of file names, and one a factor, with values in the
            factor's own unit, or names. Rows in table order become the images' order.
        space: what the columns mean; other columns are ignored. Without it every column is a factor:
            Continuous between its extremes if it has numbers, Categorical if it has text.
        image_size: height and width of the images, pixels.
        file_column: the column of file names.
        progress: show a bar on terminals.

    Raises one SimfactorError with every mistake of the table by line and column: a missing file, one listed
    twice, an empty or unknown value, one outside the space, a picture that cannot be read.
    """
    if isinstance(image_size, bool) or not isinstance(image_size, int) or image_size < 1:
        raise SimfactorError(f"image_size={image_size!r} must be a whole number of pixels, at least 1.")
    if not Path(folder).is_dir():
        raise SimfactorError(f"{str(folder)!r} is no folder; give the one that the pictures are in.")
    labels = read_labels(Path(table), Path(folder), space, file_column)
    pictures = _pictures(labels, image_size, progress)
    return Photographs(labels.space, labels.files, pictures, labels.rows)


def _pictures(labels: LabelTable, size: int, progress: bool) -> Byte:
    pictures = np.empty((len(labels.files), size, size, 3), np.uint8)
    with Problems(labels.path) as problems:
        for i, file in enumerate(tqdm(labels.files, unit=" photographs", disable=None if progress else True)):
            try:
                pictures[i] = _square(file, size)
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                problems.add(labels.lines[i], labels.file_column, f"{file.name!r} cannot be read: {error}")
    return pictures


def _square(file: Path, size: int) -> Byte:
    """The middle square of a picture at ``size`` pixels, (size, size, 3)."""
    with Image.open(file) as image:
        image.draft("RGB", (2 * size, 2 * size))  # a large JPEG need not be decoded in full
        upright = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    side = min(upright.shape[:2])
    top, left = (upright.shape[0] - side) // 2, (upright.shape[1] - side) // 2
    return resized(upright[None, top : top + side, left : left + side], size)[0]
