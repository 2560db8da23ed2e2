"""A trained encoder as the features extractor of any of Stable-Baselines3's algorithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
from stable_baselines3.common.preprocessing import is_image_space, is_image_space_channels_first
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from simfactor.agents.latent_features import FineTune
from simfactor.errors import SimfactorError


class FrozenLatents(BaseFeaturesExtractor):
    """Pictures -> chosen latents (n, L) of an encoder that what the agent learns does not change.

    For environments that observe pixels, uint8 (S, S, 3), whatever learns from them::

        policy_kwargs=dict(
            features_extractor_class=FrozenLatents,
            features_extractor_kwargs=dict(encoder="runs/quickstart/encoder", factors=["task"]),
        )

    It stays in evaluation mode. The policy's file holds a copy of the weights and the folder's name, which
    must still be there when the file is opened. Pictures are kept in the replay buffer and encoded again in
    every update: where that is too slow, wrap the environment in ``LatentObservation``.

    Args:
        observation_space: of the environment, channels last or first.
        encoder: the folder of a trained one.
        factors: names of latent blocks, groups or roles; None for all.

    Raises SimfactorError when the pictures are not the encoder's size, or for a block that it does not have.
    """

    def __init__(
        self, observation_space: gym.Space[Any], encoder: str | Path, factors: Sequence[str] | None = None
    ) -> None:
        if not isinstance(observation_space, gym.spaces.Box) or not is_image_space(observation_space):
            raise SimfactorError(
                f"FrozenLatents encodes pictures, but the environment gives {observation_space}; make it "
                "with observation='pixels', and leave normalize_images at True."
            )
        first = is_image_space_channels_first(observation_space)
        features = FineTune(encoder, None if factors is None else tuple(factors)).open(
            observation_space.shape[1 if first else 0]
        )
        super().__init__(observation_space, features_dim=features.size)
        self.features = features.requires_grad_(False)

    def forward(self, observations: Tensor) -> Tensor:
        """Pictures (n, 3, S, S) in [0, 1] -> (n, L)."""
        latents: Tensor = self.features(observations)
        return latents

    def apply(self, fn: Callable[[nn.Module], None]) -> FrozenLatents:
        """Nothing: policies initialise their layers through this, and would do so with these."""
        return self
