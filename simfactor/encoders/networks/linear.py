"""A linear map from small pictures to numbers, and one back: what the classical baselines fit."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from simfactor.encoders.networks.sizes import channels_for

# The first tens of principal components of pictures are smooth: on the isaac3d space ten of them, fitted at
# this size, leave 4 % more of the pixels' variance unexplained than those of 64 x 64, at a fifth of the cost.
SIDE = 32
SIZES: Mapping[int, tuple[int, ...]] = {64: (3,), 128: (3,)}  # no size but those of the other networks
DARKEST = 1e-4  # pixels are shown between this and 1 - this, where their logits are finite


class Encoder(nn.Linear):
    """Images, averaged down to 32 x 32 in colour, to ``outputs`` numbers.

    Raises SimfactorError for an image size without a network.
    """

    def __init__(self, image_size: int, outputs: int) -> None:
        channels = channels_for(SIZES, image_size)
        super().__init__(channels[0] * SIDE**2, outputs)

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels (n, 3, s, s) float in [0, 1] -> (n, outputs)."""
        return super().forward(small(pixels))


class Decoder(nn.Linear):
    """Latents to a 32 x 32 picture, enlarged bilinearly: its pixels are linear in the latents, then clipped.

    Raises SimfactorError for an image size without a network.
    """

    def __init__(self, image_size: int, latents: int) -> None:
        channels = channels_for(SIZES, image_size)
        super().__init__(latents, channels[0] * SIDE**2)
        self.image_size = image_size

    def forward(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> pixel logits (n, 3, s, s)."""
        picture = super().forward(latents).unflatten(1, (3, SIDE, SIDE))
        pixels = interpolate(picture, size=self.image_size, mode="bilinear", align_corners=False)
        return torch.logit(pixels, eps=DARKEST)


def small(pixels: Tensor) -> Tensor:
    """pixels (n, 3, s, s) -> (n, 3 * 32 * 32), averaged over squares."""
    return avg_pool2d(pixels, pixels.shape[-1] // SIDE).flatten(1)
