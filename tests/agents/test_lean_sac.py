from pathlib import Path

import pytest
import torch
from point_reach import PointReach
from stable_baselines3 import SAC
from stable_baselines3.common.logger import Logger

from simfactor.agents import LeanSAC


def updated(cls: type[SAC], entropy: str | float) -> SAC:
    """40 random steps, then 20 updates from one state of torch's generator."""
    model = cls(
        "MlpPolicy",
        PointReach(),
        learning_starts=40,
        batch_size=64,
        learning_rate=1e-3,
        ent_coef=entropy,
        policy_kwargs={"net_arch": [32, 32]},
        seed=0,
        device="cpu",
    )
    model.set_logger(Logger(folder=None, output_formats=[]))
    model.learn(40, log_interval=1000)
    torch.manual_seed(1)
    model.train(20, batch_size=64)
    return model


@pytest.mark.parametrize("entropy", ["auto_0.1", 0.02])
def test_the_weights_are_those_of_stable_baselines(entropy: str | float) -> None:
    ours, theirs = updated(LeanSAC, entropy), updated(SAC, entropy)
    fresh = LeanSAC("MlpPolicy", PointReach(), policy_kwargs={"net_arch": [32, 32]}, seed=0, device="cpu")
    moved = 0.0
    for name, expected in theirs.policy.state_dict().items():
        torch.testing.assert_close(ours.policy.state_dict()[name], expected, rtol=1e-3, atol=1e-5, msg=name)
        moved = max(moved, float((fresh.policy.state_dict()[name] - expected).abs().max()))
    assert moved > 5e-3  # or equal weights would mean nothing
    if entropy == "auto_0.1":
        torch.testing.assert_close(ours.log_ent_coef, theirs.log_ent_coef)


def test_a_saved_model_opens_in_stable_baselines(tmp_path: Path) -> None:
    model = updated(LeanSAC, 0.02)
    model.save(tmp_path / "model.zip")
    observation, _ = PointReach().reset(seed=3)
    ours, _ = model.predict(observation, deterministic=True)
    theirs, _ = SAC.load(tmp_path / "model.zip", device="cpu").predict(observation, deterministic=True)
    assert (ours == theirs).all()
