"""Numbers hidden in colours: how a rasteriser that only draws pictures tells n . l and uv."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Byte = NDArray[np.uint8]

GAINS = (1.0, 4.0, 16.0)  # light colour that gives max(0, n . l) in 12 bits at the dark end, 8 at the bright
UV_CODES = 512  # steps of u and of v that the code texture tells apart, nine bits each


def decode_lambert(rgb: Byte) -> Float:
    """max(0, n . l), (P,), of white surfaces (P, 3) under a light of colour GAINS."""
    # the highest gain that does not clip is the finest; the lowest is 254.5 +- 0.5 at n . l = 1
    levels = np.where(rgb < 255, rgb / np.array(GAINS, np.float32), np.float32(-1.0))
    fine = np.where(levels[:, 2] >= 0, levels[:, 2], np.where(levels[:, 1] >= 0, levels[:, 1], rgb[:, 0]))
    return np.minimum(fine / np.float32(254.5), np.float32(1.0))


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
