"""Agents on images: they learn, their encoder is the critic's, and what does not fit is refused."""

import functools
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from point_pixels import SIZE, PointPixels
from point_reach import PointReach, layout_with
from stable_baselines3.common.save_util import load_from_pkl

from simfactor.agents import (
    Agent,
    ImageAugmentation,
    ImageAugmenter,
    LeanSAC,
    PixelPolicy,
    Sac,
    load_agent,
    train_agent,
)
from simfactor.agents.lean_sac import disagreement
from simfactor.agents.models import build_model
from simfactor.agents.record import read_curve
from simfactor.errors import SimfactorError

QUICK = Sac(network=(16,), batch_size=8, warmup=20)
SHIFT = ImageAugmentation("shift", 2)
CONVOLUTION = ImageAugmentation("convolution", target="clean")
RERENDER = ImageAugmentation("rerender", target="clean")
BOTH = functools.partial(PointPixels, counterfactual=True)
PICTURE = np.zeros((SIZE, SIZE, 3), np.uint8)


def train(folder: Path, make_env: Any = PointPixels, steps: int = 60, **options: Any) -> Agent:
    return train_agent(make_env, folder, algorithm=QUICK, steps=steps, progress=False, **options)


def equal(a: Agent, b: Agent) -> bool:
    ours, theirs = a.policy.state_dict(), b.policy.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_it_learns_from_pictures(tmp_path: Path) -> None:
    sac = Sac(batch_size=32, learning_rate=2e-3)
    train_agent(PointPixels, tmp_path, algorithm=sac, steps=900, progress=False)
    won = np.array([float(row.success) for row in read_curve(tmp_path)])
    assert won[-30:].mean() > 0.7
    assert won[:30].mean() < 0.5


@pytest.mark.parametrize(
    ("make_env", "augmentations"),
    [(PointPixels, ()), (PointPixels, (SHIFT, CONVOLUTION)), (BOTH, (SHIFT, RERENDER))],
)
def test_a_seed_gives_bit_equal_agents_that_act_on_pictures(
    make_env: Any, augmentations: tuple, tmp_path: Path
) -> None:
    first, again, other = (
        train(tmp_path / name, make_env, seed=seed, image_augmentations=augmentations)
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert equal(first, again)
    assert not equal(first, other)
    assert first.act(PICTURE).shape == (2,)
    assert first.act(np.stack([PICTURE, PICTURE])).shape == (2, 2)
    loaded = load_agent(tmp_path / "a")
    np.testing.assert_array_equal(loaded.act(PICTURE), first.act(PICTURE))
    loaded.check_layout(None)
    with pytest.raises(SimfactorError, match=r"shape \(6,\) but the agent acts on images of shape \(24, 24"):
        first.act(np.zeros(6, np.float32))


def test_the_critic_trains_the_encoder_and_the_actor_does_not() -> None:
    model = build_model(QUICK, PointPixels(), 60, 0, ImageAugmenter(), standardize=False)
    policy = model.policy
    assert isinstance(policy, PixelPolicy)

    def trained(optimizer: torch.optim.Optimizer) -> set[int]:
        return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}

    encoder = {id(parameter) for parameter in policy.encoder.parameters()}
    assert encoder <= trained(policy.critic.optimizer)
    assert not encoder & trained(policy.actor.optimizer)
    images = torch.rand(4, 3, SIZE, SIZE)
    seen = policy.see({"pixels": images}, {"pixels": images})
    assert not seen.actor.requires_grad
    assert not seen.target.requires_grad
    assert seen.critic.requires_grad
    torch.testing.assert_close(seen.actor[:4], seen.critic)
    averages, sources = policy.averaged()
    assert [a.shape for a in averages] == [s.shape for s in sources]
    assert len(averages) == len(list(policy.critic.parameters())) + len(encoder)


def test_the_target_follows_what_it_averages() -> None:
    model = build_model(QUICK, PointPixels(), 60, 0, ImageAugmenter(), standardize=False)
    policy = model.policy
    assert isinstance(policy, PixelPolicy)
    model.learn(30, log_interval=1000)
    encoder, average = policy.encoder.state_dict(), policy.encoder_target.state_dict()
    start = build_model(QUICK, PointPixels(), 60, 0, ImageAugmenter(), standardize=False).policy.state_dict()
    name = "layers.0.weight"
    way = (average[name] - start[f"encoder.{name}"]).norm() / (
        encoder[name] - start[f"encoder.{name}"]
    ).norm()
    assert 0.02 < way < 0.5


def test_augmented_pictures_have_the_clean_ones_value() -> None:
    """With target: clean, changed pictures pull the critic only: the target is that of the clean ones."""
    model = build_model(QUICK, PointPixels(), 60, 0, ImageAugmenter((CONVOLUTION,)), standardize=False)
    policy = model.policy
    assert isinstance(policy, PixelPolicy)
    clean, strange = torch.rand(2, 4, 3, SIZE, SIZE)
    seen = policy.see({"pixels": clean, "changed": strange}, {"pixels": clean})
    alone = policy.see({"pixels": clean}, {"pixels": clean})
    torch.testing.assert_close(seen.actor, alone.actor)
    torch.testing.assert_close(seen.target, alone.target)
    torch.testing.assert_close(seen.critic[:4], alone.critic)
    torch.testing.assert_close(seen.critic[4:], policy.encoder(strange))


def test_consistency_makes_the_actor_do_the_same_on_changed_pictures() -> None:
    def after_updates(consistency: float) -> float:
        strong = ImageAugmentation("convolution", target="clean", consistency=consistency)
        model = build_model(QUICK, PointPixels(), 60, 0, ImageAugmenter((strong,)), standardize=False)
        assert isinstance(model, LeanSAC)
        model.learn(30, log_interval=1000)
        assert model.replay_buffer is not None
        batch = model.replay_buffer.sample(32)
        for _ in range(60):
            model._update(batch)
        with torch.no_grad():
            return float(disagreement(model.actor, model._see(batch).critic, 32))

    assert after_updates(100.0) < 0.3 * after_updates(0.0)


def test_agreement_pulls_the_changed_view_only() -> None:
    model = build_model(QUICK, PointPixels(), 60, 0, ImageAugmenter(), standardize=False)
    assert isinstance(model, LeanSAC)
    views = torch.randn(6, 64, requires_grad=True)
    disagreement(model.actor, views, 3).backward()
    assert views.grad is not None
    assert (views.grad[:3] == 0).all()
    assert (views.grad[3:] != 0).any()


@pytest.mark.parametrize(("counterfactual", "augmentations"), [(False, [SHIFT]), (True, [RERENDER])])
def test_an_interrupted_training_goes_on(
    counterfactual: bool, augmentations: list[ImageAugmentation], tmp_path: Path
) -> None:
    class Interrupted(PointPixels):
        def step(self, action: np.ndarray) -> Any:
            self.total = getattr(self, "total", 0) + 1
            if self.total == 50:
                raise KeyboardInterrupt
            return super().step(action)

    options = {"steps": 80, "image_augmentations": augmentations}
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, functools.partial(Interrupted, counterfactual), **options)
    stored = load_from_pkl(tmp_path / "checkpoint-000000049" / "replay.pkl")
    assert stored.size() == 49
    agent = train(tmp_path, functools.partial(PointPixels, counterfactual), **options)
    assert len(agent.environment_seeds) == 2


def test_what_does_not_fit_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"shift changes images, but observations have shape \(6,\)"):
        train(tmp_path / "a", PointReach, image_augmentations=[SHIFT])
    with pytest.raises(SimfactorError, match="wrap the environment in CounterfactualObservation"):
        train(tmp_path / "b", image_augmentations=[RERENDER])
    with pytest.raises(SimfactorError, match=r"consistency=0.1 of 'shift' \(target: changed\)"):
        ImageAugmentation("shift", consistency=0.1)
    with pytest.raises(SimfactorError, match="belong together"):
        train(tmp_path / "c", BOTH)
    with pytest.raises(SimfactorError, match="images have no latent layout"):
        train(tmp_path / "d", layout=layout_with(1))
    small = gym.spaces.Box(0, 255, (8, 8, 3), np.uint8)
    make_small = functools.partial(
        gym.wrappers.TransformObservation, PointPixels(), lambda _: PICTURE[:8, :8], small
    )
    with pytest.raises(SimfactorError, match="agents need 16 pixels or more"):
        train(tmp_path / "f", make_small)
    train(tmp_path / "g")
    with pytest.raises(SimfactorError, match=r"image_augmentations: null there, .*shift"):
        train(tmp_path / "g", image_augmentations=[SHIFT])
