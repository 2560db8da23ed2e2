"""Many worlds of every task, from plain arguments that travel to worker processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from simfactor.envs.latent_observation import VectorLatentObservation
from simfactor.envs.latent_reading import open_encoder
from simfactor.envs.make import check_latents
from simfactor.envs.measured_latents import VectorMeasuredLatents
from simfactor.envs.true_task_latents import VectorTrueTaskLatents
from simfactor.factors import FactorSpace

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder


def make_vector_env(
    space: FactorSpace | None = None,
    num_envs: int = 1,
    observation: str = "latent",
    encoder: FactorEncoder | str | Path | None = None,
    blocks: Sequence[str] | None = None,
    image_size: int | None = None,
    measured: Sequence[str] | None = None,
    true_task: bool = False,
    **options: Any,
) -> gym.vector.VectorEnv[Any, Any, Any]:
    """``num_envs`` worlds that are drawn, and encoded, together; the arguments are those of :func:`make_env`.

    ``options``: further arguments of :class:`VectorEnv`. Raises SimfactorError as the two do.
    """
    from simfactor.envs.vector import VectorEnv  # only now, because it loads PyBullet

    check_latents(observation, encoder, blocks, measured, true_task)
    if encoder is None:
        size = image_size or 64
        return VectorEnv(num_envs, observation=observation, image_size=size, factors=space, **options)
    opened = open_encoder(encoder)
    size = image_size or opened.image_size
    env = VectorEnv(num_envs, observation="pixels", image_size=size, factors=space, **options)
    latents: VectorLatentObservation | VectorMeasuredLatents = VectorLatentObservation(env, opened, blocks)
    if measured is not None:
        latents = VectorMeasuredLatents(latents, measured)
    return VectorTrueTaskLatents(latents) if true_task else latents
