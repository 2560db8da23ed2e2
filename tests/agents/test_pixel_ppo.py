"""PPO on images: it learns, and with DrAC's terms policy and value agree on changed views."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from point_pixels import SIZE, PointPixels
from stable_baselines3.common.logger import Logger
from torch.distributions import kl_divergence

from simfactor.agents import (
    Agent,
    FineTune,
    ImageAugmentation,
    ImageAugmenter,
    Ppo,
    load_agent,
    open_policy,
    train_agent,
)
from simfactor.agents.drac import DracPPO
from simfactor.agents.models import build_model
from simfactor.agents.record import read_curve
from simfactor.errors import SimfactorError

QUICK = Ppo(network=(16,), rollout=64, batch_size=32, epochs=2)
SHIFT = ImageAugmentation("shift", 2)
RERENDER = ImageAugmentation("rerender", target="clean")
COUNTERFACTUAL = functools.partial(PointPixels, counterfactual=True)
PICTURE = np.zeros((SIZE, SIZE, 3), np.uint8)


def train(folder: Path, make_env: Any = PointPixels, steps: int = 128, **options: Any) -> Agent:
    return train_agent(
        make_env, folder, algorithm=QUICK, steps=steps, progress=False, checkpoint_every=64, **options
    )


def test_it_learns_from_pictures(tmp_path: Path) -> None:
    ppo = Ppo(network=(32,), batch_size=64, rollout=256, epochs=6, learning_rate=2e-3)
    train_agent(PointPixels, tmp_path, algorithm=ppo, steps=2560, progress=False)
    won = np.array([float(row.success) for row in read_curve(tmp_path)])
    assert won[-50:].mean() > 0.75
    assert won[:50].mean() < 0.5


@pytest.mark.parametrize(
    ("make_env", "augmentations"), [(PointPixels, ()), (COUNTERFACTUAL, (RERENDER, SHIFT))]
)
def test_a_seed_gives_equal_agents_that_act_on_pictures(
    make_env: Any, augmentations: tuple, tmp_path: Path
) -> None:
    first, again, other = (
        train(tmp_path / name, make_env, seed=seed, image_augmentations=augmentations)
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    two = np.stack([PICTURE, PICTURE + 90])
    np.testing.assert_array_equal(first.act(two), again.act(two))
    assert (first.act(two) != other.act(two)).any()
    assert first.act(PICTURE).shape == (2,)
    np.testing.assert_array_equal(load_agent(tmp_path / "a").act(two), first.act(two))
    opened = open_policy(tmp_path / "a")
    assert opened.observation_space.shape == PICTURE.shape
    np.testing.assert_array_equal(opened.act(two), first.act(two))
    with pytest.raises(SimfactorError, match=r"shape \(6,\) but the agent acts on images of shape \(24, 24"):
        first.act(np.zeros(6, np.float32))


def test_policy_and_value_agree_on_other_walls() -> None:
    def apart(agreement: float) -> tuple[float, float]:
        """Between a picture and the same before another wall, after a training."""
        ppo = Ppo(network=(16,), rollout=64, batch_size=32, epochs=4, agreement=agreement)
        env = COUNTERFACTUAL()
        model = build_model(ppo, env, 384, 0, ImageAugmenter((RERENDER,)), standardize=False)
        assert isinstance(model, DracPPO)
        model.set_logger(Logger(folder=None, output_formats=[]))
        model.learn(384)
        shown = [env.reset(seed=seed)[0] for seed in range(64)]
        a, b = (
            {
                name: torch.from_numpy(np.stack([one[view] for one in shown])).permute(0, 3, 1, 2)
                for name in ("pixels", "counterfactual")
            }
            for view in ("pixels", "counterfactual")
        )
        with torch.no_grad():
            here, there = (model.policy.get_distribution(x).distribution for x in (a, b))
            values = model.policy.predict_values(a) - model.policy.predict_values(b)
        return float(kl_divergence(here, there).sum(1).mean()), float(values.square().mean())

    plain, agreeing = apart(1e-9), apart(10.0)
    assert agreeing[0] < 0.5 * plain[0]
    assert agreeing[1] < 0.5 * plain[1]


def test_all_changes_make_one_counterpart() -> None:
    """Whatever target they name: what was seen stays for PPO's own terms."""
    images, others = torch.rand(2, 3, 3, SIZE, SIZE)
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    both = ImageAugmenter((SHIFT, RERENDER)).counterpart(images, others, generators[0])
    moved = ImageAugmenter((SHIFT,)).counterpart(others, None, generators[1])
    torch.testing.assert_close(both, moved)
    assert (both != others).any()
    assert torch.isin(both, others).all()


def test_an_interrupted_training_goes_on(tmp_path: Path) -> None:
    class Interrupted(PointPixels):
        total = 0

        def step(self, action: np.ndarray) -> Any:
            self.total += 1
            if self.total == 100:
                raise KeyboardInterrupt
            return super().step(action)

    options = {"steps": 192, "image_augmentations": [RERENDER]}
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, functools.partial(Interrupted, True), **options)
    agent = train(tmp_path, COUNTERFACTUAL, **options)
    assert len(agent.environment_seeds) == 2


def test_what_ppo_cannot_do_is_refused_at_the_door(tmp_path: Path) -> None:
    paying = ImageAugmentation("convolution", target="clean", consistency=0.1)
    with pytest.raises(SimfactorError, match=r"consistency=0.1 is what SAC's actor pays; .*agreement"):
        train(tmp_path / "a", image_augmentations=[paying])
    assert not (tmp_path / "a").exists()
    with pytest.raises(SimfactorError, match="only algorithm='sac' can fine-tune an encoder"):
        train(tmp_path / "b", fine_tune=FineTune("nowhere"))
    with pytest.raises(SimfactorError, match="belong together"):
        train(tmp_path / "c", image_augmentations=[RERENDER])
