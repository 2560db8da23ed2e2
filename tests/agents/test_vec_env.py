"""SB3VecEnv: what Stable-Baselines3's own DummyVecEnv gives of the same single environments."""

import functools

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO, SAC, HerReplayBuffer
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from simfactor.agents import SB3VecEnv
from simfactor.agents.isolation import isolated
from simfactor.encoders import FactorEncoder
from simfactor.envs import VectorEnv, VectorLatentObservation, make_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

SPACE = load_space("tabletop")
RULES = {"image_size": 16, "max_episode_steps": 5, "success_distance": 0.25}
SAME_STEP = {"autoreset_mode": "SameStep"}


def assert_same(first, second):
    """Equal values of equal types, in dictionaries too."""
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for name in first:
            assert_same(first[name], second[name])
    elif isinstance(first, np.ndarray):
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)
    else:
        assert type(first) is type(second)
        assert first == second


@pytest.mark.parametrize(
    ("observation", "workers"), [("goal", 0), ("pixels+state", 0), ("state", 2), ("pixels", 2)]
)
def test_episodes_are_those_of_single_environments(observation, workers):
    make = functools.partial(make_env, SPACE, observation=observation, **RULES)
    theirs = DummyVecEnv([make] * 3)
    ours = SB3VecEnv(
        VectorEnv(3, observation=observation, factors=SPACE, workers=workers, **SAME_STEP, **RULES)
    )
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    options = [{"factors": {"light_azimuth": 30.0}}, {}, {"factors": {"table_texture": "brick"}}]
    for env in (ours, theirs):
        env.seed(7)
        env.set_options(options)
    assert_same(ours.reset(), theirs.reset())
    generator = np.random.default_rng(0)
    ends = {True: 0, False: 0}
    for _ in range(16):
        actions = generator.uniform(-1, 1, (3, 3)).astype(np.float32)
        mine, other = ours.step(actions), theirs.step(actions)
        for a, b in zip(mine[:3], other[:3], strict=True):
            assert_same(a, b)
        for i in range(3):
            assert_same(mine[3][i], other[3][i])
            assert_same(ours.reset_infos[i], theirs.reset_infos[i])
            if mine[2][i]:
                ends[mine[3][i]["TimeLimit.truncated"]] += 1
    assert all(ends.values())  # or one kind of end was not compared
    assert_same(ours.reset(), theirs.reset())
    ours.close()
    theirs.close()


def test_the_other_mode_is_refused():
    vector = VectorEnv(2)
    with pytest.raises(SimfactorError, match="make the environment with autoreset_mode='SameStep'"):
        SB3VecEnv(vector)
    vector.close()


def test_attributes_are_read_but_not_set():
    env = SB3VecEnv(VectorEnv(2, render_mode="rgb_array", **SAME_STEP))
    assert env.get_attr("num_envs") == [2, 2]
    assert env.has_attr("compute_reward")
    assert not env.has_attr("reward_of_steps")
    assert env.env_is_wrapped(gym.Wrapper) == [False, False]
    with pytest.raises(SimfactorError, match="'reward' cannot be set"):
        env.set_attr("reward", "sparse")
    env.reset()
    assert [frame.shape for frame in env.get_images()] == [(256, 256, 3)] * 2
    env.close()


def test_hindsight_replay_learns_on_it():
    env = SB3VecEnv(VectorEnv(2, observation="goal", reward="sparse", max_episode_steps=8, **SAME_STEP))
    with isolated():
        model = SAC("MultiInputPolicy", env, replay_buffer_class=HerReplayBuffer, learning_starts=40, seed=0)
        model.learn(60)
        achieved = np.zeros((4, 3))
        assert env.env_method("compute_reward", achieved, achieved, {}, indices=[0])[0].tolist() == [0.0] * 4
    env.close()


def test_latents_are_learnt_from_with_the_last_ones_of_each_episode():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = FactorEncoder(SPACE, image_size=64, residual=4)
    vector = VectorEnv(2, observation="pixels", max_episode_steps=3, factors=SPACE, **SAME_STEP)
    latents = SB3VecEnv(VectorLatentObservation(vector, encoder, ["task"]))
    env = VecMonitor(latents)
    env.seed(0)
    env.reset()
    for _ in range(3):
        seen, _, dones, infos = env.step(np.ones((2, 3), np.float32))
    assert dones.all()
    for i, info in enumerate(infos):
        assert info["TimeLimit.truncated"]
        assert info["terminal_observation"].shape == seen[i].shape
        assert np.abs(info["terminal_observation"] - seen[i]).max() > 1e-3
        assert info["episode"]["l"] == 3
    with isolated():
        PPO("MlpPolicy", env, n_steps=8, batch_size=16, n_epochs=1, seed=0, device="cpu").learn(16)
    env.close()
