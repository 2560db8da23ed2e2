"""Numbers hidden in colours: how a rasteriser that only draws pictures tells n . l and uv."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Byte = NDArray[np.uint8]

GAINS = (1.0, 64.0, 4096.0)  # a channel of gain g shows 255 * (1 - g * lambert) modulo 256
LIGHT = (-1.0, -64.0, -4096.0)  # the light colour for it, over an ambient light of 1
UV_CODES = 512  # steps of u and of v that the code texture tells apart, nine bits each


def decode_lambert(rgb: Byte) -> Float:
    """max(0, n . l), (...), to 1e-6, of white surfaces (..., 3) under an ambient light of 1 and ``LIGHT``.

    TinyRenderer cuts a colour's fraction off and keeps the low byte. So the first channel tells n . l to
    1/255, and each next one, which goes round 64 times faster, adds six bits.
    """
    lambert = (254.5 - rgb[..., 0]) / 255.0
    for channel in (1, 2):
        guess = 255.0 * (1.0 - GAINS[channel] * lambert)
        cut = rgb[..., channel] + 256.0 * np.round((guess - rgb[..., channel]) / 256.0)
        lambert = (1.0 - (cut + 0.5 * np.sign(cut)) / 255.0) / GAINS[channel]
    return np.clip(lambert, 0.0, 1.0).astype(np.float32)


def write_uv_code(path: Path) -> None:
    """Write a TGA image whose colours say where they stand: row and column of its UV_CODES^2 texels."""
    row, column = np.divmod(np.arange(UV_CODES**2), UV_CODES)
    bgr = np.stack([(row & 1) << 1 | (column & 1), column >> 1, row >> 1], axis=-1).astype(np.uint8)
    header = struct.pack("<3B9x2H2B", 0, 0, 2, UV_CODES, UV_CODES, 24, 0x20)  # true colour, first row on top
    path.write_bytes(header + bgr.tobytes())


def decode_uv(rgb: Byte) -> Float:
    """uv (..., 2) in [0, 1], to 1 / UV_CODES, of surfaces (..., 3) that wear the code texture unshaded."""
    row = rgb[..., 0] * np.float32(2) + (rgb[..., 2] >> 1)
    column = rgb[..., 1] * np.float32(2) + (rgb[..., 2] & 1)
    scale = np.float32(1 / UV_CODES)
    return np.stack([(column + np.float32(0.5)) * scale, 1 - (row + np.float32(0.5)) * scale], axis=-1)
