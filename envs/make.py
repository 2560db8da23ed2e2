"""Ready-made environments of every task, from plain arguments that travel to worker processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from simfactor.envs.counterfactual_observation import CounterfactualObservation
from simfactor.envs.factor_control import FactorControl
from simfactor.envs.factor_motion import FactorMotion
from simfactor.envs.latent_observation import LatentObservation
from simfactor.envs.latent_reading import open_encoder
from simfactor.envs.measured_latents import MeasuredLatents
from simfactor.envs.motion import Motion
from simfactor.envs.true_task_latents import TrueTaskLatents
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder

TASK_IDS = {
    "reach": "simfactor/PandaReach-v0",
    "planar_reach": "simfactor/ArmReach-v0",
    "push": "simfactor/PandaPush-v0",
    "pick_and_place": "simfactor/PandaPickAndPlace-v0",
}
# an observation with counterfactual pictures -> what of it is no picture: those are the wrapper's to take
BESIDE = {"pixels": None, "pixels+proprioception": "proprioception"}


def make_env(
    space: FactorSpace | None = None,
    task: str = "reach",
    observation: str = "latent",
    encoder: FactorEncoder | str | Path | None = None,
    blocks: Sequence[str] | None = None,
    image_size: int | None = None,
    renderer: str = "raster",
    render_mode: str | None = None,
    measured: Sequence[str] | None = None,
    true_task: bool = False,
    counterfactual: FactorSpace | None = None,
    motion: Mapping[str, Motion] | None = None,
    **options: Any,
) -> gym.Env[Any, Any]:
    """A task whose factors are drawn from ``space`` and whose observation may be latents.

    ``functools.partial`` of this function is a picklable environment factory, for vector environments and
    for transfer tests (which call it with each domain's space).

    Args:
        space: sampled each episode by :class:`FactorControl`; None leaves the nuisances at their defaults.
        task: a name in ``TASK_IDS``.
        observation: ``latent``, or one of TaskEnv's: ``state``, ``pixels``, ``pixels+proprioception``, ...
        encoder, blocks: for ``latent``: the encoder or its folder, and which blocks (None: all), as
            :class:`LatentObservation` takes them.
        motion: factor name -> how it moves during an episode (:class:`FactorMotion`).
        measured: for ``latent``: factors that are known without a camera (:class:`MeasuredLatents`).
        true_task: put what is true into the latents of task factors (:class:`TrueTaskLatents`).
        counterfactual: for ``pixels`` and ``pixels+proprioception``: show beside them the same state with the
            factors of this space drawn anew (:class:`CounterfactualObservation`).
        image_size: pixels; by default the encoder's, else 64.
        renderer, render_mode, options: further arguments of TaskEnv.

    Raises SimfactorError for arguments that do not fit together.
    """
    if task not in TASK_IDS:
        raise unknown_name("task", task, TASK_IDS)
    check_latents(observation, encoder, blocks, measured, true_task)
    if counterfactual is not None and observation not in BESIDE:
        raise SimfactorError(
            f"observation={observation!r} shows no counterfactual pictures; use {' or '.join(BESIDE)}."
        )
    if encoder is not None:
        encoder = open_encoder(encoder)
        image_size = image_size or encoder.image_size
    shown = observation if encoder is None else "pixels"
    env: gym.Env[Any, Any] = gym.make(
        TASK_IDS[task],
        observation=shown if counterfactual is None else BESIDE[observation] or "state",
        image_size=image_size or 64,
        renderer=renderer,
        render_mode=render_mode,
        **options,
    )
    if space is not None:
        env = FactorControl(env, space)
    if motion:
        env = FactorMotion(env, motion)
    if counterfactual is not None:
        return CounterfactualObservation(env, counterfactual, image_size or 64, renderer, BESIDE[observation])
    if encoder is None:
        return env
    env = LatentObservation(env, encoder, blocks)
    if measured is not None:
        env = MeasuredLatents(env, measured)
    return TrueTaskLatents(env) if true_task else env


def check_latents(
    observation: str,
    encoder: FactorEncoder | str | Path | None,
    blocks: Sequence[str] | None,
    measured: Sequence[str] | None,
    true_task: bool,
) -> None:
    """Raise SimfactorError for latents without an encoder, and what only they can have without them."""
    if (observation == "latent") != (encoder is not None):
        raise SimfactorError(
            f"observation={observation!r} with encoder={encoder!r}: observation='latent' needs an encoder, "
            "and no other observation takes one."
        )
    if encoder is None and blocks is not None:
        raise SimfactorError(f"blocks={blocks!r} choose latents; give them with observation='latent' only.")
    if encoder is None and measured is not None:
        raise SimfactorError(f"measured={measured!r} are latents; give them with observation='latent' only.")
    if encoder is None and true_task:
        raise SimfactorError("true_task corrects latents; give it with observation='latent' only.")
