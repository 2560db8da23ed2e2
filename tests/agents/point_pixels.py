"""A real, small environment of pictures: a green square goes to a red one, before a wall of some grey."""

from typing import Any

import gymnasium as gym
import numpy as np

SIZE, HALF = 24, 2  # pixels: of the picture, and from the middle of a square to its side
STRIDE, NEAR, STEPS = 0.3, 0.3, 15
MUSCLE = 0.02  # of what is felt, for a picture's width of 2: far from what networks like


class PointPixels(gym.Env):
    """Observation: uint8 (24, 24, 3); with ``counterfactual`` a Dict of it and the same before another wall,
    with ``told`` a Dict of it and the state, with ``felt`` a Dict of it and where the green square is, which
    is then not drawn. Dense reward, ends on success."""

    def __init__(
        self,
        counterfactual: bool = False,
        wall: tuple[int, int] = (40, 60),
        told: bool = False,
        felt: bool = False,
    ) -> None:
        self.counterfactual, self.wall, self.told, self.felt = counterfactual, wall, told, felt
        pixels = gym.spaces.Box(0, 255, (SIZE, SIZE, 3), np.uint8)
        parts: dict[str, gym.Space] = {"pixels": pixels}
        if counterfactual:
            parts["counterfactual"] = pixels
        if told:
            parts["state"] = gym.spaces.Box(-1, 1, (4,), np.float32)
        if felt:
            parts["proprioception"] = gym.spaces.Box(-1, 1, (2,), np.float32)
        self.observation_space = gym.spaces.Dict(parts) if len(parts) > 1 else pixels
        self.action_space = gym.spaces.Box(-1, 1, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.point, self.target = self.np_random.uniform(-1, 1, (2, 2))
        self.grey = self.np_random.integers(*self.wall)
        self.count = 0
        return self._look(), {}

    def step(self, action: np.ndarray) -> Any:
        self.point = np.clip(self.point + STRIDE * np.clip(action, -1, 1), -1, 1)
        self.count += 1
        distance = float(np.linalg.norm(self.point - self.target))
        success = distance < NEAR
        return self._look(), -distance, success, self.count == STEPS and not success, {"is_success": success}

    def _look(self) -> Any:
        parts = {"pixels": self._draw(self.grey)}
        if self.counterfactual:
            parts["counterfactual"] = self._draw(self.np_random.integers(0, 255))
        if self.told:
            parts["state"] = np.concatenate([self.point, self.target]).astype(np.float32)
        if self.felt:
            parts["proprioception"] = (0.5 + MUSCLE * self.point).astype(np.float32)
        return parts if len(parts) > 1 else parts["pixels"]

    def _draw(self, grey: int) -> np.ndarray:
        pixels = np.full((SIZE, SIZE, 3), grey, np.uint8)
        squares = [(self.target, (220, 20, 20)), (self.point, (20, 220, 20))]
        for place, color in squares[: 1 if self.felt else 2]:
            row, column = np.round((1 + place) / 2 * (SIZE - 1 - 2 * HALF) + HALF).astype(int)
            pixels[row - HALF : row + HALF + 1, column - HALF : column + HALF + 1] = color
        return pixels
