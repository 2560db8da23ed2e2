"""What is compared: data sets and folders of pictures, checked against the encoder that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simfactor.data import FactorDataset, ImageSource
from simfactor.data.manifest import FILE as MANIFEST
from simfactor.data.photographs import _square as square_picture
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.frames import Byte

Pictures: TypeAlias = ImageSource | Byte
Indices: TypeAlias = NDArray[np.int64]
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "YCbCr")  # of Pillow: 8 bits a channel at most


def open_pictures(folder: str | Path, image_size: int) -> Pictures:
    """The data set in a folder, or the pictures in it, by name: their middle squares, (n, s, s, 3) uint8.

    Tables of labels are not read. Raises SimfactorError for a folder without pictures, and for a picture
    that cannot be read or has more than 8 bits a channel.
    """
    path = Path(folder)
    if (path / MANIFEST).is_file():
        return FactorDataset(path)
    if not path.is_dir():
        raise SimfactorError(f"{str(path)!r} is no folder; give a data set's, or one of pictures.")
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise SimfactorError(
            f"{str(path)!r} holds neither a data set nor a picture; pictures end with {', '.join(SUFFIXES)}."
        )
    return np.stack([_picture(file, image_size) for file in files])


def picked(pictures: Pictures, indices: Indices) -> Byte:
    """The images at these indices."""
    return pictures.images(indices) if isinstance(pictures, ImageSource) else pictures[indices]


def check_source(encoder: FactorEncoder, dataset: ImageSource, name: str) -> None:
    """Raises SimfactorError unless a data set has the factors and size that the encoder was trained on."""
    for factor_name, factor in encoder.space.factors.items():
        if factor_name not in dataset.space.names or dataset.space[factor_name] != factor:
            known = factor_name in dataset.space.names
            has = dataset.space[factor_name].describe() if known else "no such factor"
            raise SimfactorError(
                f"the encoder was trained with {factor_name} in {factor.describe()}, but the data set "
                f"{name!r} has {has}; give the data set that it was trained on."
            )
    if dataset.image_size != encoder.image_size:
        raise SimfactorError(
            f"the images of {name!r} have {dataset.image_size} pixels, the encoder sees "
            f"{encoder.image_size}; give the data set that it was trained on."
        )


def _picture(file: Path, size: int) -> Byte:
    try:
        with Image.open(file) as image:
            if image.mode not in MODES:
                raise SimfactorError(
                    f"{str(file)!r} has pixels of mode {image.mode!r}; save it with 8 bits a channel."
                )
        return square_picture(file, size)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise SimfactorError(f"{str(file)!r} cannot be read: {error}; replace it.") from None
