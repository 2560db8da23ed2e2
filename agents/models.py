"""Models of Stable-Baselines3 for the algorithms: fresh ones for a training, and saved ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.policies import ActorCriticPolicy

from simfactor.agents.algorithms import Algorithm, Dagger, Ppo, Sac
from simfactor.agents.augmentation import LatentAugmenter
from simfactor.agents.buffers import AugmentedReplayBuffer
from simfactor.agents.distillation import StudentSAC
from simfactor.agents.drac import DracPPO
from simfactor.agents.image_augmentation import ImageAugmenter
from simfactor.agents.image_features import ImageFeatures
from simfactor.agents.latent_features import LatentFeatures
from simfactor.agents.lean_sac import LeanSAC
from simfactor.agents.own_numbers import PROPRIOCEPTION, knows_itself
from simfactor.agents.pixel_buffer import PixelReplayBuffer
from simfactor.agents.pixel_policy import AsymmetricPolicy, PixelPolicy
from simfactor.agents.standardize import Standardize, observation_statistics
from simfactor.errors import SimfactorError

# kept out of saved models, for a bank of latents may be in there
REPLAY = ("replay_buffer_class", "replay_buffer_kwargs")  # a checkpoint has the buffer itself
UNSAVED = (*REPLAY, "augmenter")  # acting needs none of it
CLASSES: dict[str, type[BaseAlgorithm]] = {"sac": LeanSAC, "ppo": DracPPO, "dagger": StudentSAC}


def build_model(
    algorithm: Algorithm,
    env: gym.Env[Any, Any],
    steps: int,
    seed: int,
    augmenter: LatentAugmenter | ImageAugmenter,
    standardize: bool,
    pretrained: LatentFeatures | None = None,
) -> BaseAlgorithm:
    """A fresh model on the CPU for a training of ``steps`` steps.

    It seeds the environment and (it is Stable-Baselines3) all global generators with ``seed``.
    augmenter: that of images makes an agent on images, and on the robot's own numbers if they are observed,
    too. standardize: whether the network standardises flat observations, see :class:`Standardize`.
    pretrained: what an agent on images starts from. Raises SimfactorError if the algorithm cannot learn from
    images.
    """
    policy: dict[str, Any] = {"net_arch": list(algorithm.network), "optimizer_kwargs": {"fused": True}}
    if standardize:
        policy["features_extractor_class"] = Standardize
        policy["features_extractor_kwargs"] = observation_statistics(env, seed)
    own: dict[str, Any] = {}  # what networks on images are told of the robot's own numbers
    if isinstance(augmenter, ImageAugmenter) and knows_itself(env.observation_space):
        own[PROPRIOCEPTION] = observation_statistics(env, seed, PROPRIOCEPTION)
    common = {
        "learning_rate": algorithm.learning_rate,
        "batch_size": algorithm.batch_size,
        "policy_kwargs": policy,
        "seed": seed,
        "device": "cpu",
    }
    if isinstance(algorithm, Ppo):
        return _build_ppo(algorithm, env, steps, augmenter, common, own)
    policy |= own
    if pretrained is not None:
        policy["pretrained"] = pretrained.describe()
    model = _build_off_policy(algorithm, env, steps, augmenter, common)
    if pretrained is not None:
        assert isinstance(model.policy, PixelPolicy)
        model.policy.start_from(pretrained)
    return model


def _build_off_policy(
    algorithm: Sac | Dagger,
    env: gym.Env[Any, Any],
    steps: int,
    augmenter: LatentAugmenter | ImageAugmenter,
    common: dict[str, Any],
) -> BaseAlgorithm:
    replay: dict[str, Any] = {}
    policy: str | type[PixelPolicy] = "MlpPolicy"
    arguments = {"augmenter": augmenter, "seed": common["seed"], "steps": steps}
    if isinstance(augmenter, ImageAugmenter):
        if isinstance(algorithm, Dagger):
            raise SimfactorError("dagger learns from flat observations only; use latents of the images.")
        policy = AsymmetricPolicy if algorithm.asymmetric else PixelPolicy
        replay = {"replay_buffer_class": PixelReplayBuffer, "replay_buffer_kwargs": arguments}
    elif augmenter.changes:
        replay = {"replay_buffer_class": AugmentedReplayBuffer, "replay_buffer_kwargs": arguments}
    common |= {
        **replay,
        "buffer_size": min(algorithm.buffer_size, steps),
        "learning_starts": algorithm.warmup,
        "gradient_steps": algorithm.updates,
    }
    if isinstance(algorithm, Dagger):
        spread = np.full(env.action_space.shape or (), algorithm.noise)
        return StudentSAC(policy, env, action_noise=NormalActionNoise(0 * spread, spread), **common)
    rules: dict[str, Any] = {
        "gamma": algorithm.discount,
        "ent_coef": algorithm.entropy,
        "tau": algorithm.target_rate,
    }
    if isinstance(augmenter, ImageAugmenter):
        rules["consistency"] = augmenter.consistency
    return LeanSAC(policy, env, **rules, **common)


def _build_ppo(
    ppo: Ppo,
    env: gym.Env[Any, Any],
    steps: int,
    augmenter: LatentAugmenter | ImageAugmenter,
    common: dict[str, Any],
    own: dict[str, Any],
) -> BaseAlgorithm:
    if isinstance(augmenter, ImageAugmenter):
        extractor = {"features_extractor_class": ImageFeatures, "features_extractor_kwargs": own}
        common["policy_kwargs"] |= extractor
    common |= {"gamma": ppo.discount, "ent_coef": ppo.entropy, "steps": steps, "agreement": ppo.agreement}
    passes = {"n_steps": ppo.rollout, "n_epochs": ppo.epochs}
    return DracPPO(ActorCriticPolicy, env, augmenter=augmenter, **passes, **common)


def load_model(algorithm: str, path: Path, **options: Any) -> BaseAlgorithm:
    """A model that was saved without its replay buffer, on the CPU."""
    return CLASSES[algorithm].load(path, device="cpu", **options)
