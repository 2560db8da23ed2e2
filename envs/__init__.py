"""Gymnasium environments with declared factors, and the wrappers that control factors and give latents.

Importing this package registers them (``TASK_IDS``) and loads neither PyBullet nor torch.
``gymnasium.make`` gives one world; ``gymnasium.make_vec`` gives many whose images are rendered together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium

from simfactor.envs.counterfactual_observation import CounterfactualObservation
from simfactor.envs.factor_control import FactorControl
from simfactor.envs.factor_motion import FactorMotion
from simfactor.envs.latent_observation import LatentObservation, VectorLatentObservation
from simfactor.envs.make import TASK_IDS, make_env
from simfactor.envs.make_vector import make_vector_env
from simfactor.envs.measured_latents import MeasuredLatents, VectorMeasuredLatents
from simfactor.envs.motion import Drift, Resample
from simfactor.envs.true_task_latents import TrueTaskLatents, VectorTrueTaskLatents

if TYPE_CHECKING:
    from simfactor.envs.vector import VectorEnv

__all__ = [
    "TASK_IDS",
    "CounterfactualObservation",
    "Drift",
    "FactorControl",
    "FactorMotion",
    "LatentObservation",
    "MeasuredLatents",
    "Resample",
    "TrueTaskLatents",
    "VectorEnv",
    "VectorLatentObservation",
    "VectorMeasuredLatents",
    "VectorTrueTaskLatents",
    "make_env",
    "make_vector_env",
]

for _task, _id in TASK_IDS.items():
    gymnasium.register(
        _id,
        entry_point="simfactor.envs.task_env:TaskEnv",
        vector_entry_point="simfactor.envs.vector:VectorEnv",
        max_episode_steps=50,
        kwargs={"task": _task},
    )


def __getattr__(name: str) -> Any:
    if name != "VectorEnv":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from simfactor.envs.vector import VectorEnv  # only now, because it loads PyBullet

    return VectorEnv
