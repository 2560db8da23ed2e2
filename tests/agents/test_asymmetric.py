"""Agents whose actor sees images and whose critic sees the truth."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from point_pixels import SIZE, PointPixels

from simfactor.agents import AsymmetricPolicy, ImageAugmentation, ImageAugmenter, Sac, load_agent, train_agent
from simfactor.agents.models import build_model
from simfactor.agents.record import read_curve
from simfactor.errors import SimfactorError

TOLD = functools.partial(PointPixels, told=True)
QUICK = Sac(network=(16,), batch_size=8, warmup=20, critic="state")
SHIFT = ImageAugmentation("shift", 2)


def policy_of(model) -> AsymmetricPolicy:
    assert isinstance(model.policy, AsymmetricPolicy)
    return model.policy


def test_it_learns_to_act_on_pictures_alone(tmp_path: Path) -> None:
    sac = Sac(batch_size=32, learning_rate=2e-3, critic="state")
    agent = train_agent(TOLD, tmp_path, algorithm=sac, steps=900, image_augmentations=[SHIFT], progress=False)
    won = np.array([float(row.success) for row in read_curve(tmp_path)])
    assert won[-30:].mean() > 0.7
    env = PointPixels()
    pictures = np.stack([env.reset(seed=seed)[0] for seed in range(4)])
    np.testing.assert_allclose(load_agent(tmp_path).act(pictures), agent.act(pictures))
    assert agent.act(pictures[0]).shape == (2,)


def test_the_actor_trains_the_encoder_and_the_critic_sees_states() -> None:
    policy = policy_of(build_model(QUICK, TOLD(), 60, 0, ImageAugmenter(), standardize=False))

    def trained(optimizer: torch.optim.Optimizer) -> set[int]:
        return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}

    encoder = {id(parameter) for parameter in policy.encoder.parameters()}
    assert encoder <= trained(policy.actor.optimizer)
    assert not encoder & trained(policy.critic.optimizer)
    images, states = torch.rand(3, 3, SIZE, SIZE), torch.rand(3, 4)
    seen = policy.see({"pixels": images, "state": states}, {"pixels": images, "state": -states})
    torch.testing.assert_close(seen.critic, states)
    torch.testing.assert_close(seen.target, -states)
    assert seen.actor.requires_grad
    torch.testing.assert_close(seen.actor[:3], seen.actor[3:])


def test_training_moves_the_encoder() -> None:
    model = build_model(QUICK, TOLD(), 60, 0, ImageAugmenter(), standardize=False)
    before = [parameter.clone() for parameter in policy_of(model).encoder.parameters()]
    model.learn(40, log_interval=1000)
    assert all(
        (now != then).any() for now, then in zip(policy_of(model).encoder.parameters(), before, strict=True)
    )


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"unknown critic 'truth'"):
        Sac(critic="truth")  # type: ignore[arg-type]
    with pytest.raises(SimfactorError, match=r"critic='state' needs .*observation='pixels\+state'"):
        train_agent(PointPixels, tmp_path / "a", algorithm=QUICK, progress=False)
    clean = ImageAugmentation("convolution", target="clean")
    with pytest.raises(SimfactorError, match="convolution shows the critic changed images"):
        train_agent(TOLD, tmp_path / "b", algorithm=QUICK, image_augmentations=[clean], progress=False)
