"""A student of a teacher that knows the truth."""

import functools
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from point_reach import PointReach, layout_with

from simfactor.agents import Advised, Augmentation, Dagger, make_advised, train_agent
from simfactor.envs import make_env
from simfactor.envs.task import STRIDE
from simfactor.errors import SimfactorError

PLANE = functools.partial(make_env, None, "planar_reach", "state")


def straight(state: np.ndarray) -> np.ndarray:
    """The action that goes to the target of the planar task."""
    return np.clip((state[3:5] - state[:2]) / STRIDE, -1, 1).astype(np.float32)


class Teachable(PointReach):
    """A point among nuisances, of which a teacher may know the truth."""

    def seen(self) -> "Teachable":
        return self

    @property
    def state(self) -> np.ndarray:
        return np.concatenate([self.point, self.target]).astype(np.float32)


def make_teachable() -> gym.Env:
    to_target = lambda state: np.clip((state[3:] - state[:3]) / STRIDE, -1, 1)  # noqa: E731
    return Advised(gym.wrappers.TimeLimit(Teachable(nuisances=2), 50), to_target)


def success(act, env: gym.Env, episodes: int = 30) -> float:
    ends = []
    for seed in range(1000, 1000 + episodes):
        observation, over = env.reset(seed=seed)[0], False
        while not over:
            observation, _, terminated, truncated, info = env.step(act(observation))
            over = terminated or truncated
        ends.append(info["is_success"])
    env.close()
    return float(np.mean(ends))


def test_a_student_of_latents_does_what_the_teacher_would_do(tmp_path: Path) -> None:
    student = train_agent(
        make_teachable,
        tmp_path,
        algorithm="dagger",
        steps=700,
        layout=layout_with(2),
        augmentations=[Augmentation(("nuisance",))],
        progress=False,
    )
    assert success(student.act, make_teachable()) > 0.9


def test_a_trained_agent_teaches_and_a_training_resumes(tmp_path: Path) -> None:
    train_agent(PLANE, tmp_path / "teacher", steps=150, progress=False)
    make = functools.partial(make_advised, PLANE, tmp_path / "teacher")
    env = make()
    env.reset(seed=0)
    advice = env.step(np.zeros(2))[4]["advice"]
    assert advice.shape == (2,)
    assert np.abs(advice).max() <= 1
    env.close()
    student = train_agent(make, tmp_path / "student", algorithm=Dagger(warmup=20), steps=120, progress=False)
    again = train_agent(make, tmp_path / "student", algorithm=Dagger(warmup=20), steps=120, progress=False)
    observation = np.linspace(0, 0.5, 6, dtype=np.float32)
    np.testing.assert_array_equal(student.act(observation), again.act(observation))


def test_the_advice_is_for_the_state_that_the_step_left() -> None:
    env = Advised(PLANE(), straight)
    state, _ = env.reset(seed=3)
    for action in np.random.default_rng(0).uniform(-1, 1, (5, 2)):
        following, _, _, _, info = env.step(action)
        np.testing.assert_allclose(info["advice"], straight(state), atol=1e-5)
        state = following
    env.close()


def test_without_a_teacher_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="nobody teaches; wrap the environment in Advised"):
        train_agent(PLANE, tmp_path, algorithm="dagger", steps=10, progress=False)
    with pytest.raises(SimfactorError, match="dagger: noise=0 must be above 0"):
        Dagger(noise=0)
