"""Gymnasium environments with declared factors, and the wrappers that control factors and give latents.

Importing this package registers ``simfactor/PandaReach-v0`` and loads neither PyBullet nor torch.
``gymnasium.make`` gives one world; ``gymnasium.make_vec`` gives many whose images are rendered together.
"""

import gymnasium

from simfactor.envs.factor_control import FactorControl
from simfactor.envs.latent_observation import LatentObservation, VectorLatentObservation
from simfactor.envs.reach import PANDA_REACH, make_reach
from simfactor.envs.true_task_latents import TrueTaskLatents

__all__ = [
    "PANDA_REACH",
    "FactorControl",
    "LatentObservation",
    "TrueTaskLatents",
    "VectorLatentObservation",
    "make_reach",
]

gymnasium.register(
    PANDA_REACH,
    entry_point="simfactor.envs.panda_reach:PandaReach",
    vector_entry_point="simfactor.envs.panda_reach_vector:PandaReachVector",
    max_episode_steps=50,
)
