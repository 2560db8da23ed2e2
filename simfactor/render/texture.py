"""Filtered texture look-up. uvs repeat; (0, 0) is the image's lower left corner, as in OBJ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.render.shading import bytes_to_linear

Array = NDArray[np.float64]


class Texture:
    """An image (H, W, 3) uint8 sRGB as a pyramid of halved images in linear light (Williams 1983)."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.levels = [bytes_to_linear(image)]
        while min(self.levels[-1].shape[:2]) > 1:
            fine = self.levels[-1]
            fine = fine[: fine.shape[0] // 2 * 2, : fine.shape[1] // 2 * 2]
            self.levels.append((fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]) / 4.0)

    def sample(self, uv: Array, footprint: Array) -> Array:
        """Linear rgb (P, 3) at uv (P, 2), averaged over about ``footprint`` (P,), a length in uv units."""
        texels = footprint * self.levels[0].shape[0]
        level = np.clip(np.round(np.log2(np.maximum(texels, 1.0))), 0, len(self.levels) - 1).astype(int)
        rgb = np.empty((len(uv), 3))
        for i in np.unique(level):
            chosen = level == i
            rgb[chosen] = _bilinear(self.levels[i], uv[chosen])
        return rgb


def footprints(uv: Array, instance: NDArray[np.intp]) -> Array:
    """The width in uv units (H, W) that a pixel covers, from uv (H, W, 2) of neighbours on its instance."""
    steps = [_step(uv, instance, axis) for axis in (0, 1)]
    return np.sqrt(steps[0] * steps[1])


def _step(uv: Array, instance: NDArray[np.intp], axis: int) -> Array:
    """The uv distance (H, W) to the nearer of the two next pixels along ``axis``; 1 if there is none."""
    change = np.diff(uv, axis=axis)
    change = np.linalg.norm(change - np.round(change), axis=-1)  # uvs are known up to whole repeats
    change[np.diff(instance, axis=axis) != 0] = 1.0
    edge = [(0, 0), (0, 0)]
    edge[axis] = (0, 1)
    after = np.pad(change, edge, constant_values=1.0)
    edge[axis] = (1, 0)
    return np.minimum(after, np.pad(change, edge, constant_values=1.0))


def _bilinear(image: Array, uv: Array) -> Array:
    height, width = image.shape[:2]
    x = uv[:, 0] * width - 0.5
    y = (1.0 - uv[:, 1]) * height - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right_share, lower_share = (x - left)[:, None], (y - top)[:, None]
    right, bottom = (left + 1) % width, (top + 1) % height
    left, top = left % width, top % height
    upper = image[top, left] * (1.0 - right_share) + image[top, right] * right_share
    lower = image[bottom, left] * (1.0 - right_share) + image[bottom, right] * right_share
    return upper * (1.0 - lower_share) + lower * lower_share
