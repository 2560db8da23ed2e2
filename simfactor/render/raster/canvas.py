"""The images under way: arrays that the kernels write and the caller gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from simfactor.frames import Images
from simfactor.render.raster.device import on_device


@dataclass(frozen=True)
class Canvas:
    """Outputs for N images, row by row: NumPy arrays on the CPU, warp arrays on CUDA; None if not wanted."""

    device: str
    shape: tuple[int, int, int]  # N, H, W
    rgb: Any
    depth: Any
    segmentation: Any
    normals: Any
    albedo: Any

    @staticmethod
    def make(device: str, images: int, height: int, width: int, normals: bool, albedo: bool) -> Canvas:
        """A canvas with anything on it."""
        count = images * height * width

        def empty(elements: int, dtype: Any, numpy: Any) -> Any:
            if device == "cpu":
                return np.empty(elements * getattr(dtype, "_length_", 1), numpy)
            return wp.empty(elements, dtype=dtype, device=device)

        return Canvas(
            device,
            (images, height, width),
            empty(3 * count, wp.uint8, np.uint8),
            empty(count, wp.float32, np.float32),
            empty(count, wp.vec2i, np.int32),
            empty(count, wp.vec3, np.float32) if normals else None,
            empty(3 * count, wp.uint8, np.uint8) if albedo else None,
        )

    def part(self, images: slice) -> dict[str, Any]:
        """Warp arrays of some of the images, in the canvas's memory."""
        pixels = self.shape[1] * self.shape[2]
        return {
            "rgb": self._cut(self.rgb, wp.uint8, images, 3 * pixels),
            "depth": self._cut(self.depth, wp.float32, images, pixels),
            "segmentation": self._cut(self.segmentation, wp.vec2i, images, pixels),
            "normals": self._cut(self.normals, wp.vec3, images, pixels),
            "albedo": self._cut(self.albedo, wp.uint8, images, 3 * pixels),
        }

    def _cut(self, array: Any, dtype: Any, images: slice, each: int) -> Any:
        if self.device == "cpu":
            each *= getattr(dtype, "_length_", 1)
        if array is None:
            return wp.empty(0, dtype=dtype, device=self.device)
        cut = array[images.start * each : images.stop * each]
        return on_device(cut, dtype, self.device) if self.device == "cpu" else cut

    def images(self) -> Images:
        """The outputs as NumPy arrays; without a copy on the CPU."""
        arrays = {
            name: np.asarray(a if self.device == "cpu" else a.numpy()) for name, a in self._wanted().items()
        }
        return Images(**{name: a.reshape(*self.shape, *CHANNELS[name]) for name, a in arrays.items()})

    def tensors(self) -> dict[str, Any]:
        """The outputs as torch tensors on the device, without a copy."""
        import torch  # here, because those who render need not have it loaded

        return {
            name: (torch.from_numpy(a) if self.device == "cpu" else wp.to_torch(a)).reshape(
                *self.shape, *CHANNELS[name]
            )
            for name, a in self._wanted().items()
        }

    def _wanted(self) -> dict[str, Any]:
        return {name: array for name in CHANNELS if (array := getattr(self, name)) is not None}


CHANNELS: dict[str, tuple[int, ...]] = {
    "rgb": (3,),
    "depth": (),
    "segmentation": (2,),
    "normals": (3,),
    "albedo": (3,),
}
