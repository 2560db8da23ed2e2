"""A film has fresh noise in every frame, the same whenever it is shot again, and physics does not see it."""

from functools import partial

import gymnasium as gym
import numpy as np
import pytest

import simfactor.envs  # noqa: F401  # registers the environments
from simfactor.envs import FactorMotion, Resample

STILL = {
    "ee_x": 0.45,
    "ee_y": 0.0,
    "target_x": 0.5,
    "target_y": 0.2,
}  # a planar arm that has no reason to move
IDS = ("simfactor/ArmReach-v0", "simfactor/PandaReach-v0")


@pytest.fixture(scope="module")
def worlds():
    opened = {name: gym.make(name, observation="pixels+state", image_size=32) for name in IDS}
    yield opened
    for env in opened.values():
        env.close()


def film(env, noise, seed=0, steps=4, **factors):
    """Pictures (steps + 1, 32, 32, 3) and states of an episode in which nothing is done."""
    options = {"factors": {"sensor_noise": noise, **factors}}
    seen = [env.reset(seed=seed, options=options)[0]]
    seen += [env.step(np.zeros(env.action_space.shape))[0] for _ in range(steps)]
    return np.stack([one["pixels"] for one in seen]), np.stack([one["state"] for one in seen])


@pytest.mark.parametrize("name", IDS)
def test_every_frame_has_noise_of_its_own(worlds, name):
    clean, _ = film(worlds[name], 0.0, **STILL)
    noisy, _ = film(worlds[name], 0.03, **STILL)
    grain = noisy.astype(int) - clean
    apart = np.corrcoef(grain.reshape(len(grain), -1))[~np.eye(len(grain), dtype=bool)]
    assert np.abs(apart).max() < 0.1
    assert grain.std() == pytest.approx(0.03 * 255, rel=0.1)  # a few pixels clip


@pytest.mark.parametrize("name", IDS)
def test_the_same_episode_is_the_same_film(worlds, name):
    first, _ = film(worlds[name], 0.05, seed=3)
    film(worlds[name], 0.05, seed=4)
    again, _ = film(worlds[name], 0.05, seed=3)
    np.testing.assert_array_equal(first, again)
    other, _ = film(worlds[name], 0.05, seed=4)
    assert (other != first).mean() > 0.5


@pytest.mark.parametrize("name", IDS)
def test_noise_and_distractors_change_no_state(worlds, name):
    _, clean = film(worlds[name], 0.0, seed=1)
    _, shown = film(worlds[name], 0.1, seed=1, distractors=4, distractor_angle=30.0)
    np.testing.assert_array_equal(clean, shown)


def test_by_default_the_pictures_are_clean(worlds):
    env = worlds["simfactor/PandaReach-v0"]
    _, info = env.reset(seed=0)
    assert [info["factors"][name] for name in ("sensor_noise", "distractors")] == [0.0, "0"]


def test_distractors_may_come_and_go():
    env = gym.make("simfactor/ArmReach-v0", observation="state")
    env = FactorMotion(env, {"distractors": Resample(2), "sensor_noise": lambda step: 0.01 * step})
    env.reset(seed=0)
    infos = [env.step(np.zeros(2))[-1]["factors"] for _ in range(12)]
    assert len({info["distractors"] for info in infos}) > 2
    assert [info["sensor_noise"] for info in infos[:3]] == [0.01, 0.02, 0.03]
    env.close()


def test_a_vector_of_worlds_shoots_the_same_films():
    """With workers the pictures are taken in another process than the physics."""
    make = partial(
        gym.make_vec, "simfactor/ArmReach-v0", 2, observation="pixels", image_size=16, max_episode_steps=3
    )
    films = []
    for workers in (0, 2):
        vector = make(workers=workers)
        options = {"factors": {"sensor_noise": 0.05, "distractors": 2}}
        shots = [vector.reset(seed=5, options=options)[0]]
        shots += [vector.step(np.zeros((2, 2), np.float32))[0] for _ in range(2)]
        films.append(np.stack(shots))
        vector.close()
    np.testing.assert_array_equal(*films)
    assert (films[0][0] != films[0][1]).mean() > 0.5
