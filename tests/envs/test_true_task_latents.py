"""The task's latents are true, all others as encoded, and the error is told."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import ideal_latents
from simfactor.envs import LatentObservation, TrueTaskLatents, make_env
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
