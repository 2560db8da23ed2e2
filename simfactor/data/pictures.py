"""One picture file as eight-bit RGB, by one rule for all depths that files can have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps

from simfactor.errors import SimfactorError
from simfactor.frames import Byte

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
GREY, COLOR = ("1", "L", "LA"), ("RGB", "RGBA", "P", "PA")  # Pillow's modes that are read
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)  # what Pillow raises


def check_folder(folder: Path) -> None:
    """Raise SimfactorError unless it is one."""
    if not folder.is_dir():
        raise SimfactorError(f"{str(folder)!r} is no folder; give the one that the pictures are in.")


def picture_files(folder: Path) -> tuple[Path, ...]:
    """The pictures in a folder, sorted by name. Raises SimfactorError if it is none, or holds none."""
    check_folder(folder)
    files = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    found = tuple(sorted(files, key=lambda path: path.name))
    if not found:
        raise SimfactorError(f"{str(folder)!r} holds no pictures ({', '.join(SUFFIXES)}).")
    return found


def read_picture(path: Path, draft: int | None = None) -> tuple[Byte, bool]:
    """A picture as (H, W, 3) uint8 RGB, turned as its camera noted, and whether the file is grey.

    Grey ones get three equal channels, palettes their colours; an alpha channel without effect is dropped.
    Refused is what could be read in more than one way: more than eight bits a channel, pixels that let
    something through, and colours that are not RGB. ``draft``: a large JPEG may be decoded smaller, with no
    side shorter than this many pixels.

    Raises SimfactorError, without the file's name, for what is refused, and for what is no picture.
    """
    try:
        with Image.open(path) as image:
            _check_depth(image)
            grey = image.mode in GREY
            if draft is not None:
                image.draft("RGB", (draft, draft))
            if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
                raise SimfactorError(
                    "it has transparent pixels, and what is behind them is not known; put it on a background."
                )
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB")), grey
    except SimfactorError:
        raise
    except UNREADABLE as error:
        raise SimfactorError(f"it is no picture, or damaged ({error}).") from error


def luminance(picture: Byte) -> Byte:
    """A picture (H, W, 3) as a grey one of the same shape: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601)."""
    return np.asarray(Image.fromarray(picture).convert("L").convert("RGB"))


def _check_depth(image: ImageFile.ImageFile) -> None:
    """Raise SimfactorError for a picture that is not eight-bit grey or RGB."""
    known = image.mode in (*GREY, *COLOR)
    if not known or any(";16" in str(tile[3]) for tile in image.tile):
        wide = known or image.mode[0] in "IF"
        what = "16 bits or more a channel" if wide else f"colours of the kind {image.mode}"
        raise SimfactorError(
            f"it has {what}; save it as grey or RGB of 8 bits a channel, on one scale for all pictures."
        )
