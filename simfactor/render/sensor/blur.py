"""Blurred light: out of focus, and moved while the shutter was open."""

from __future__ import annotations

import cv2
import numpy as np

from simfactor.frames import Float

SAMPLES = 8  # along a pixel's side, or of a line


def defocused(light: Float, radius: float) -> Float:
    """Light (H, W, 3) of which each point has become a disc of ``radius`` pixels (a thin, round lens)."""
    return _spread(light, disc(radius))


def moved(light: Float, length: float, degrees: float) -> Float:
    """Light (H, W, 3) of which each point has become a line of ``length`` pixels, turned by ``degrees`` from
    the image's x axis towards its top."""
    return _spread(light, line(length, degrees))


def disc(radius: float) -> Float:
    """The shares (k, k) of a disc that lie in the pixels around its centre; their sum is 1."""
    reach = max(0, int(np.ceil(radius - 0.5)))
    if reach == 0:
        return np.ones((1, 1), np.float32)
    size = 2 * reach + 1
    at = (np.arange(size * SAMPLES) + 0.5) / SAMPLES - size / 2
    inside = at[:, None] ** 2 + at**2 <= radius**2
    shares = inside.reshape(size, SAMPLES, size, SAMPLES).sum(axis=(1, 3))
    return (shares / shares.sum()).astype(np.float32)


def line(length: float, degrees: float) -> Float:
    """The shares (k, k), bilinear, that the pixels around its centre have of a line; their sum is 1."""
    reach = int(np.ceil(length / 2))
    count = 2 * int(np.ceil(SAMPLES * length / 2)) + 1
    along, angle = np.linspace(-length / 2, length / 2, count), np.radians(degrees)
    x, y = reach + along * np.cos(angle), reach - along * np.sin(angle)
    pixels = np.arange(2 * reach + 1)
    across = np.maximum(0.0, 1 - np.abs(x[:, None] - pixels))
    down = np.maximum(0.0, 1 - np.abs(y[:, None] - pixels))
    return ((down.T @ across) / count).astype(np.float32)


def _spread(light: Float, kernel: Float) -> Float:
    if kernel.size == 1:
        return light
    spread = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return spread.astype(np.float32, copy=False)
