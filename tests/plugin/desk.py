"""A bench in simulation: pictures with few factors, an encoder of them, and policies on its latents."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3 import PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm

from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.factors import FactorSpace, load_space

IMAGES, HELD_OUT = 1000, 250
ALPHA = 0.2
CHOICES = {
    "light_intensity": [0.9, 1.4],
    "table_texture": ["wood", "blue_checker"],
    "background_texture": ["garage", "grass"],
    "target_x": [0.4, 0.6],
}


def space() -> FactorSpace:
    full = load_space("tabletop")
    plain = full.decode(full.sample(1, seed=3)[0])
    fixed = full.fix({name: value for name, value in plain.items() if name not in CHOICES})
    return fixed.restrict(CHOICES)


def pictures(
    folder: Path, drawn: FactorSpace | None = None, count: int = IMAGES, seed: int = 0
) -> FactorDataset:
    return generate(drawn or space(), folder, count, seed, workers=1)


def encoder(dataset: FactorDataset, folder: Path, objective: str = "supervised") -> FactorEncoder:
    labels = dataset.space.varying
    columns = [dataset.space.index(name) for name in labels.names]
    known = np.arange(IMAGES - HELD_OUT)
    return train_encoder(
        dataset.images(known),
        dataset.factors(known)[:, columns],
        labels,
        folder,
        objective=objective,
        epochs=8 if objective == "supervised" else 1,
        residual=4,
        augment=False,
        progress=False,
    )


class Desk(gym.Env):
    """Observes as many numbers as it is told, and nothing ever happens."""

    def __init__(self, size: int, actions: gym.Space | None = None) -> None:
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.action_space = actions or gym.spaces.Box(np.float32([-1, 0]), np.float32([2, 0.5]))

    def reset(self, **kwargs: Any) -> tuple[np.ndarray, dict]:
        super().reset(**kwargs)
        return np.zeros(self.observation_space.shape, np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        return np.zeros(self.observation_space.shape, np.float32), 0.0, False, False, {}


ALGORITHMS = {"SAC": SAC, "TD3": TD3, "PPO": PPO}


def policy(name: str, size: int, path: Path) -> BaseAlgorithm:
    """An untrained model, saved."""
    room = {} if name == "PPO" else {"buffer_size": 1}
    model = ALGORITHMS[name]("MlpPolicy", Desk(size), seed=1, device="cpu", **room)
    model.save(path)
    return model
