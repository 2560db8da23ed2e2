"""What is compared: data sets and folders of pictures, checked against the encoder that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.data import FactorDataset, ImageSource, photographs
from simfactor.data.manifest import FILE as MANIFEST
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors.choices import is_inside
from simfactor.frames import Byte

Pictures: TypeAlias = ImageSource | Byte
Indices: TypeAlias = NDArray[np.int64]


def open_pictures(folder: str | Path, encoder: FactorEncoder, table: str | Path | None = None) -> ImageSource:
    """The data set in a folder, or the pictures in it (:func:`simfactor.data.photographs`) with what a table
    says of them, if there is one.

    Raises SimfactorError for a folder that holds neither, and for the table of a data set.
    """
    if not (Path(folder) / MANIFEST).is_file():
        return photographs(folder, table, encoder.space, encoder.image_size, partial=True)
    if table is not None:
        raise SimfactorError(
            f"table={str(table)!r}: {str(folder)!r} is a data set and has its own labels; give the number of "
            "them that may be looked at as labels."
        )
    return FactorDataset(folder)


def picked(pictures: Pictures, indices: Indices) -> Byte:
    """The images at these indices."""
    return pictures.images(indices) if isinstance(pictures, ImageSource) else pictures[indices]


def check_source(encoder: FactorEncoder, dataset: ImageSource, name: str, whole: bool = False) -> None:
    """Raises SimfactorError unless a data set has the size that the encoder was trained on, and its factors
    with these values or some of them (``whole``: with all of them)."""
    for factor_name, factor in encoder.space.factors.items():
        own = dataset.space.factors.get(factor_name)
        if own is None or not is_inside(own, factor) or (whole and own != factor):
            raise SimfactorError(
                f"the encoder was trained with {factor_name} in {factor.describe()}, but the data set "
                f"{name!r} has {'no such factor' if own is None else own.describe()}; give the data set that "
                f"it was trained on{'' if whole else ', or one inside it'}."
            )
    if dataset.image_size != encoder.image_size:
        raise SimfactorError(
            f"the images of {name!r} have {dataset.image_size} pixels, the encoder sees "
            f"{encoder.image_size}; give the data set that it was trained on."
        )
