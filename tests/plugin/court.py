"""A hand-written world, seen from above: a red box has to be brought to the middle. And who looks for red."""

from typing import Any

import gymnasium as gym
import numpy as np
import pybullet as p

REACH = 0.12  # metres that a step moves it
LEAST = 140  # how much redder than grey a pixel has to be to count


class Court(gym.Env):
    """Action: where to, Box(-1, 1, (2,)). Observation: where the box is. Seven steps at most."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 12}  # noqa: RUF012

    def __init__(self, render_mode: str | None = "rgb_array", named: str = "is_success") -> None:
        self.render_mode, self.named = render_mode, named
        self.action_space = gym.spaces.Box(-1, 1, (2,), np.float32)
        self.observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
        self.client = p.connect(p.DIRECT)
        self.floor = self._box([1, 1, 0.02], [0.5, 0.5, 0.5, 1])
        self.box = self._box([0.08, 0.08, 0.08], [0.9, 0.1, 0.1, 1])

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        super().reset(seed=seed)
        angle, self.steps = self.np_random.uniform(0, 2 * np.pi), 0
        self.at = 0.45 * np.array([np.cos(angle), np.sin(angle)])
        return self._placed(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        self.steps += 1
        self.at = np.clip(self.at + REACH * np.clip(action, -1, 1), -0.6, 0.6)
        near = bool(np.linalg.norm(self.at) < 0.12)
        return self._placed(), float(near), near, self.steps == 7, {self.named: near}

    def render(self) -> np.ndarray:
        view = p.computeViewMatrixFromYawPitchRoll([0, 0, 0], 2.0, 0, -89.9, 0, 2)
        lens = p.computeProjectionMatrixFOV(50, 1.0, 0.05, 10)
        taken = p.getCameraImage(64, 64, view, lens, physicsClientId=self.client)
        return np.reshape(taken[2], (64, 64, 4))[..., :3].astype(np.uint8)

    def close(self) -> None:
        if p.isConnected(self.client):
            p.disconnect(self.client)

    def _placed(self) -> np.ndarray:
        p.resetBasePositionAndOrientation(self.box, [*self.at, 0.1], [0, 0, 0, 1], self.client)
        return self.at.astype(np.float32)

    def _box(self, half: list[float], color: list[float]) -> int:
        shape = p.createVisualShape(
            p.GEOM_BOX, halfExtents=half, rgbaColor=color, physicsClientId=self.client
        )
        return p.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self.client)


def seeker(pixels: np.ndarray) -> np.ndarray:
    """Brings what is red to the middle of the picture; waits where it sees nothing red."""
    red, green, blue = np.moveaxis(pixels.astype(int), -1, 0)
    rows, columns = np.nonzero(red - np.maximum(green, blue) > LEAST)
    if not len(rows):
        return np.zeros(2, np.float32)
    away = np.array([columns.mean() - 31.5, 31.5 - rows.mean()])
    return np.clip(-away / 4, -1, 1).astype(np.float32)


def idler(pixels: np.ndarray) -> np.ndarray:
    return np.zeros(2, np.float32)
