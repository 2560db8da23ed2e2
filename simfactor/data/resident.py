"""A data set on a device as two tensors. (The one module here that needs torch.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from simfactor.data.source import ImageSource

BLOCK = 4096  # images that pass through memory at once


@dataclass(frozen=True)
class DeviceDataset:
    """N images (N, H, W, 3) uint8 and their factor rows (N, K) float32 on one device."""

    images: torch.Tensor
    factors: torch.Tensor

    @staticmethod
    def load(dataset: ImageSource, device: str | torch.device) -> DeviceDataset:
        """Copy a data set to the device, a block at a time."""
        size = dataset.image_size
        images = torch.empty((len(dataset), size, size, 3), dtype=torch.uint8, device=device)
        for start in range(0, len(dataset), BLOCK):
            block = slice(start, start + BLOCK)
            images[block] = torch.from_numpy(dataset.images(block)).to(device)
        factors = torch.from_numpy(dataset.factors()).to(device=device, dtype=torch.float32)
        return DeviceDataset(images, factors)

    def __len__(self) -> int:
        return len(self.images)

    def gather(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The images (n, H, W, 3) and rows (n, K) at int64 ``indices`` (n,) on the same device."""
        return self.images[indices], self.factors[indices]
