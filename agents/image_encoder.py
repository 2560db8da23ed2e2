"""The networks of agents that act on images, below the heads of actor and critic."""

from __future__ import annotations

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

SMALLEST = 16  # pixels, of which the convolutions leave 3 x 3 cells
CHANNELS = (16, 32)
SHARPNESS = 10.0  # of the softmax: at 1, untrained keypoints all lie in the middle and tell nothing
WIDTH = 64  # of what actor and critic make of the features


class ImageEncoder(nn.Module):
    """Images (n, 3, S, S) in [0, 1] -> features (n, 64): where 32 learned filters respond, in [-1, 1].

    A spatial softmax (Levine et al. 2016, arXiv:1504.00702, section 5.1) over two convolutions with strides.
    DrQ's four convolutions take several times as long on a CPU core (``docs/benchmarks.md``). Nothing is
    normalised over the batch.
    """

    def __init__(self, image_size: int) -> None:
        super().__init__()
        first, second = CHANNELS
        self.layers = nn.Sequential(nn.Conv2d(3, first, 4, 2), nn.ReLU(), nn.Conv2d(first, second, 3, 2))
        self.layers.apply(_orthogonal)
        side = self.layers(torch.zeros(1, 3, image_size, image_size)).shape[-1]
        self.places: Tensor
        self.register_buffer("places", torch.linspace(-1, 1, side))
        self.size = 2 * second

    def forward(self, images: Tensor) -> Tensor:
        """The features: rows of all filters, then columns."""
        responses = self.layers(images - 0.5)
        shares = (SHARPNESS * responses.flatten(2)).softmax(dim=2).view_as(responses)
        return torch.cat((shares.sum(3) @ self.places, shares.sum(2) @ self.places), dim=1)


class Trunk(BaseFeaturesExtractor):
    """Features (n, F) -> (n, 64): linear, layer norm, tanh, as in DrQ; actor and critic have one each."""

    def __init__(self, features: spaces.Box) -> None:
        super().__init__(features, WIDTH)
        self.layers = nn.Sequential(nn.Linear(features.shape[0], WIDTH), nn.LayerNorm(WIDTH), nn.Tanh())

    def forward(self, features: Tensor) -> Tensor:
        """What the head sees."""
        return self.layers(features)


def _orthogonal(layer: nn.Module) -> None:
    """DrQ's start of a convolution."""
    if isinstance(layer, nn.Conv2d):
        assert layer.bias is not None
        nn.init.orthogonal_(layer.weight, nn.init.calculate_gain("relu"))
        nn.init.zeros_(layer.bias)
