"""The convolutional encoder and decoder, one family for all image sizes.

Built for small CPUs: about 7 million multiply-adds an image at 64 x 64. GroupNorm instead of BatchNorm, for
reinforcement learning code switches features extractors to ``train()`` mode, where BatchNorm's statistics
drift even when its weights are frozen; normalising over each image also takes much of a change of light out.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from simfactor.errors import SimfactorError

CHANNELS = {
    64: (32, 64, 128),
    128: (32, 32, 64, 128),
}  # image size -> channels at s/4, s/8, ... down to 4 cells
BOTTOM = 4
GROUP = 8  # channels that are normalised together
KEYPOINTS = 32
COLOR_KEYPOINTS = 16  # found by colour alone, on a finer grid
SHARPNESS, COLOR_SHARPNESS = (
    10.0,
    15.0,
)  # of the softmaxes: without it they stay flat for most of a short training


def channels_for(image_size: int) -> tuple[int, ...]:
    """Channels of the convolutions for an image size. Raises SimfactorError for a size without a network."""
    if image_size not in CHANNELS:
        raise SimfactorError(
            f"there is no network for {image_size} x {image_size} images; allowed: "
            f"{', '.join(map(str, CHANNELS))}. Render the images at one of these sizes."
        )
    return CHANNELS[image_size]


class SpatialSoftArgmax(nn.Module):
    """Expected image position of each channel's softmax (Finn et al. 2016, "Deep spatial autoencoders").

    (n, c, s, s) -> (n, 2 c), x then y in [-1, 1] per channel: sub-pixel positions that a fully connected
    layer learns only from many more images. ``sharpness`` is the inverse temperature of the softmax.
    """

    positions: Tensor

    def __init__(self, size: int, sharpness: float) -> None:
        super().__init__()
        self.sharpness = sharpness
        axis = torch.linspace(-1, 1, size)
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        self.register_buffer("positions", torch.stack([x.flatten(), y.flatten()], dim=1), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        return ((self.sharpness * maps.flatten(2)).softmax(dim=-1) @ self.positions).flatten(1)


class Encoder(nn.Module):
    """Images to ``outputs`` numbers. Raises SimfactorError for an image size without a network.

    An 8 x 8 convolution of stride 4 does the work of two small ones at a third of their time, for on a CPU
    convolutions with 3 or 16 channels are bound by memory, not by arithmetic. Chromaticity, which a change
    of light's intensity leaves alone, is given beside the colours; the colour keypoints find small saturated
    things, such as a marker, to a fraction of a pixel.
    """

    def __init__(self, image_size: int, outputs: int, hidden: int = 256) -> None:
        super().__init__()
        channels = channels_for(image_size)
        first = channels[0]
        self.fine = nn.Sequential(
            *_normalised(nn.Conv2d(6, first, 8, stride=4, padding=2)),
            *_normalised(nn.Conv2d(first, first, 3, padding=1)),
        )
        self.keypoints = nn.Sequential(
            nn.Conv2d(first, KEYPOINTS, 1), SpatialSoftArgmax(image_size // 4, SHARPNESS)
        )
        by_color = nn.Conv2d(6, COLOR_KEYPOINTS, 2, stride=2)
        nn.init.normal_(by_color.weight, std=by_color.weight[0].numel() ** -0.5)
        self.color_keypoints = nn.Sequential(by_color, SpatialSoftArgmax(image_size // 2, COLOR_SHARPNESS))
        self.coarse = nn.Sequential(
            *(
                layer
                for a, b in pairwise(channels)
                for layer in _normalised(nn.Conv2d(a, b, 3, stride=2, padding=1))
            )
        )
        self.head = nn.Sequential(
            nn.Linear(channels[-1] * BOTTOM**2 + 2 * (KEYPOINTS + COLOR_KEYPOINTS), hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, outputs),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels (n, 3, s, s) float in [0, 1] -> (n, outputs)."""
        seen = torch.cat([2 * pixels - 1, chromaticity(pixels)], dim=1)
        fine = self.fine(seen)
        found = [self.keypoints(fine), self.color_keypoints(seen)]
        features = torch.cat([self.coarse(fine).flatten(1), *found], dim=1)
        outputs: Tensor = self.head(features)
        return outputs


def chromaticity(pixels: Tensor) -> Tensor:
    """(n, 3, s, s) colours in [0, 1] without their brightness: 0 is grey; dark pixels tend to -1."""
    return 3 * pixels / (pixels.sum(dim=1, keepdim=True) + 0.1) - 1


class Decoder(nn.Module):
    """Latents to the logits of pixels: the encoder's mirror image, without keypoints."""

    def __init__(self, image_size: int, latents: int, hidden: int = 256) -> None:
        super().__init__()
        channels = channels_for(image_size)[::-1]
        self.head = nn.Sequential(
            nn.Linear(latents, hidden),
            nn.ReLU(),
            nn.Linear(hidden, channels[0] * BOTTOM**2),
            nn.ReLU(),
            nn.Unflatten(1, (channels[0], BOTTOM, BOTTOM)),
        )
        self.body = nn.Sequential(
            *(_up(a, b) for a, b in pairwise(channels)),
            nn.ConvTranspose2d(channels[-1], 3, 8, stride=4, padding=2),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> pixel logits (n, 3, s, s)."""
        pixels: Tensor = self.body(self.head(latents))
        return pixels


def _normalised(convolution: nn.Conv2d) -> tuple[nn.Module, ...]:
    channels = convolution.out_channels
    return convolution, nn.GroupNorm(channels // GROUP, channels), nn.ReLU()


def _up(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), nn.ReLU())
