"""States come in metres, radians and newtons; networks learn fastest on numbers around one."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor

EPISODES = 32
STEPS = 5  # of each episode: enough to see what moves
CONSTANT = 1e-6  # a standard deviation below it is rounding
LIMIT = 10.0  # standard deviations


class Standardize(BaseFeaturesExtractor):
    """(n, L) -> (n, L): minus the mean, over the standard deviation, limited to 10 of them.

    The statistics are constants of the network, saved with it. They are meant for states only: in the clean
    domain a nuisance latent hardly varies, and dividing by that little would blow every shift up.
    """

    def __init__(self, observation_space: gym.spaces.Box, mean: list[float], deviation: list[float]) -> None:
        super().__init__(observation_space, features_dim=len(mean))
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("deviation", torch.tensor(deviation, dtype=torch.float32))

    def forward(self, observations: Tensor) -> Tensor:
        """The standardised observations."""
        return ((observations - self.mean) / self.deviation).clamp(-LIMIT, LIMIT)


def observation_statistics(
    env: gym.Env[Any, Any], seed: int, part: str | None = None
) -> dict[str, list[float]]:
    """Mean and standard deviation of each dimension at the beginning of some episodes with random actions.

    ``part``: whose dimensions, of observations that are Dicts. A dimension that does not vary has a deviation
    of 1. Returns the arguments of :class:`Standardize`.
    """
    env.action_space.seed(seed)
    seen: list[NDArray[np.floating]] = []
    for episode in range(EPISODES):
        observation, _ = env.reset(seed=seed if episode == 0 else None)
        over = False
        while not over and len(seen) < (episode + 1) * STEPS:
            seen.append(observation if part is None else observation[part])
            observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
            over = terminated or truncated
    mean, deviation = np.mean(seen, axis=0), np.std(seen, axis=0)
    return {"mean": mean.tolist(), "deviation": np.where(deviation > CONSTANT, deviation, 1.0).tolist()}
