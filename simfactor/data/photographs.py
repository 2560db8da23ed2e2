"""One's own photographs as a data set: a folder of pictures and a CSV file that says what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from simfactor.csv_tables import Problems
from simfactor.data.label_table import LabelTable, read_labels, unlabelled
from simfactor.data.pictures import check_folder, luminance, picture_files, read_picture
from simfactor.data.source import chosen_indices
from simfactor.data.standard.pixels import resized
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.factors.space import Rows
from simfactor.frames import Byte

NAMED = 3  # files that an error names


class Photographs:
    """N photographs in memory, square and of one size, with what is known of them; read like a
    :class:`FactorDataset`. Unknown values are nan in rows.

    ``files`` are the pictures' paths, in the order of the table.
    """

    def __init__(self, space: FactorSpace, files: tuple[Path, ...], pictures: Byte, rows: Rows) -> None:
        self.files = files
        self._space, self._pictures, self._rows = space, pictures, rows

    @property
    def space(self) -> FactorSpace:
        """The factors: the given ones, or the table's columns."""
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
        """The chosen factor rows (all by default) as a copy, (n, K) float64; nan where not known."""
        return self._rows[chosen_indices(len(self), indices)]

    def known(self, indices: ArrayLike | slice | None = None) -> NDArray[np.bool_]:
        """Which values of the chosen rows (all by default) are known, (n, K)."""
        return ~np.isnan(self.factors(indices))


def photographs(
    folder: str | Path,
    table: str | Path | None = None,
    space: FactorSpace | None = None,
    image_size: int = 64,
    file_column: str = "file",
    progress: bool = True,
    partial: bool = False,
    grey: bool = False,
) -> Photographs:
    """Photographs of any size, and what is known of them, as a data set.

    The middle square of each picture, turned as the camera noted, is resized to ``image_size`` by averaging
    over areas. Pictures are eight-bit grey or RGB (:func:`simfactor.data.pictures.read_picture`).

    Args:
        folder: where the pictures are; the table's file names are relative to it.
        table: a CSV file with a header: one column of file names, and one a factor, with values in the
            factor's own unit, or names. Rows in table order become the images' order. None: all pictures of
            the folder, sorted by name, of which nothing is known; ``space`` is needed then.
        space: what the columns mean; other columns are ignored. Without it every column is a factor:
            Continuous between its extremes if it has numbers, Categorical if it has text.
        image_size: height and width of the images, pixels.
        file_column: the column of file names.
        progress: show a bar on terminals.
        partial: cells may be empty, and columns of ``space`` missing: those values are nan in rows, and False
            in :meth:`Photographs.known`.
        grey: make all pictures grey. Without it they must be all grey, or all in colours.

    Raises one SimfactorError with every mistake of the table by line and column: a missing file, one listed
    twice, an empty or unknown value, one outside the space, a column whose name is nearly that of a missing
    factor, a picture that cannot be read or is of another depth. Raises SimfactorError where grey pictures
    and such in colours are mixed.
    """
    if isinstance(image_size, bool) or not isinstance(image_size, int) or image_size < 1:
        raise SimfactorError(f"image_size={image_size!r} must be a whole number of pixels, at least 1.")
    labels = _labels(Path(folder), None if table is None else Path(table), space, file_column, partial)
    pictures, are_grey = _pictures(labels, image_size, grey, progress)
    if not grey:
        _check_mixture(labels.files, are_grey)
    return Photographs(labels.space, labels.files, pictures, labels.rows)


def _labels(
    folder: Path, table: Path | None, space: FactorSpace | None, file_column: str, partial: bool
) -> LabelTable:
    """What is known of which files."""
    check_folder(folder)
    if table is not None:
        return read_labels(table, folder, space, file_column, partial)
    if space is None:
        raise SimfactorError(
            "photographs without a table need `space`, the factors that are not known of them: the space of "
            "the encoder that is to see them, or `load_space(...)`."
        )
    return unlabelled(folder, picture_files(folder), space)


def _pictures(labels: LabelTable, size: int, grey: bool, progress: bool) -> tuple[Byte, NDArray[np.bool_]]:
    """The pictures (n, size, size, 3), and which of the files are grey (n,)."""
    pictures = np.empty((len(labels.files), size, size, 3), np.uint8)
    are_grey = np.zeros(len(labels.files), bool)
    with Problems(labels.path) as problems:
        for i, file in enumerate(tqdm(labels.files, unit=" photographs", disable=None if progress else True)):
            try:
                picture, are_grey[i] = read_picture(file, draft=2 * size)
            except SimfactorError as error:
                problems.add(labels.lines[i], labels.file_column, f"{file.name!r} cannot be read: {error}")
                continue
            square = _square(picture, size)
            pictures[i] = luminance(square) if grey else square
    return pictures, are_grey


def _check_mixture(files: tuple[Path, ...], grey: NDArray[np.bool_]) -> None:
    """An encoder would learn which pictures came from the other camera."""
    if 0 < grey.sum() < len(grey):
        minority, what = (grey, "grey") if 2 * grey.sum() <= len(grey) else (~grey, "in colours")
        names = [files[i].name for i in np.flatnonzero(minority)]
        shown = ", ".join([*names[:NAMED], *(["..."] if len(names) > NAMED else [])])
        raise SimfactorError(
            f"{len(names)} of {len(files)} pictures are {what} ({shown}), the others are not; "
            "leave them out, or give grey=True to make all of them grey."
        )


def _square(picture: Byte, size: int) -> Byte:
    """The middle square of a picture (H, W, 3) at ``size`` pixels, (size, size, 3)."""
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    return resized(picture[None, top : top + side, left : left + side], size)[0]
