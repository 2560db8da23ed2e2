"""The transform in a torchrl environment; what it says where torchrl is missing."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, FactorSpace

SPACE = FactorSpace({"x": Continuous(-1, 1, group="pose", role="task"), "glow": Continuous(0, 1)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    FactorEncoder(SPACE, 64, "supervised", residual=2).save_pretrained(tmp_path)
    return tmp_path


def test_the_package_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "simfactor.plugin.torchrl", raising=False)
    monkeypatch.setitem(sys.modules, "torchrl.data", None)
    monkeypatch.setitem(sys.modules, "torchrl", None)
    with pytest.raises(SimfactorError, match=r"needs torchrl, .* run pip install torchrl"):
        importlib.import_module("simfactor.plugin.torchrl")


@pytest.mark.filterwarnings("default")  # torchrl's own
def test_an_environment_shows_the_latents_of_its_pictures(folder: Path) -> None:
    pytest.importorskip("torchrl")
    from torchrl.envs import GymWrapper, TransformedEnv, check_env_specs

    import simfactor.envs  # noqa: F401  # registers
    from simfactor.plugin.torchrl import EncodeLatents

    gym = importlib.import_module("gymnasium")
    inner = GymWrapper(gym.make("simfactor/PandaReach-v0", observation="pixels"))
    env = TransformedEnv(inner, EncodeLatents(folder, ["pose", "residual"]))
    check_env_specs(env)
    rollout = env.rollout(3)
    encoder = FactorEncoder.from_pretrained(folder)
    expected = encoder.encode(rollout["pixels"].numpy())[:, encoder.layout.dims(["pose", "residual"])]
    np.testing.assert_allclose(rollout["latents"].numpy(), expected, atol=1e-5)
    assert rollout["next", "latents"].shape == (3, 3)
    with pytest.raises(SimfactorError, match="images have dtype float32"):
        EncodeLatents(folder)._apply_transform(torch.zeros(64, 64, 3))
    env.close()
