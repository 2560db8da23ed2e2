"""A frozen encoder inside the policies of Stable-Baselines3: its latents, before and after they learned."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO, SAC
from torch import nn

from simfactor.agents import FrozenLatents
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

SPACE = FactorSpace(
    {
        "x": Continuous(-1, 1, group="pose", role="task"),
        "hue": Angle(0, 360, group="color"),
        "shape": Categorical(("disc", "square"), group="shape"),
    }
)


class Flicker(gym.Env):
    """Shows noise, and rewards nothing in particular."""

    observation_space = gym.spaces.Box(0, 255, (64, 64, 3), np.uint8)
    action_space = gym.spaces.Box(-1, 1, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._shown(), {}

    def step(self, action):
        return self._shown(), float(action[0]), False, bool(self.np_random.random() < 0.2), {}

    def _shown(self):
        return self.np_random.integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        FactorEncoder(SPACE, 64, "supervised", residual=2).save_pretrained(folder)
    return folder


ROOM = {
    "PPO": {"n_steps": 16, "batch_size": 8, "n_epochs": 2},
    "SAC": {"buffer_size": 40, "learning_starts": 8, "batch_size": 4},
}


@pytest.mark.parametrize("algorithm", [PPO, SAC])
@pytest.mark.parametrize("policy", ["CnnPolicy", "MlpPolicy"])
def test_what_the_agent_learns_does_not_change_it(
    algorithm: type, policy: str, folder: Path, tmp_path: Path
) -> None:
    kwargs = {
        "features_extractor_class": FrozenLatents,
        "features_extractor_kwargs": {"encoder": str(folder), "factors": ["pose", "color"]},
        "net_arch": [8],
    }
    model = algorithm(
        policy, Flicker(), policy_kwargs=kwargs, device="cpu", seed=0, **ROOM[algorithm.__name__]
    )
    images = Flicker().reset(seed=5)[0][None]
    encoder = FactorEncoder.from_pretrained(folder)
    expected = encoder.encode(images)[:, encoder.layout.dims(["pose", "color"])]

    def latents(of: object) -> np.ndarray:
        extractors = [m for m in of.policy.modules() if isinstance(m, FrozenLatents)]
        assert extractors
        seen, _ = of.policy.obs_to_tensor(np.moveaxis(images, -1, 1))
        found = [e(seen.float() / 255).detach().numpy() for e in extractors]
        return np.stack(found)

    def check(of: object) -> None:
        found = latents(of)  # that of a target is averaged with the one it follows, which rounds
        np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1e-5)

    check(model)
    model.learn(32)
    check(model)
    model.save(tmp_path / "model.zip")
    check(algorithm.load(tmp_path / "model.zip", device="cpu"))


def test_it_stays_in_evaluation_mode_and_is_not_initialised_anew(folder: Path) -> None:
    extractor = FrozenLatents(Flicker.observation_space, folder)
    assert extractor.features_dim == 1 + 2 + 1 + 2
    extractor.train(True)
    assert not any(layer.training for layer in extractor.features.modules())
    assert not any(weight.requires_grad for weight in extractor.parameters())
    before = [weight.clone() for weight in extractor.parameters()]
    extractor.apply(lambda layer: nn.init.zeros_(layer.weight) if hasattr(layer, "weight") else None)
    assert all((a == b).all() for a, b in zip(before, extractor.parameters(), strict=True))


@pytest.mark.parametrize(
    ("space", "factors", "said"),
    [
        (gym.spaces.Box(0, 255, (48, 48, 3), np.uint8), None, "images of 48 pixels, but the encoder"),
        (gym.spaces.Box(-1, 1, (7,), np.float32), None, "encodes pictures, but the environment gives Box"),
        (Flicker.observation_space, ["nobody"], "unknown latent block, group or role 'nobody'"),
    ],
)
def test_errors(folder: Path, space: gym.Space, factors: list[str] | None, said: str) -> None:
    with pytest.raises(SimfactorError, match=said):
        FrozenLatents(space, folder, factors)
