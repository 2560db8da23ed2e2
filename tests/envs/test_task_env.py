"""PandaReach alone: Gymnasium's contract, determinism and the task."""

import pickle
import subprocess
import sys
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from simfactor.envs.observation import OBSERVATIONS
from simfactor.envs.task import STRIDE
from simfactor.envs.task_env import TaskEnv
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.scene import WORKSPACE_HIGH, WORKSPACE_LOW

REACH = "simfactor/PandaReach-v0"

TASK = ("ee_x", "ee_y", "ee_z", "target_x", "target_y", "target_z")
LIGHT_AND_VIEW = {"light_azimuth": -60.0, "camera_azimuth": 20.0}


@pytest.fixture(scope="module")
def env():
    env = TaskEnv()
    yield env
    env.close()


def rollout(env, seed, steps=6, options=None):
    """Observations, rewards and infos of an episode of random but seeded actions."""
    generator = np.random.default_rng(3)
    observation, info = env.reset(seed=seed, options=options)
    seen = [(observation, 0.0, info)]
    for _ in range(steps):
        observation, reward, _, _, info = env.step(generator.uniform(-1, 1, 3).astype(np.float32))
        seen.append((observation, reward, info))
    return seen


def assert_equal_rollouts(first, second):
    for (a, reward_a, info_a), (b, reward_b, info_b) in zip(first, second, strict=True):
        for x, y in zip(*(o.values() if isinstance(o, dict) else [o] for o in (a, b)), strict=True):
            np.testing.assert_array_equal(x, y)
        assert reward_a == reward_b
        assert info_a == info_b


def toward_target(state):
    """Full stride towards the target, shorter when close."""
    return np.clip((state[3:] - state[:3]) / STRIDE, -1, 1)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_gymnasium_contract(observation):
    env = gym.make(REACH, observation=observation, image_size=32).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)
    env.close()
    env.close()


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_equal_seeds_give_equal_rollouts_in_fresh_and_used_environments(observation):
    fresh, used = (TaskEnv(observation=observation, image_size=32) for _ in range(2))
    rollout(used, seed=8, options={"factors": LIGHT_AND_VIEW | {"table_texture": "brick"}})
    assert_equal_rollouts(rollout(fresh, seed=5), rollout(used, seed=5))
    fresh.close()
    used.close()


def test_echoed_factors_repeat_the_episode(env):
    first = rollout(env, seed=9)
    again = rollout(env, seed=None, options={"factors": first[0][2]["factors"]})
    assert_equal_rollouts(first, again)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"observation": "rgb"}, "unknown observation 'rgb'"),
        ({"reward": "shaped"}, "unknown reward 'shaped'"),
        ({"renderer": "tinny"}, "Did you mean 'tiny'"),
        ({"render_mode": "human"}, "unknown render_mode 'human'"),
        ({"success_distance": 0.0}, "success_distance=0.0"),
        ({"image_size": 0}, "image_size=0"),
        ({"space": load_space("tabletop").select(["light_azimuth"])}, "unknown factor 'ee_x'"),
        ({"space": load_space("mpi3d")}, "scene 'mpi3d'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(SimfactorError, match=message):
        TaskEnv(**arguments)


@pytest.mark.parametrize("action", [np.zeros(2), [0.0, np.nan, 0.0]])
def test_bad_actions_are_refused(env, action):
    env.reset(seed=0)
    with pytest.raises(SimfactorError, match="3 finite numbers"):
        env.step(action)


def test_moving_towards_the_target_reaches_it():
    env = gym.make(REACH)
    lengths = []
    for seed in range(60):
        state, info = env.reset(seed=seed)
        done, length = False, 0
        while not done:
            state, reward, terminated, truncated, info = env.step(toward_target(state))
            assert reward == -info["distance"]
            assert terminated == info["is_success"]
            done, length = terminated or truncated, length + 1
        assert info["is_success"], seed
        lengths.append(length)
    assert max(lengths) < 20
    env.close()


def test_an_action_moves_the_arm_along_its_axis_and_not_out_of_the_workspace(env):
    middle = dict(zip(TASK, (0.45, 0.0, 0.2, 0.6, 0.25, 0.4), strict=True))
    for axis in range(3):
        for sign in (-1.0, 1.0):
            before = env.reset(options={"factors": middle})[0][:3]
            moved = env.step(sign * np.eye(3)[axis])[0][:3] - before
            assert moved[axis] * sign == pytest.approx(STRIDE, rel=0.3)
            assert np.abs(np.delete(moved, axis)).max() < 0.1 * STRIDE
    for sign in (-1.0, 1.0):
        env.reset(options={"factors": middle})
        for _ in range(15):
            state = env.step(np.full(3, sign))[0]
        edge = WORKSPACE_HIGH if sign > 0 else WORKSPACE_LOW
        np.testing.assert_allclose(state[:3], edge, atol=0.005)


def test_zero_action_holds_the_arm(env):
    before, _ = env.reset(seed=1)
    for _ in range(50):
        state = env.step(np.zeros(3))[0]
    np.testing.assert_allclose(state, before, atol=0.002)


def test_sparse_reward_and_termination_option():
    env = TaskEnv(reward="sparse", terminate_on_success=False, success_distance=0.1)
    state, _ = env.reset(seed=0)
    rewards = []
    for _ in range(25):
        state, reward, terminated, _, info = env.step(toward_target(state))
        assert not terminated
        assert reward == (0.0 if info["is_success"] else -1.0)
        assert info["is_success"] == (info["distance"] < 0.1)
        rewards.append(reward)
    assert rewards[0] == -1.0
    assert rewards[-1] == 0.0
    env.close()


def test_time_limit():
    env = gym.make(REACH, success_distance=1e-6)
    env.reset(seed=0)
    ends = [env.step(np.zeros(3, np.float32))[2:4] for _ in range(50)]
    assert not any(any(end) for end in ends[:-1])
    assert ends[-1] == (False, True)
    env.close()


def test_state_observations_never_open_a_renderer(env):
    rollout(env, seed=0)
    assert env._photographer._renderer is None


def test_render_shows_the_scene_and_pixels_follow_the_arm():
    env = TaskEnv(observation="pixels", image_size=48, render_mode="rgb_array")
    start, _ = env.reset(seed=0)
    kept = start.copy()
    frame = env.render()
    assert frame.shape == (256, 256, 3)
    assert frame.std() > 20
    moved = env.step(np.array([0.0, 1.0, 0.0]))[0]
    assert (start != moved).any()
    np.testing.assert_array_equal(start, kept)
    env.close()


def test_pickle_and_spec_make_the_same_environment():
    space = load_space("tabletop").restrict({"target_x": [0.5, 0.6]})
    env = gym.make(REACH, reward="sparse", space=space)
    bare = pickle.loads(pickle.dumps(env.unwrapped))
    remade = gym.make(pickle.loads(pickle.dumps(env.spec)))
    first = rollout(env, seed=3)
    assert 0.5 <= first[0][2]["factors"]["target_x"] <= 0.6
    assert_equal_rollouts(first, rollout(bare, seed=3))
    assert_equal_rollouts(first, rollout(remade, seed=3))
    for each in (env, bare, remade):
        each.close()


def test_importing_the_package_loads_neither_pybullet_nor_torch():
    code = (
        "import sys, simfactor.envs, gymnasium; gymnasium.spec('simfactor/PandaReach-v0'); "
        "print({'torch', 'pybullet', 'stable_baselines3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
