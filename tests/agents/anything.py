"""What tests of policies share: an environment of any spaces, models that were saved, small networks."""

import warnings
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, nn

STATE = spaces.Box(-1, 1, (4,), np.float32)
PIXELS = spaces.Box(0, 255, (36, 40, 3), np.uint8)
BOTH = spaces.Dict({"pixels": PIXELS, "state": spaces.Box(-1, 1, (4,), np.float64)})
GOAL = spaces.Dict(dict.fromkeys(("observation", "achieved_goal", "desired_goal"), STATE))
MOVE = spaces.Box(np.float32([-1, -2]), np.float32([1, 3]))
CHOICE = spaces.Discrete(3)
OFF_POLICY = {"buffer_size": 10, "policy_kwargs": {"net_arch": [8]}}
ON_POLICY = {"n_steps": 64, "policy_kwargs": {"net_arch": [8]}}
CNN = {"n_steps": 64, "policy_kwargs": {"net_arch": [], "features_extractor_kwargs": {"features_dim": 8}}}
COMBINED = {
    "n_steps": 64,
    "policy_kwargs": {"net_arch": [], "features_extractor_kwargs": {"cnn_output_dim": 8}},
}


class Anything(gym.Env):
    """Shows and takes whatever is in its spaces."""

    def __init__(self, observation_space: gym.Space, action_space: gym.Space) -> None:
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, seed: int | None = None, options: dict | None = None) -> tuple[Any, dict]:
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        return self.observation_space.sample(), 0.0, False, False, {}

    def compute_reward(self, achieved: Any, desired: Any, infos: Any) -> Any:
        return np.zeros(len(infos))


class Net(nn.Module):
    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 2, generator=torch.Generator().manual_seed(seed)))

    def forward(self, observation: Tensor) -> Tensor:
        return torch.tanh(observation @ self.weight)


def saved(
    path: Path,
    algorithm: type[BaseAlgorithm],
    policy: Any,
    observation: gym.Space,
    action: gym.Space,
    **options: Any,
) -> BaseAlgorithm:
    model = algorithm(policy, Anything(observation, action), device="cpu", seed=3, **options)
    model.save(path)
    return model


def scripted(module: nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit", DeprecationWarning)
        torch.jit.script(module).save(path)
    return path


def drawn(space: gym.Space, count: int = 3) -> list[Any]:
    space.seed(0)
    return [space.sample() for _ in range(count)]
