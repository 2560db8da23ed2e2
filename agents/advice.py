"""An environment in which a teacher that knows the truth says what it would do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simfactor.agents.agent import load_agent
from simfactor.agents.distillation import ADVICE
from simfactor.agents.train import MakeEnv


class Advised(gym.Wrapper[Any, Any, Any, Any]):
    """Adds ``info["advice"]`` to every step: the action (A,) that the teacher would have taken instead.

    Args:
        env: a task of simfactor, wrapped or not, whatever it observes.
        teacher: true state (W + 3,) -> action (A,), as ``load_agent(folder).act`` of an agent on states.
    """

    def __init__(
        self, env: gym.Env[Any, Any], teacher: Callable[[NDArray[np.float32]], NDArray[np.floating]]
    ) -> None:
        gym.Wrapper.__init__(self, env)
        self._teacher = teacher
        self._seen = env.get_wrapper_attr("seen")

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step with the student's action."""
        advice = self._teacher(self._seen().state)
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, {**info, ADVICE: advice}


def make_advised(make_env: MakeEnv, teacher: Path) -> Advised:
    """The environment with the agent in the folder ``teacher`` as its teacher; to be used with partial."""
    return Advised(make_env(), load_agent(teacher).act)
