"""RL agents on factor-separated latents: Stable-Baselines3's algorithms, augmented one factor at a time."""

from simfactor.agents.agent import Agent, load_agent
from simfactor.agents.algorithms import Ppo, Sac
from simfactor.agents.augmentation import (
    Augmentation,
    LatentAugmenter,
    observed_layout,
    resolve_augmentations,
)
from simfactor.agents.buffers import AugmentedReplayBuffer
from simfactor.agents.jobs import TrainJob, train_agents
from simfactor.agents.latent_changes import drop, mix, noise, resample, swap
from simfactor.agents.lean_sac import LeanSAC
from simfactor.agents.train import environment_seed, train_agent

__all__ = [
    "Agent",
    "Augmentation",
    "AugmentedReplayBuffer",
    "LatentAugmenter",
    "LeanSAC",
    "Ppo",
    "Sac",
    "TrainJob",
    "drop",
    "environment_seed",
    "load_agent",
    "mix",
    "noise",
    "observed_layout",
    "resample",
    "resolve_augmentations",
    "swap",
    "train_agent",
    "train_agents",
]
