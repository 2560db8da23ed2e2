"""Agents on images that start from a trained encoder, and change it."""

import functools
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from point_pixels import PointPixels
from point_reach import PointReach
from torch import nn

from simfactor.agents import (
    FineTune,
    ImageAugmentation,
    ImageAugmenter,
    PixelPolicy,
    Sac,
    load_agent,
    train_agent,
)
from simfactor.agents.latent_features import LatentFeatures
from simfactor.agents.models import build_model
from simfactor.encoders import FactorEncoder
from simfactor.envs import make_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

SPACE = load_space("arm")
QUICK = Sac(network=(16,), batch_size=4, warmup=20)
ARM = functools.partial(make_env, SPACE, task="planar_reach", observation="pixels")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("encoder")
    FactorEncoder(SPACE.varying, 64, network="conv64").save_pretrained(path)
    return path


def images(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, 64, 64, 3), np.uint8)


def as_pixels(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


def test_it_starts_where_the_encoder_is(folder: Path) -> None:
    whole = FactorEncoder.from_pretrained(folder)
    features = FineTune(folder, ("task",)).open(64)
    dims = whole.layout.dims(["task"])
    assert features.size == len(dims) < whole.layout.size
    pictures = images(3)
    with torch.no_grad():
        np.testing.assert_allclose(
            features(as_pixels(pictures)).numpy(), whole.encode(pictures)[:, dims], rtol=1e-4, atol=1e-5
        )
    model = build_model(QUICK, ARM(), 30, 0, ImageAugmenter(), standardize=False, pretrained=features)
    policy = model.policy
    assert isinstance(policy, PixelPolicy)
    for own in (policy.encoder, policy.encoder_target):
        assert all(torch.equal(v, features.state_dict()[k]) for k, v in own.state_dict().items())
    rates = [group["lr"] for group in policy.critic.optimizer.param_groups]
    assert rates == pytest.approx([3e-3, 3e-4])


def test_training_changes_its_copy_and_it_loads_without_the_folder(folder: Path, tmp_path: Path) -> None:
    options = {"algorithm": QUICK, "steps": 40, "fine_tune": FineTune(folder), "progress": False}
    shift = [ImageAugmentation("shift")]
    agent = train_agent(ARM, tmp_path / "a", image_augmentations=shift, **options)
    again = train_agent(ARM, tmp_path / "b", image_augmentations=shift, **options)
    before = FactorEncoder.from_pretrained(folder).state_dict()
    after = {
        name.removeprefix("encoder.network."): value
        for name, value in agent.policy.state_dict().items()
        if name.startswith("encoder.network.")
    }
    assert set(after) == {name for name in before if not name.startswith("decoder.")}
    assert any(not torch.equal(value, before[name]) for name, value in after.items())
    np.testing.assert_array_equal(agent.act(images(2)), again.act(images(2)))
    folder.rename(folder.with_name("elsewhere"))
    try:
        np.testing.assert_array_equal(load_agent(tmp_path / "a").act(images(2)), agent.act(images(2)))
    finally:
        folder.with_name("elsewhere").rename(folder)
    with pytest.raises(SimfactorError, match=r"fine_tune.blocks: null there, \[\"task\"\] now"):
        train_agent(
            ARM,
            tmp_path / "a",
            image_augmentations=shift,
            **options | {"fine_tune": FineTune(folder, ("task",))},
        )


def test_statistics_of_batches_are_left_alone(folder: Path) -> None:
    encoder = FactorEncoder.from_pretrained(folder)
    encoder.encoder = nn.Sequential(nn.BatchNorm2d(3), encoder.encoder)
    features = LatentFeatures(encoder, None).train()
    norm = features.network.encoder[0]  # type: ignore[index]
    before = norm.running_mean.clone()
    alone, together = features(as_pixels(images(1))), features(as_pixels(images(5)))[:1]
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)
    assert torch.equal(norm.running_mean, before)


def test_what_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    def refused(make, message: str, tune: FineTune) -> None:
        with pytest.raises(SimfactorError, match=message):
            train_agent(make, tmp_path / "a", algorithm=QUICK, fine_tune=tune, progress=False)

    refused(PointReach, "fine_tune trains an encoder of images", FineTune(folder))
    refused(PointPixels, r"images of 24 pixels, but the encoder .* sees 64", FineTune(folder))
    refused(ARM, "'lightning'", FineTune(folder, ("lightning",)))
    refused(ARM, "has no config.json", FineTune(tmp_path / "none"))
    assert isinstance(ARM().observation_space, gym.spaces.Box)
