"""The task's latents are true, all others as encoded, and the error is told."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from abreast import abreast

from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import ideal_latents
from simfactor.envs import LatentObservation, TrueTaskLatents, make_env, make_vector_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

REACH = "simfactor/PandaReach-v0"

SPACE = load_space("tabletop")
TASK = SPACE.by_role("task")


def untrained(objective="supervised"):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FactorEncoder(SPACE, 64, objective)


@pytest.fixture(scope="module")
def pixels():
    env = gym.make(REACH, observation="pixels")
    yield env
    env.close()


def test_task_blocks_hold_what_is_true_and_the_rest_what_was_encoded(pixels):
    encoder = untrained()
    blocks = ["table_texture", "target_x", "ee_z", "residual"]
    encoded = LatentObservation(pixels, encoder, blocks)
    env = TrueTaskLatents(encoded)
    layout = [name for name in encoder.layout.names if name in blocks]
    width = {name: len(encoder.layout.dims(name)) for name in layout}
    task = np.concatenate([np.full(width[name], name in TASK) for name in layout])
    for _ in range(2):
        shown, info = env.reset(seed=3)
        seen, _ = encoded.reset(seed=3)
        for _ in range(2):
            np.testing.assert_array_equal(shown[~task], seen[~task])
            started = {name: info["factors"][name] for name in SPACE.names}
            now = SPACE.encode(started | pixels.get_wrapper_attr("scene").read(TASK))
            ideal = ideal_latents(encoder.space, encoder.layout, now[None])
            dims = np.concatenate([encoder.layout.dims(name) for name in layout if name in TASK])
            np.testing.assert_allclose(shown[task], ideal[0, dims], atol=1e-6)
            assert info["task_error"] == pytest.approx(np.abs(seen[task] - shown[task]).mean(), rel=1e-5)
            shown, *_, info = env.step(np.ones(3, np.float32))
            encoded.reset(seed=3)
            seen = encoded.step(np.ones(3, np.float32))[0]


def test_truth_needs_latents_that_have_it(pixels):
    with pytest.raises(SimfactorError, match="trained as 'group_vae' have no true values"):
        TrueTaskLatents(LatentObservation(pixels, untrained("group_vae")))
    with pytest.raises(SimfactorError, match="hold no task block; observe some of target_x"):
        TrueTaskLatents(LatentObservation(pixels, untrained(), ["lighting"]))
    with pytest.raises(SimfactorError, match="true_task corrects latents"):
        make_env(observation="state", true_task=True)


@pytest.mark.parametrize("workers", [0, 1])
def test_many_worlds_show_what_single_ones_do(workers):
    encoder = untrained()
    blocks = ["table_texture", "target_x", "ee_z"]
    arguments = {"space": SPACE, "encoder": encoder, "blocks": blocks, "true_task": True}
    worlds = make_vector_env(num_envs=2, workers=workers, max_episode_steps=2, **arguments)
    single = [make_env(max_episode_steps=2, **arguments) for _ in range(2)]
    actions = np.array([[1, 0, 0.5], [-1, 0.3, 0]], np.float32)
    for i, shown, infos, alone, info in abreast(worlds, single, (4, 5), actions):
        np.testing.assert_allclose(shown[i], alone, atol=1e-4)
        assert infos["task_error"][i] == pytest.approx(info["task_error"], abs=1e-4)


def test_many_worlds_need_a_step_in_which_the_end_is_seen():
    with pytest.raises(SimfactorError, match="use 'NextStep'"):
        make_vector_env(SPACE, 2, encoder=untrained(), true_task=True, autoreset_mode="SameStep")
    with pytest.raises(SimfactorError, match="true_task corrects latents"):
        make_vector_env(SPACE, 2, observation="state", true_task=True)
