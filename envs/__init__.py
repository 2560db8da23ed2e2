"""Gymnasium environments with declared factors, and the wrappers that control factors and give latents.

Importing this package registers them (``TASK_IDS``) and loads neither PyBullet nor torch.
``gymnasium.make`` gives one world; ``gymnasium.make_vec`` gives many whose images are rendered together.
"""

import gymnasium

from simfactor.envs.counterfactual_observation import CounterfactualObservation
from simfactor.envs.factor_control import FactorControl
from simfactor.envs.latent_observation import LatentObservation, VectorLatentObservation
from simfactor.envs.make import TASK_IDS, make_env
from simfactor.envs.true_task_latents import TrueTaskLatents

__all__ = [
    "TASK_IDS",
    "CounterfactualObservation",
    "FactorControl",
    "LatentObservation",
    "TrueTaskLatents",
    "VectorLatentObservation",
    "make_env",
]

for _task, _id in TASK_IDS.items():
    gymnasium.register(
        _id,
        entry_point="simfactor.envs.task_env:TaskEnv",
        vector_entry_point="simfactor.envs.vector:TaskVector",
        max_episode_steps=50,
        kwargs={"task": _task},
    )
