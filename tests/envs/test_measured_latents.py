"""What a robot measures stands in the latents, in the place of what its camera sees."""

import numpy as np
import pytest
import torch
from abreast import abreast

from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import ideal_latents
from simfactor.envs import MeasuredLatents, make_env, make_vector_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

SPACE = load_space("tabletop")
BLOCKS = ["table_texture", "target_x", "ee_x", "ee_z"]


@pytest.fixture(scope="module")
def encoder():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FactorEncoder(SPACE, 64, "supervised")


def test_measured_blocks_hold_where_the_hand_is_at_every_step(encoder):
    env = make_env(SPACE, encoder=encoder, blocks=BLOCKS, measured=["ee_x", "ee_z"])
    seen = make_env(SPACE, encoder=encoder, blocks=BLOCKS)
    names = [name for name in encoder.layout.names if name in BLOCKS]
    measured = np.array([name in ("ee_x", "ee_z") for name in names])
    dims = np.concatenate([encoder.layout.dims(name) for name in names])
    try:
        shown, info = env.reset(seed=3)
        by_eye, _ = seen.reset(seed=3)
        for _ in range(3):
            started = {name: info["factors"][name] for name in SPACE.names}
            now = started | env.get_wrapper_attr("scene").read(["ee_x", "ee_z"])
            ideal = ideal_latents(SPACE, encoder.layout, SPACE.encode(now)[None])[0, dims]
            np.testing.assert_allclose(shown[measured], ideal[measured], atol=1e-6)
            np.testing.assert_array_equal(shown[~measured], by_eye[~measured])
            assert (np.abs(shown - by_eye)[measured] > 1e-3).all()
            assert "task_error" not in info
            shown, *_, info = env.step(np.ones(3, np.float32))
            by_eye = seen.step(np.ones(3, np.float32))[0]
    finally:
        env.close()
        seen.close()


def test_many_worlds_measure_what_single_ones_do(encoder):
    arguments = {"encoder": encoder, "blocks": BLOCKS, "measured": ["ee_x"]}
    worlds = make_vector_env(SPACE, 2, max_episode_steps=3, **arguments)
    single = [make_env(SPACE, max_episode_steps=3, **arguments) for _ in range(2)]
    for i, shown, infos, alone, _ in abreast(worlds, single, (4, 5), np.ones((2, 3), np.float32)):
        np.testing.assert_allclose(shown[i], alone, atol=1e-4)
        assert "task_error" not in infos


def test_what_is_measured_is_no_error_of_the_encoder(encoder):
    arguments = {"encoder": encoder, "blocks": BLOCKS, "true_task": True}
    for measured, off in ((["ee_x"], True), (["target_x", "ee_x", "ee_z"], False)):
        worlds = make_vector_env(SPACE, 1, measured=measured, **arguments)
        single = [make_env(SPACE, measured=measured, **arguments)]
        for i, _, infos, _, info in abreast(worlds, single, (4,), np.ones((1, 3), np.float32)):
            assert (infos["task_error"][i] > 1e-3) == (info["task_error"] > 1e-3) == off


def test_what_cannot_be_measured_is_named(encoder):
    seen = make_env(SPACE, encoder=encoder, blocks=BLOCKS)
    try:
        with pytest.raises(SimfactorError, match=r"'ee_y' has no block .* measure some of .*ee_x, ee_z"):
            MeasuredLatents(seen, ["ee_y"])
        for none in ([], "ee_x", ["ee_x", "ee_x"]):
            with pytest.raises(SimfactorError, match="must be a list of factors, each once"):
                MeasuredLatents(seen, none)
    finally:
        seen.close()
    with pytest.raises(SimfactorError, match="give them with observation='latent' only"):
        make_env(observation="state", measured=["ee_x"])
    with pytest.raises(SimfactorError, match="use 'NextStep'"):
        make_vector_env(SPACE, 2, encoder=encoder, measured=["ee_x"], autoreset_mode="SameStep")
