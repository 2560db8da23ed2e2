"""Where the pixels of a published data set come from: mapped arrays, a folder of PNGs, a tar of PNGs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.data.standard.archives import AGAIN
from simfactor.errors import SimfactorError
from simfactor.frames import Byte

Positions = NDArray[np.int64]


class Pixels(Protocol):
    """N square images to read by position."""

    @property
    def size(self) -> int:
        """Height and width, pixels."""

    def read(self, positions: Positions) -> Byte:
        """The images at positions (n,), (n, size, size, 3) uint8 RGB; grey ones have three equal channels."""


class ArrayPixels:
    """Images in arrays (N, S, S) or (N, S, S, 3) uint8, one behind the other.

    ``order`` (N,) says which image stands at a position, where the file is not sorted. ``white`` is the value
    of a white pixel (1 for binary images).
    """

    def __init__(self, parts: Sequence[Byte], order: Positions | None = None, white: int = 255) -> None:
        self._parts = tuple(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self._order = order
        self._white = white

    @property
    def size(self) -> int:
        return int(self._parts[0].shape[1])

    def read(self, positions: Positions) -> Byte:
        places = positions if self._order is None else self._order[positions]
        images = np.empty((len(places), *self._parts[0].shape[1:]), np.uint8)
        for part, start in zip(self._parts, self._starts, strict=False):
            mine = (places >= start) & (places < start + len(part))
            images[mine] = part[places[mine] - start]
        if self._white != 255:
            images = self._stretched(images)
        return images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)

    def _stretched(self, images: Byte) -> Byte:
        if images.size and images.max() > self._white:
            raise SimfactorError(
                f"a pixel is {images.max()}, but in this data set they are 0 to {self._white}. {AGAIN}"
            )
        return images * np.uint8(255 // self._white)


class FilePixels:
    """Images in one PNG file each: ``path_of`` gives the file of a position, the first tells the size."""

    def __init__(self, path_of: Callable[[int], Path]) -> None:
        self._path_of = path_of
        first = self._image(0)
        self._size = len(_sized(first, len(first), str(path_of(0))))

    @property
    def size(self) -> int:
        return self._size

    def read(self, positions: Positions) -> Byte:
        images = np.empty((len(positions), self.size, self.size, 3), np.uint8)
        for image, position in zip(images, positions.tolist(), strict=True):
            image[:] = _sized(self._image(position), self.size, str(self._path_of(position)))
        return images

    def _image(self, position: int) -> Byte:
        path = self._path_of(position)
        if not path.is_file():
            raise SimfactorError(f"there is no file {str(path)!r}. {AGAIN}")
        return _decoded(path.read_bytes(), str(path))


class SpanPixels:
    """PNG images inside one file (a tar archive): ``spans`` (N, 2) int64 are starts and sizes in bytes."""

    def __init__(self, path: Path, spans: NDArray[np.int64]) -> None:
        self._path = path
        self._spans = spans
        with path.open("rb") as file:
            first = self._image(file.fileno(), 0)
        self._size = len(_sized(first, len(first), self._name(0)))

    @property
    def size(self) -> int:
        return self._size

    def read(self, positions: Positions) -> Byte:
        images = np.empty((len(positions), self.size, self.size, 3), np.uint8)
        with self._path.open("rb") as file:
            for image, position in zip(images, positions.tolist(), strict=True):
                image[:] = _sized(self._image(file.fileno(), position), self.size, self._name(position))
        return images

    def _image(self, file: int, position: int) -> Byte:
        start, size = (int(n) for n in self._spans[position])
        return _decoded(os.pread(file, size, start), self._name(position))

    def _name(self, position: int) -> str:
        return f"{self._path}: image {position}"


def resized(images: Byte, size: int) -> Byte:
    """Images (n, S, S, 3) at ``size`` pixels: averaged over areas when shrinking, bicubic when enlarging."""
    if images.shape[1] == size:
        return images
    method = cv2.INTER_AREA if size < images.shape[1] else cv2.INTER_CUBIC
    out = np.empty((len(images), size, size, 3), np.uint8)
    for image, small in zip(images, out, strict=True):
        cv2.resize(image, (size, size), dst=small, interpolation=method)
    return out


def _decoded(data: bytes, name: str) -> Byte:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise SimfactorError(f"{name!r} is damaged or not a PNG image. {AGAIN}")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _sized(image: Byte, size: int, name: str) -> Byte:
    if image.shape != (size, size, 3):
        raise SimfactorError(
            f"{name!r} has {image.shape[1]} x {image.shape[0]} pixels, not {size} x {size} as the first "
            f"image suggests. {AGAIN}"
        )
    return image
