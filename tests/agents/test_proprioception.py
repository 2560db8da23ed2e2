"""Agents on images that know where they are, and see only where they have to go."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from point_pixels import SIZE, PointPixels

from simfactor.agents import (
    Agent,
    AsymmetricPolicy,
    ImageAugmentation,
    ImageAugmenter,
    PixelPolicy,
    Ppo,
    Sac,
    load_agent,
    open_policy,
    train_agent,
)
from simfactor.agents.models import build_model
from simfactor.agents.record import read_curve
from simfactor.errors import SimfactorError

FELT = functools.partial(PointPixels, felt=True)
AGAIN = functools.partial(PointPixels, felt=True, counterfactual=True)
SHIFT, RERENDER = (
    ImageAugmentation("shift", 2),
    ImageAugmentation("rerender", target="clean", consistency=0.1),
)
SAC = Sac(network=(16,), batch_size=8, warmup=20)
PPO = Ppo(network=(16,), rollout=32, batch_size=16, epochs=1)


def quick(folder: Path, make_env: Any = FELT, algorithm: Any = SAC, **options: Any) -> Agent:
    return train_agent(make_env, folder, algorithm=algorithm, steps=64, progress=False, **options)


def observations(count: int) -> dict[str, np.ndarray]:
    env = FELT()
    seen = [env.reset(seed=seed)[0] for seed in range(count)]
    return {name: np.stack([one[name] for one in seen]) for name in seen[0]}


def test_it_learns_what_pictures_alone_cannot_tell(tmp_path: Path) -> None:
    sac = Sac(batch_size=32, learning_rate=2e-3)
    train_agent(FELT, tmp_path, algorithm=sac, steps=900, image_augmentations=[SHIFT], progress=False)
    won = np.array([float(row.success) for row in read_curve(tmp_path)])
    assert won[-30:].mean() > 0.7
    assert won[:20].mean() < 0.6


@pytest.mark.parametrize(
    ("make_env", "algorithm", "changes"),
    [(FELT, SAC, [SHIFT]), (AGAIN, SAC, [SHIFT, RERENDER]), (FELT, PPO, [SHIFT])],
)
def test_it_acts_on_both_and_is_kept(make_env: Any, algorithm: Any, changes: list, tmp_path: Path) -> None:
    agent = quick(tmp_path, make_env, algorithm, image_augmentations=changes)
    seen = observations(3)
    actions = agent.act(seen)
    assert actions.shape == (3, 2)
    np.testing.assert_array_equal(load_agent(tmp_path).act(seen), actions)
    np.testing.assert_allclose(
        agent.act({name: part[1] for name, part in seen.items()}), actions[1], atol=1e-6
    )
    elsewhere = agent.act({**seen, "proprioception": seen["proprioception"][::-1].copy()})
    assert (np.abs(elsewhere - actions)[[0, 2]] > 1e-4).any()
    opened = open_policy(tmp_path)
    np.testing.assert_array_equal(opened.act({**seen, "state": np.zeros(3)}), actions)
    assert opened.observation_space is not None
    assert set(opened.observation_space.spaces) >= {"pixels", "proprioception"}


def test_every_view_of_an_observation_has_its_numbers() -> None:
    model = build_model(SAC, AGAIN(), 60, 0, ImageAugmenter((RERENDER,)), standardize=False)
    policy = model.policy
    assert isinstance(policy, PixelPolicy)
    mean, deviation = policy.own.standardize.mean, policy.own.standardize.deviation
    np.testing.assert_allclose(mean, 0.5, atol=0.01)
    assert (deviation < 0.02).all()
    images, own = torch.rand(3, 3, SIZE, SIZE), 0.5 + 0.02 * torch.rand(3, 2)
    now = {"pixels": images, "changed": images.flip(0), "proprioception": own}
    then = {"pixels": images, "proprioception": own + 0.01}
    seen = policy.see(now, then)
    told, later = (own - mean) / deviation, (own + 0.01 - mean) / deviation
    torch.testing.assert_close(seen.critic[:, -2:], torch.cat((told, told)))
    torch.testing.assert_close(seen.actor[:, -2:], torch.cat((told, later)))
    torch.testing.assert_close(seen.target[:, -2:], later)
    torch.testing.assert_close(seen.critic[:, :-2], policy.encoder(torch.cat((images, images.flip(0)))))


def test_an_asymmetric_actor_has_them_too() -> None:
    sac = Sac(network=(16,), batch_size=8, warmup=20, critic="state")
    env = PointPixels(felt=True, told=True)
    policy = build_model(sac, env, 60, 0, ImageAugmenter(), standardize=False).policy
    assert isinstance(policy, AsymmetricPolicy)
    images, own, states = torch.rand(3, 3, SIZE, SIZE), torch.rand(3, 2), torch.rand(3, 4)
    shown = {"pixels": images, "proprioception": own, "state": states}
    seen = policy.see(shown, shown)
    assert seen.actor.shape == (6, policy.encoder.size + 2)
    torch.testing.assert_close(seen.critic, states)


def test_what_lacks_them_is_refused(tmp_path: Path) -> None:
    agent, seen = quick(tmp_path), observations(1)
    own = r"images of shape \(24, 24, 3\) and proprioception of shape \(2,\)"
    with pytest.raises(SimfactorError, match=rf"shape \(1, 24, 24, 3\) but the agent acts on {own}"):
        agent.act(seen["pixels"])
    with pytest.raises(SimfactorError, match=rf"'proprioception': \(1, 3\).* but the agent acts on {own}"):
        agent.act({**seen, "proprioception": np.zeros((1, 3), np.float32)})
