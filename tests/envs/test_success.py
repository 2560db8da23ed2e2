"""Environments that call success something else, or nothing."""

import gymnasium as gym
import numpy as np
import pytest

from simfactor.envs.success import Success
from simfactor.errors import SimfactorError


class Count(gym.Env):
    """Three steps with rewards 1, 2, 3; ``solved`` is told at the end."""

    observation_space = gym.spaces.Box(0, 9, (1,))
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.at = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.at += 1
        over = self.at == 3
        return np.zeros(1, np.float32), self.at, False, over, {"solved": np.True_} if over else {}


def told(env: gym.Env) -> list[object]:
    env.reset()
    return [env.step(0)[4].get("is_success") for _ in range(3)]


def test_a_key_of_its_own() -> None:
    assert told(Success(Count(), "solved")) == [None, None, True]


def test_a_return_that_is_enough() -> None:
    env = Success(Count(), least_return=3)
    assert told(env) == [False, True, True]
    assert told(env) == [False, True, True]  # counted anew


def test_errors() -> None:
    with pytest.raises(SimfactorError, match="give one of them"):
        Success(Count())
    with pytest.raises(SimfactorError, match="give one of them"):
        Success(Count(), "solved", 3)
    with pytest.raises(SimfactorError, match=r"\['solved'\], no 'done'"):
        told(Success(Count(), "done"))
