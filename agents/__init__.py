"""RL agents on factor-separated latents, augmented one factor at a time, and on images as their baselines."""

from simfactor.agents.advice import Advised, make_advised
from simfactor.agents.agent import Agent, load_agent
from simfactor.agents.algorithms import Dagger, Ppo, Sac
from simfactor.agents.augmentation import (
    Augmentation,
    LatentAugmenter,
    observed_layout,
    resolve_augmentations,
)
from simfactor.agents.buffers import AugmentedReplayBuffer
from simfactor.agents.frozen_latents import FrozenLatents
from simfactor.agents.image_augmentation import ImageAugmentation, ImageAugmenter
from simfactor.agents.image_changes import convolution, shift
from simfactor.agents.jobs import TrainJob, train_agents
from simfactor.agents.latent_changes import drop, mix, noise, resample, swap
from simfactor.agents.latent_features import FineTune
from simfactor.agents.lean_sac import LeanSAC
from simfactor.agents.pixel_buffer import PixelReplayBuffer
from simfactor.agents.pixel_policy import AsymmetricPolicy, PixelPolicy
from simfactor.agents.policy_files import Policy, check_fits, open_policy
from simfactor.agents.train import environment_seed, train_agent
from simfactor.agents.vec_env import SB3VecEnv

__all__ = [
    "Advised",
    "Agent",
    "AsymmetricPolicy",
    "Augmentation",
    "AugmentedReplayBuffer",
    "Dagger",
    "FineTune",
    "FrozenLatents",
    "ImageAugmentation",
    "ImageAugmenter",
    "LatentAugmenter",
    "LeanSAC",
    "PixelPolicy",
    "PixelReplayBuffer",
    "Policy",
    "Ppo",
    "SB3VecEnv",
    "Sac",
    "TrainJob",
    "check_fits",
    "convolution",
    "drop",
    "environment_seed",
    "load_agent",
    "make_advised",
    "mix",
    "noise",
    "observed_layout",
    "open_policy",
    "resample",
    "resolve_augmentations",
    "shift",
    "swap",
    "train_agent",
    "train_agents",
]
