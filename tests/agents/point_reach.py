"""A real, small environment with the geometry of reaching: a point in a 3-D workspace goes to a target."""

from typing import Any

import gymnasium as gym
import numpy as np

from simfactor.encoders.layout import Block, LatentLayout

LOW, HIGH = np.array([0.3, -0.25, 0.05]), np.array([0.6, 0.25, 0.4])
STRIDE, NEAR, STEPS = 0.05, 0.05, 50


def layout_with(nuisances: int) -> LatentLayout:
    """Six task dimensions, then ``nuisances`` blocks of one dimension, then an empty residual."""
    task = [Block(f"{what}_{axis}", 1, "pose", "task") for what in ("ee", "target") for axis in "xyz"]
    light = [Block(f"light_{i}", 1, "lighting", "nuisance") for i in range(nuisances)]
    return LatentLayout((*task, *light, Block("residual", 0)))


class PointReach(gym.Env):
    """Observation: point and target in metres, or, with ``nuisances``, codes in [-1, 1] followed by as many
    numbers that are drawn anew each episode and jitter at each step. Dense reward, ends on success."""

    def __init__(self, nuisances: int = 0, interrupt_at: int | None = None) -> None:
        self.nuisances, self.interrupt_at, self.total = nuisances, interrupt_at, 0
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (6 + nuisances,), np.float32)
        self.action_space = gym.spaces.Box(-1, 1, (3,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.point, self.target = self.np_random.uniform(LOW, HIGH, (2, 3))
        self.light = self.np_random.normal(size=self.nuisances)
        self.count = 0
        return self._look(), {}

    def step(self, action: np.ndarray) -> Any:
        self.total += 1
        if self.total == self.interrupt_at:
            raise KeyboardInterrupt  # as Ctrl-C does
        self.point = np.clip(self.point + STRIDE * np.clip(action, -1, 1), LOW, HIGH)
        self.count += 1
        distance = float(np.linalg.norm(self.point - self.target))
        success = distance < NEAR
        return self._look(), -distance, success, self.count == STEPS and not success, {"is_success": success}

    def _look(self) -> np.ndarray:
        state = np.concatenate([self.point, self.target])
        if not self.nuisances:
            return state.astype(np.float32)
        codes = (2 * state - np.tile(LOW + HIGH, 2)) / np.tile(HIGH - LOW, 2)
        return np.concatenate([codes, self.light + 0.3 * self.np_random.normal(size=self.nuisances)]).astype(
            np.float32
        )


def make_broken() -> gym.Env:
    raise RuntimeError("the renderer is not installed")
