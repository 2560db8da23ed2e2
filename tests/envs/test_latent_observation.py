"""LatentObservation and make_env, with a real (untrained) encoder."""

import functools
import pickle

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

from simfactor.encoders import FactorEncoder
from simfactor.envs import LatentObservation, VectorLatentObservation, make_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

REACH = "simfactor/PandaReach-v0"

SPACE = load_space("tabletop")
TASK = SPACE.by_role("task")


@pytest.fixture(scope="module")
def encoder():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FactorEncoder(SPACE, image_size=64, residual=4)


@pytest.fixture(scope="module")
def folder(encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder")
    encoder.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def pixels():
    env = gym.make(REACH, observation="pixels")
    yield env
    env.close()


@pytest.mark.parametrize(
    ("factors", "names"),
    [
        (None, None),
        (["task"], TASK),
        (["ee_x", "residual"], ["ee_x", "residual"]),
        (["lighting"], SPACE.groups["lighting"]),
    ],
)
def test_latents_are_the_chosen_blocks_of_the_image(pixels, encoder, factors, names):
    env = LatentObservation(pixels, encoder, factors)
    dims = np.arange(encoder.layout.size) if names is None else encoder.layout.dims(names)
    for seed in range(2):
        latents, _ = env.reset(seed=seed)
        image, _ = pixels.reset(seed=seed)
        assert latents.dtype == np.float32
        assert env.observation_space.contains(latents)
        np.testing.assert_array_equal(latents, encoder.encode(image[None])[0, dims])
        np.testing.assert_array_equal(env.pixels, image)
    latents = env.step(np.ones(3, np.float32))[0]
    assert latents.shape == (len(dims),)


def test_pixels_of_a_dict_observation_are_encoded(encoder):
    env = gym.make(REACH, observation="pixels+state")
    latents = LatentObservation(env, encoder, ["task"]).reset(seed=0)[0]
    image = env.reset(seed=0)[0]["pixels"]
    np.testing.assert_array_equal(latents, encoder.encode(image[None])[0, encoder.layout.dims(["task"])])
    env.close()


def test_what_a_robot_knows_of_itself_follows_the_latents(pixels, encoder):
    env = gym.make(REACH, observation="pixels+proprioception")
    seen, _ = env.reset(seed=0)
    both = LatentObservation(env, encoder, ["task"], proprioception=["proprioception"])
    latents = LatentObservation(env, encoder, ["task"]).reset(seed=0)[0]
    observed, _ = both.reset(seed=0)
    assert both.observation_space.contains(observed)
    np.testing.assert_array_equal(observed, [*latents, *seen["proprioception"]])
    for shown, part, message in (
        (env, "pixels", "'pixels' is no part .* there is proprioception"),
        (env, "joints", "'joints' is no part .* there is proprioception"),
        (pixels, "state", "make the environment with observation='pixels\\+state'"),
    ):
        with pytest.raises(SimfactorError, match=message):
            LatentObservation(shown, encoder, proprioception=[part])
    env.close()


def test_what_does_not_fit_is_refused_at_construction(pixels, encoder):
    with pytest.raises(SimfactorError, match=r"\(32, 32, 3\).*image_size=64"):
        LatentObservation(gym.make(REACH, observation="pixels", image_size=32), encoder)
    with pytest.raises(SimfactorError, match="observation='pixels'"):
        LatentObservation(gym.make(REACH), encoder)
    with pytest.raises(SimfactorError, match="Did you mean 'lighting'"):
        LatentObservation(pixels, encoder, ["lightning"])
    with pytest.raises(SimfactorError, match="choose no latent"):
        LatentObservation(pixels, encoder, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs an encoder"),
        ({"observation": "state", "encoder": "somewhere"}, "no other observation takes one"),
        ({"observation": "pixels", "blocks": ["task"]}, "choose latents"),
    ],
)
def test_make_env_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(SimfactorError, match=message):
        make_env(SPACE, **arguments)


def test_make_env_with_a_saved_encoder_equals_one_with_the_encoder_itself(encoder, folder):
    make = functools.partial(make_env, encoder=folder, blocks=["task"], reward="sparse")
    envs = [pickle.loads(pickle.dumps(make))(SPACE), make_env(SPACE, encoder=encoder, blocks=["task"])]
    (a, info_a), (b, info_b) = (env.reset(seed=11) for env in envs)
    np.testing.assert_array_equal(a, b)
    assert info_a == info_b
    assert envs[0].step(np.zeros(3, np.float32))[1] == -1.0
    for env in envs:
        env.close()


def actions(count):
    return np.random.default_rng(0).uniform(-1, 1, (3, count, 3)).astype(np.float32)


def vector_rollout(vector):
    """Observations (4, n, ...) of a vector environment, which is then closed."""
    seen = [vector.reset(seed=[3, 4])[0], *(vector.step(a)[0] for a in actions(2))]
    vector.close()
    return np.stack(seen)


def test_vectorised_latents_are_those_of_a_single_environment(encoder):
    make = functools.partial(make_env, SPACE, encoder=encoder, blocks=["task"])
    seen = vector_rollout(SyncVectorEnv([make] * 2))
    single = make()
    alone = [single.reset(seed=4)[0], *(single.step(a[1])[0] for a in actions(2))]
    np.testing.assert_array_equal(seen[:, 1], np.stack(alone))
    single.close()


def test_environments_in_other_processes_see_the_same():
    make = functools.partial(make_env, SPACE, observation="pixels", image_size=32)
    asynchronous = vector_rollout(AsyncVectorEnv([make] * 2, context="spawn"))
    np.testing.assert_array_equal(asynchronous, vector_rollout(SyncVectorEnv([make] * 2)))


@pytest.mark.parametrize("mode", ["vector_entry_point", "sync"])
def test_a_vector_of_images_is_encoded_in_one_pass(encoder, folder, mode):
    worlds = gym.make_vec(REACH, 3, mode, observation="pixels+state")
    many = VectorLatentObservation(worlds, folder, ["task", "residual"])
    assert many.single_observation_space.shape == (len(TASK) + 4,)
    assert many.observation_space.shape == (3, len(TASK) + 4)
    single = make_env(encoder=encoder, blocks=["task", "residual"])
    latents, alone = many.reset(seed=[3, 4, 5])[0], single.reset(seed=4)[0]
    for action in np.eye(3, dtype=np.float32):
        assert many.observation_space.contains(latents)
        np.testing.assert_allclose(latents[1], alone, atol=1e-5)
        assert np.abs(latents[0] - latents[1]).max() > 1e-3
        latents, alone = many.step(np.stack([action] * 3))[0], single.step(action)[0]
    many.close()
    single.close()


@pytest.mark.parametrize("beside", [[], ["state"]])
def test_last_observations_of_episodes_are_encoded_too(encoder, beside):
    episodes = {"max_episode_steps": 2, "autoreset_mode": "SameStep"}
    worlds, same = (gym.make_vec(REACH, 2, observation="pixels+state", **episodes) for _ in range(2))
    many = VectorLatentObservation(worlds, encoder, ["task"], beside)
    many.reset(seed=3)
    same.reset(seed=3)
    for _ in range(4):
        latents, _, _, truncated, infos = many.step(np.ones((2, 3)))
        seen, _, _, _, plain = same.step(np.ones((2, 3)))
        dims = encoder.layout.dims(["task"])
        read = encoder.encode(seen["pixels"])[:, dims]
        np.testing.assert_allclose(latents, np.hstack([read, *(seen[k] for k in beside)]), atol=1e-5)
        assert ("final_obs" in infos) == truncated.any()
        for i in np.flatnonzero(truncated):
            final = plain["final_obs"][i]
            last = encoder.encode(final["pixels"][None])[0, dims]
            last = np.hstack([last, *(final[k] for k in beside)])
            np.testing.assert_allclose(infos["final_obs"][i], last, atol=1e-5)
            assert np.abs(last - latents[i]).max() > 1e-3
    assert truncated.all()
    many.close()
    same.close()


def test_a_vector_that_does_not_fit_is_refused(encoder):
    for arguments, message in (({}, "observation='pixels'"), ({"observation": "pixels"}, "no latent")):
        worlds = gym.make_vec(REACH, 2, **arguments)
        with pytest.raises(SimfactorError, match=message):
            VectorLatentObservation(worlds, encoder, [])
        worlds.close()


def test_an_encoder_of_another_scene_is_refused():
    with torch.random.fork_rng(devices=[]):
        other = FactorEncoder(load_space("mpi3d").varying, 64)
    for make in (gym.make, lambda *a, **k: gym.make_vec(*a, num_envs=2, **k)):
        env = make(REACH, observation="pixels")
        wrap = VectorLatentObservation if isinstance(env, gym.vector.VectorEnv) else LatentObservation
        with pytest.raises(SimfactorError, match=r"the encoder's factors: .* scene 'mpi3d', .* 'tabletop'"):
            wrap(env, other)
        env.close()
