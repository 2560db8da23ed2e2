"""PPO that augments: without augmentation it is Stable-Baselines3's, with it policy and value agree."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from point_reach import PointReach, layout_with
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from torch.distributions import kl_divergence

from simfactor.agents import Augmentation, Ppo, load_agent, train_agent
from simfactor.agents.augmentation import resolve_augmentations
from simfactor.agents.drac import DracPPO
from simfactor.errors import SimfactorError

AMONG = functools.partial(PointReach, 2)
LAYOUT = layout_with(2)
SWAP = [Augmentation(("lighting",), "swap")]
QUICK = Ppo(network=(16,), rollout=64, batch_size=32, epochs=2)


def learned(cls: type[PPO], steps: int = 256, **options) -> PPO:
    model = cls(
        "MlpPolicy",
        AMONG(),
        n_steps=64,
        batch_size=32,
        n_epochs=3,
        learning_rate=1e-3,
        ent_coef=0.01,
        seed=0,
        device="cpu",
        **options,
    )
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model.learn(steps)


def test_the_weights_are_those_of_stable_baselines() -> None:
    ours, theirs = learned(DracPPO), learned(PPO)
    fresh = PPO("MlpPolicy", AMONG(), seed=0, device="cpu").policy.state_dict()
    moved = 0.0
    for name, expected in theirs.policy.state_dict().items():
        torch.testing.assert_close(ours.policy.state_dict()[name], expected, rtol=1e-3, atol=1e-5, msg=name)
        moved = max(moved, float((fresh[name] - expected).abs().max()))
    assert moved > 1e-3  # or equal weights would mean nothing


def test_policy_and_value_agree_on_what_must_not_matter() -> None:
    """On observations whose nuisances are redrawn, both change less for a training that augments."""
    augmenter = resolve_augmentations(SWAP, LAYOUT)
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(200, 8)).astype(np.float32)
    other = seen.copy()
    other[:, 6:] = rng.normal(size=(200, 2))

    def apart(model: PPO) -> tuple[float, float]:
        a, b = torch.from_numpy(seen), torch.from_numpy(other)
        with torch.no_grad():
            here, there = (model.policy.get_distribution(x).distribution for x in (a, b))
            values = model.policy.predict_values(a) - model.policy.predict_values(b)
        return float(kl_divergence(here, there).sum(1).mean()), float(values.square().mean())

    plain = apart(learned(DracPPO, 512))
    agreeing = apart(learned(DracPPO, 512, augmenter=augmenter, agreement=10.0))
    assert agreeing[0] < 0.5 * plain[0]
    assert agreeing[1] < 0.5 * plain[1]


def test_a_seed_gives_equal_agents_that_augment_and_resume(tmp_path: Path) -> None:
    options = {
        "algorithm": QUICK,
        "steps": 256,
        "layout": LAYOUT,
        "augmentations": [Augmentation(("lighting",), "resample", rise=0.5)],
        "latent_bank": np.random.default_rng(0).normal(size=(50, 8)),
        "progress": False,
        "checkpoint_every": 64,
    }
    first, again = (train_agent(AMONG, tmp_path / name, **options) for name in "ab")
    look = np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32)
    np.testing.assert_array_equal(first.act(look), again.act(look))
    np.testing.assert_array_equal(load_agent(tmp_path / "a").act(look), first.act(look))
    plain = train_agent(AMONG, tmp_path / "plain", **{**options, "augmentations": []})
    assert (plain.act(look) != first.act(look)).any()
    with pytest.raises(KeyboardInterrupt):
        train_agent(functools.partial(PointReach, 2, 150), tmp_path / "c", **options)
    resumed = train_agent(AMONG, tmp_path / "c", **options)
    assert resumed.act(look).shape == (4, 3)
    assert len(resumed.environment_seeds) == 2


def test_a_weight_must_be_positive() -> None:
    with pytest.raises(SimfactorError, match=r"ppo: agreement=0 must be above 0"):
        Ppo(agreement=0)
