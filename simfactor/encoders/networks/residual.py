"""A small residual network: more depth than the classic one, at a cost that a CPU still bears.

Pre-activation blocks (He et al. 2016, "Identity mappings in deep residual networks", figure 4e) with
GroupNorm, which treats every image alone, in training as in use. Full-size maps cost most and know least, so
the first convolution goes to a quarter of the size at once. Encoder and decoder take 15 and 21 million
multiply-adds an image at 64 x 64 (the classic ones 9 and 9).
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from simfactor.encoders.networks.sizes import BOTTOM, channels_for

CHANNELS = {64: (32, 64, 128), 128: (32, 48, 64, 128)}  # image size -> channels at s/4, s/8, ... 4 cells
GROUP = 8  # channels that are normalised together
HIDDEN = 256


class Encoder(nn.Sequential):
    """Images to ``outputs`` numbers. Raises SimfactorError for an image size without a network."""

    def __init__(self, image_size: int, outputs: int) -> None:
        channels = channels_for(CHANNELS, image_size)
        super().__init__(
            nn.Conv2d(3, channels[0], 8, stride=4, padding=2),
            Block(channels[0], channels[0]),
            *(Block(a, b, resize=0.5) for a, b in pairwise(channels)),
            *_activated(channels[-1]),
            nn.Flatten(),
            nn.Linear(channels[-1] * BOTTOM**2, HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(HIDDEN, outputs),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels (n, 3, s, s) float in [0, 1] -> (n, outputs)."""
        outputs: Tensor = super().forward(pixels)
        return outputs


class Decoder(nn.Sequential):
    """Latents to the logits of pixels: the encoder's mirror image."""

    def __init__(self, image_size: int, latents: int) -> None:
        channels = channels_for(CHANNELS, image_size)[::-1]
        super().__init__(
            nn.Linear(latents, HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(HIDDEN, channels[0] * BOTTOM**2),
            nn.Unflatten(1, (channels[0], BOTTOM, BOTTOM)),
            *(Block(a, b, resize=2.0) for a, b in pairwise(channels)),
            Block(channels[-1], channels[-1]),
            *_activated(channels[-1]),
            nn.ConvTranspose2d(channels[-1], 3, 8, stride=4, padding=2),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> pixel logits (n, 3, s, s)."""
        pixels: Tensor = super().forward(latents)
        return pixels


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; ``resize`` times the height and width."""

    def __init__(self, inputs: int, outputs: int, resize: float = 1.0) -> None:
        super().__init__()
        self.resize = resize
        self.before = nn.GroupNorm(inputs // GROUP, inputs)
        self.first = nn.Conv2d(inputs, outputs, 3, stride=2 if resize < 1 else 1, padding=1)
        self.between = nn.GroupNorm(outputs // GROUP, outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        """maps (n, inputs, s, s) -> (n, outputs, resize s, resize s)."""
        inside = relu(self.before(maps))
        if self.resize > 1:
            inside = interpolate(inside, scale_factor=self.resize, mode="nearest")
        inside = self.second(relu(self.between(self.first(inside))))
        beside: Tensor = self.shortcut(maps)
        if self.resize > 1:
            beside = interpolate(beside, scale_factor=self.resize, mode="nearest")
        elif self.resize < 1:
            beside = avg_pool2d(beside, 2)
        return inside + beside


def _activated(channels: int) -> tuple[nn.Module, ...]:
    return nn.GroupNorm(channels // GROUP, channels), nn.ReLU(inplace=True)
