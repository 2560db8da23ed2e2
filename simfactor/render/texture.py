"""Filtered texture look-up. uvs repeat; (0, 0) is the image's lower left corner, as in OBJ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.render.shading import bytes_to_linear

Float = NDArray[np.float32]


class Texture:
    """An image (H, W, 3) uint8 sRGB as a pyramid of halved images in linear light (Williams 1983)."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        levels = [bytes_to_linear(image)]
        while min(levels[-1].shape[:2]) > 1:
            fine = levels[-1]
            fine = fine[: fine.shape[0] // 2 * 2, : fine.shape[1] // 2 * 2]
            levels.append((fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]) / 4.0)
        # all levels lie in one table, so that pixels of different levels are looked up together
        self.texels = np.concatenate([level.reshape(-1, 3) for level in levels])
        self.sizes = np.array([level.shape[:2] for level in levels])
        self.starts = np.cumsum(self.sizes.prod(axis=1)) - self.sizes.prod(axis=1)

    def sample(self, uv: Float, footprint: Float) -> Float:
        """Linear rgb (P, 3) at uv (P, 2), averaged over about ``footprint`` (P,), a length in uv units."""
        texels = np.maximum(footprint * self.sizes[0, 0], 1.0)
        level = np.minimum(np.round(np.log2(texels)), len(self.sizes) - 1).astype(np.intp)
        height, width = self.sizes[level].T
        x = uv[:, 0] * width - 0.5
        y = (1.0 - uv[:, 1]) * height - 0.5
        left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
        across, down = (x - left).astype(np.float32)[:, None], (y - top).astype(np.float32)[:, None]
        start = self.starts[level]
        upper, lower = start + top % height * width, start + (top + 1) % height * width
        left, right = left % width, (left + 1) % width
        above = self._blend(upper + left, upper + right, across)
        return above + (self._blend(lower + left, lower + right, across) - above) * down

    def _blend(self, first: NDArray[np.intp], second: NDArray[np.intp], share: Float) -> Float:
        a = self.texels.take(first, axis=0)
        return a + (self.texels.take(second, axis=0) - a) * share


def footprints(uv: Float, instance: NDArray[np.intp]) -> Float:
    """The width in uv units (H, W) that a pixel covers, from uv (H, W, 2) of neighbours on its instance."""
    return np.sqrt(_step(uv, instance) * _step(uv.swapaxes(0, 1), instance.T).T)


def _step(uv: Float, instance: NDArray[np.intp]) -> Float:
    """The uv distance (H, W) to the nearer of the pixels above and below; 1 if there is none."""
    change = uv[1:] - uv[:-1]
    change -= np.round(change)  # uvs are known up to whole repeats
    distance = np.hypot(change[..., 0], change[..., 1])
    distance[instance[1:] != instance[:-1]] = 1.0
    step = np.ones(instance.shape, np.float32)
    step[:-1] = distance
    step[1:] = np.minimum(step[1:], distance)
    return step
