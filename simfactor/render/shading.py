"""The shading of a RenderBatch, per pixel in linear light, and the way between sRGB and linear light."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def to_linear(srgb: Array) -> Array:
    """sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def bytes_to_linear(srgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB bytes to linear light."""
    return LINEAR_OF_BYTE[srgb]


def to_bytes(linear: Array) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes; what is brighter than 1 clips."""
    clipped = np.clip(linear, 0.0, 1.0).astype(np.float32)  # a power costs four times as much in float64
    srgb = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.round(srgb * 255.0).astype(np.uint8)


LINEAR_OF_BYTE = to_linear(np.arange(256) / 255.0).astype(np.float32)


def shade(albedo: Array, lambert: Array, visible: Array, light: Array, ambient: Array) -> Array:
    """Linear rgb (P, 3): ``albedo * (ambient + light * visible * lambert)``.

    albedo (P, 3) linear; lambert = max(0, n . l) and visible, both (P,) in [0, 1]; light and ambient (3,)
    linear.
    """
    return albedo * (ambient + light * (visible * lambert)[:, None])
