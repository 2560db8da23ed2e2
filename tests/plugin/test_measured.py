"""A policy whose robot measures some factors is tested as it was trained."""

from pathlib import Path

import desk
import gymnasium as gym
import numpy as np
import pytest

from simfactor.agents import observed_layout, open_policy, train_agent
from simfactor.envs import (
    LatentObservation,
    MeasuredLatents,
    VectorLatentObservation,
    VectorMeasuredLatents,
    make_env,
)
from simfactor.errors import SimfactorError
from simfactor.plugin.stressing.subject import Subject, fitted

BLOCKS, MEASURED = ["target_x", "light_intensity"], ["target_x"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    desk.encoder(desk.pictures(folder / "data"), folder / "encoder")
    return folder / "encoder"


def test_an_agents_folder_says_what_it_measures(encoder: Path, tmp_path: Path) -> None:
    def training() -> MeasuredLatents:
        return make_env(desk.space(), encoder=encoder, blocks=BLOCKS, measured=MEASURED)

    layout = observed_layout(training().get_wrapper_attr("encoder").layout, BLOCKS)
    about = {"measured": MEASURED}
    train_agent(training, tmp_path / "agent", steps=10, layout=layout, about=about, progress=False)
    policy = open_policy(tmp_path / "agent")
    assert policy.measured == ("target_x",)
    asked = Subject("simfactor/PandaReach-v0", encoder=str(encoder), blocks=tuple(BLOCKS))
    subject, env = fitted(asked, policy)
    try:
        assert subject.measured == ("target_x",)
        shown, info = env.reset(seed=3)
        place = 0 if layout.names[0] == "target_x" else 1
        assert shown[place] == pytest.approx(10 * (info["factors"]["target_x"] - 0.5), abs=1e-5)
    finally:
        env.close()


def test_what_cannot_be_measured_is_said(encoder: Path) -> None:
    with pytest.raises(SimfactorError, match="stands in latents, but there is no encoder"):
        Subject(Album, measured=("target_x",))
    with pytest.raises(SimfactorError, match="this one has none; put its own numbers behind the latents"):
        MeasuredLatents(LatentObservation(Album(), encoder), MEASURED)
    albums = VectorLatentObservation(gym.vector.SyncVectorEnv([Album]), encoder)
    with pytest.raises(SimfactorError, match="this one has none"):
        VectorMeasuredLatents(albums, MEASURED)


class Album(gym.Env):
    """Pictures from somewhere else."""

    observation_space = gym.spaces.Box(0, 255, (64, 64, 3), np.uint8)
    action_space = gym.spaces.Box(-1, 1, (2,))
