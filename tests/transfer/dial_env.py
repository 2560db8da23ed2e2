"""A real, tiny environment with factors: turn a dial to a target under a light that biases the reading."""

import os
import signal
from collections.abc import Callable
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from simfactor.factors import Continuous, FactorSpace

FULL = FactorSpace(
    {
        "light": Continuous(0.0, 3.0, group="lighting"),
        "target": Continuous(-1.0, 1.0, group="pose", role="task"),
    }
)
POLICY = {"light": [0.0, 0.2]}
ENCODER = FULL.hold_out({"light": [2.0, 3.0]})


class Dial(gym.Env):
    """Observation: target + light. Action: a turn in [-1, 1]. Success: within 0.3 of the target."""

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": 1}
    observation_space = gym.spaces.Box(-9, 9, (1,))
    action_space = gym.spaces.Box(-1, 1, (1,))
    render_mode = "rgb_array"

    def __init__(self, space: FactorSpace, steps: int = 3) -> None:
        self.space, self.steps = space, steps

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        row = self.space.sample(1, seed=int(self.np_random.integers(2**31)))[0]
        self.factors = self.space.decode(row)
        self.dial, self.step_count = 0.0, 0
        return self._look(), {"factors": dict(self.factors)}

    def step(self, action: np.ndarray) -> Any:
        self.dial += float(np.clip(action[0], -1, 1))
        self.step_count += 1
        error = abs(self.dial - self.factors["target"])
        over = self.step_count == self.steps
        return self._look(), -error, over, False, {"is_success": error < 0.3}

    def render(self) -> np.ndarray:
        shade = int(80 * self.factors["light"])
        return np.full((8, 8, 3), [shade, self.step_count, 0], np.uint8)

    def _look(self) -> np.ndarray:
        return np.array([self.factors["target"] + self.factors["light"] - self.dial], np.float32)


def greedy(observation: np.ndarray) -> np.ndarray:
    """Trusts its reading: right in the dark, off by the light elsewhere."""
    return observation


def open_greedy() -> Callable[[np.ndarray], np.ndarray]:
    return greedy


def open_doomed() -> Callable[[np.ndarray], np.ndarray]:
    """Dies as a process does that the system kills."""
    os.kill(os.getpid(), signal.SIGKILL)
    return greedy
