"""A convolutional encoder with keypoints, and a decoder; one family for all image sizes.

Built for small CPUs: about 9 million multiply-adds an image at 64 x 64. GroupNorm instead of BatchNorm, for
reinforcement learning code switches features extractors to ``train()`` mode, where BatchNorm's statistics
drift even when its weights are frozen; normalising over each image also takes much of a change of light out.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from simfactor.encoders.networks.initial import keep_variance
from simfactor.encoders.networks.sizes import BOTTOM, channels_for

CHANNELS = {
    64: (32, 64, 128),
    128: (32, 32, 64, 128),
}  # image size -> channels at s/4, s/8, ... down to 4 cells
GROUP = 8  # channels that are normalised together
KEYPOINTS, COLOR_KEYPOINTS = 16, 16
CONTENT = 8  # channels that are read at each keypoint
# Factors on the logits of softmaxes over hundreds of cells: at 1 the softmax starts, and long stays, flat
SHARPNESS, COLOR_SHARPNESS = 10.0, 15.0


class Encoder(nn.Module):
    """Images to ``outputs`` numbers. Raises SimfactorError for an image size without a network.

    Beside the usual convolutions and their flattened and pooled features it has keypoints: expected positions
    under a channel's softmax over the image (Finn et al. 2016, "Deep spatial autoencoders"), with the
    features found there, which locate to fractions of a pixel from few images. Some keypoints are read from
    plain colour filters: random ones point at the most red, blue, ... spot from the first step on, where
    deep ones need thousands of steps to find an object of three pixels.

    An 8 x 8 convolution of stride 4 does the work of two small ones in half their time, for on a CPU
    convolutions with 3 or 16 channels are bound by memory, not by arithmetic.
    """

    color_cells: Tensor
    cells: Tensor

    def __init__(self, image_size: int, outputs: int, hidden: int = 256) -> None:
        super().__init__()
        channels = channels_for(CHANNELS, image_size)
        first, last = channels[0], channels[-1]
        self.fine = nn.Sequential(
            *_normalised(nn.Conv2d(6, first, 8, stride=4, padding=2)),
            *_normalised(nn.Conv2d(first, first, 3, padding=1)),
        )
        self.coarse = nn.Sequential(
            *(
                layer
                for a, b in pairwise(channels)
                for layer in _normalised(nn.Conv2d(a, b, 3, stride=2, padding=1))
            )
        )
        self.color_maps = nn.Conv2d(6, COLOR_KEYPOINTS, 2, bias=False)
        nn.init.normal_(self.color_maps.weight, std=self.color_maps.weight[0].numel() ** -0.5)
        self.maps = nn.Conv2d(first, KEYPOINTS, 1, bias=False)
        self.content = nn.Conv2d(first, CONTENT, 1)
        self.register_buffer("color_cells", cell_positions(image_size // 2), persistent=False)
        self.register_buffer("cells", cell_positions(image_size // 4), persistent=False)
        features = (BOTTOM**2 + 2) * last + 2 * COLOR_KEYPOINTS + (2 + CONTENT) * KEYPOINTS
        self.head = nn.Sequential(
            nn.Linear(features, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, outputs),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels (n, 3, s, s) float in [0, 1] -> (n, outputs)."""
        seen = with_chromaticity(pixels)
        fine = self.fine(seen)
        coarse = self.coarse(fine)
        with torch.autocast(pixels.device.type, enabled=False):  # bf16 positions are good to a quarter pixel
            fine, coarse = fine.float(), coarse.float()
            colored = attention(seen, COLOR_SHARPNESS * self.color_maps.weight, stride=2)
            attended = attention(fine, SHARPNESS * self.maps.weight)
            content = torch.einsum("npk,npc->nkc", attended, cells_first(self.content(fine)))
            features = [
                coarse.flatten(1),
                coarse.mean(dim=(2, 3)),
                coarse.amax(dim=(2, 3)),
                (self.color_cells.T @ colored).flatten(1),
                (self.cells.T @ attended).flatten(1),
                content.flatten(1),
            ]
            outputs: Tensor = self.head(torch.cat(features, dim=1))
        return outputs


class Decoder(nn.Module):
    """Latents to the logits of pixels: the encoder's mirror image, without keypoints."""

    def __init__(self, image_size: int, latents: int, hidden: int = 256) -> None:
        super().__init__()
        channels = channels_for(CHANNELS, image_size)[::-1]
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
        keep_variance(self.head, *list(self.body)[:-1])

    def forward(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> pixel logits (n, 3, s, s)."""
        pixels: Tensor = self.body(self.head(latents))
        return pixels


def with_chromaticity(pixels: Tensor) -> Tensor:
    """pixels (n, 3, s, s) in [0, 1] -> (n, 6, s, s): them and each channel's share of their sum, centred.

    The share does not depend on how bright the light is; the offset keeps noise in the dark out of it.
    """
    red, green, blue = pixels.split(1, dim=1)
    return torch.cat([pixels - 0.5, pixels * (3 / (red + green + blue + 0.1)) - 1], dim=1)


def attention(images: Tensor, filters: Tensor, stride: int = 1) -> Tensor:
    """Softmax over the cells of each filter's response: (n, c, s, s) -> (n, cells, k)."""
    return cells_first(conv2d(images, filters, stride=stride)).softmax(dim=1)


def cells_first(maps: Tensor) -> Tensor:
    """(n, c, s, s) -> (n, s * s, c), a view of channels-last memory."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2)


def cell_positions(size: int) -> Tensor:
    """x and y in [-1, 1] of the cells of a size x size map, (size * size, 2)."""
    axis = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def _normalised(convolution: nn.Conv2d) -> tuple[nn.Module, ...]:
    channels = convolution.out_channels
    return convolution, nn.GroupNorm(channels // GROUP, channels), nn.ReLU()


def _up(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), nn.ReLU())
