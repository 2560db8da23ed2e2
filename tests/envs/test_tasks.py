"""What is true of every task."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from simfactor.envs import TASK_IDS, make_env
from simfactor.envs.task import STRIDE
from simfactor.envs.task_env import TASKS, TaskEnv
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

EVERY = pytest.mark.parametrize("task", list(TASKS))


def test_every_task_is_registered():
    assert list(TASK_IDS) == list(TASKS)


@EVERY
@pytest.mark.parametrize("observation", ["state", "goal"])
def test_gymnasium_contract(task, observation):
    env = gym.make(TASK_IDS[task], observation=observation).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)
    env.close()


@EVERY
def test_episodes_start_unsolved_where_the_factors_say(task):
    env = TaskEnv(task)
    for seed in range(20):
        state, info = env.reset(seed=seed)
        assert not info["is_success"]
        np.testing.assert_allclose(state[-3:], env.task.goal(info["factors"]), atol=1e-6)
        np.testing.assert_allclose(env.seen().achieved, env.task.start(info["factors"]), atol=1e-3)
    env.close()


@EVERY
@pytest.mark.parametrize("reward", ["dense", "sparse"])
def test_rewards_can_be_computed_from_goals(task, reward):
    env = TaskEnv(task, "goal", reward)
    env.reset(seed=0)
    seen, rewards, tolls = [], [], []
    for action in np.random.default_rng(0).uniform(-1, 1, (5, *env.action_space.shape)):
        observation, given, _, _, info = env.step(action)
        seen.append(observation)
        rewards.append(given)
        tolls.append(info)
        cost = info["distance"] + info["toll"]
        assert given == pytest.approx(-cost if reward == "dense" else info["is_success"] - 1.0)
    goals = (np.stack([one[name] for one in seen]) for name in ("achieved_goal", "desired_goal"))
    np.testing.assert_allclose(env.compute_reward(*goals, tolls), rewards, atol=1e-6)
    reached = seen[0]["achieved_goal"]
    assert env.compute_reward(reached, reached, {"toll": 0.0}) == 0.0
    env.close()


@EVERY
def test_bad_actions_are_refused(task):
    env = TaskEnv(task)
    env.reset(seed=0)
    with pytest.raises(SimfactorError, match=f"must be {env.task.actions} finite numbers"):
        env.step(np.zeros(env.task.actions + 1))
    env.close()


def test_the_planar_arm_stays_in_its_plane_and_obeys_exactly():
    env = TaskEnv("planar_reach")
    state, _ = env.reset(seed=1)
    for _ in range(8):
        wanted = state[:2] + STRIDE * np.array([1.0, -0.5])
        state = env.step([1.0, -0.5])[0]
        np.testing.assert_allclose(state[:2], np.clip(wanted, (0.3, -0.25), (0.6, 0.25)), atol=1e-5)
        np.testing.assert_allclose(state[[2, 5]], 0.15, atol=1e-5)
    assert state[0] == pytest.approx(0.6)
    env.close()


def test_make_env_knows_the_tasks():
    env = make_env(load_space("arm"), "planar_reach", "pixels", image_size=32)
    assert env.reset(seed=0)[0].shape == (32, 32, 3)
    assert env.action_space.shape == (2,)
    env.close()
    with pytest.raises(SimfactorError, match="unknown task 'walk'; allowed: reach, planar_reach"):
        make_env(task="walk", observation="state")


@EVERY
def test_proprioception_is_the_robots_own_part_of_the_state(task):
    env = TaskEnv(task, "pixels+proprioception", image_size=32)
    seen, _ = env.reset(seed=4)
    assert seen["pixels"].shape == (32, 32, 3)
    own = env.task.own
    np.testing.assert_array_equal(seen["proprioception"], env.seen().state[:own])
    np.testing.assert_allclose(seen["proprioception"][:3], env.scene.robot.end_effector_position(), atol=1e-6)
    env.close()


def test_the_wrist_camera_moves_with_the_hand_and_ignores_the_scenes():
    env = TaskEnv("pick_and_place", "pixels", camera="wrist", image_size=48)
    here = {"ee_x": 0.45, "ee_y": 0.0, "ee_z": 0.2, "object_x": 0.45, "object_y": 0.0}
    first, _ = env.reset(seed=0, options={"factors": here})
    other_view, _ = env.reset(
        seed=0, options={"factors": {**here, "camera_azimuth": 80.0, "camera_fov": 30.0}}
    )
    np.testing.assert_array_equal(first, other_view)
    moved, _ = env.reset(seed=0, options={"factors": {**here, "ee_x": 0.5}})
    assert (first != moved).mean() > 0.3
    env.close()
    with pytest.raises(SimfactorError, match="unknown camera 'head'; allowed: scene, wrist"):
        TaskEnv(camera="head")
