"""What an actor-critic on images sees of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor

from simfactor.agents.image_encoder import WIDTH, ImageEncoder, Trunk
from simfactor.agents.own_numbers import OwnNumbers, Statistics
from simfactor.agents.pixel_policy import PIXELS, image_space


class ImageFeatures(BaseFeaturesExtractor):
    """Images (n, 3, S, S) in [0, 1], or a Dict with them as ``pixels`` -> features (n, 64).

    Policy and value share them, and both train them. ``proprioception``: as of :class:`OwnNumbers`. Nothing
    else of a Dict is seen.
    """

    def __init__(
        self, observation_space: spaces.Space[Any], proprioception: Statistics | None = None
    ) -> None:
        super().__init__(observation_space, WIDTH)
        self.encoder = ImageEncoder(image_space(observation_space).shape[-1])
        self.own = OwnNumbers(observation_space, proprioception)
        self.trunk = Trunk(spaces.Box(-np.inf, np.inf, (self.encoder.size + self.own.count,), np.float32))

    def forward(self, observations: Tensor | Mapping[str, Tensor]) -> Tensor:
        """The features of the images and of the robot's own numbers."""
        pixels = observations[PIXELS] if isinstance(observations, Mapping) else observations
        return self.trunk(self.own(self.encoder(pixels), observations))
