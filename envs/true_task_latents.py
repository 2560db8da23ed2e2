"""Wrappers that show what a perfect encoder would see of the task: to tell whose fault a failure is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from simfactor.envs.known_factors import KnownFactors
from simfactor.envs.known_latents import KnownLatents, VectorKnownLatents
from simfactor.envs.latent_observation import VectorLatentObservation
from simfactor.errors import SimfactorError

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder

TASK_ERROR = "task_error"


class TrueTaskLatents(KnownLatents, RecordConstructorArgs):
    """Latents (L,) whose task blocks hold what the factors really are; all others stay as encoded.

    An agent that fails on the encoder's latents and succeeds on these fails by its encoder; one that fails on
    both acts wrong on right latents (a controlled direct effect: Pearl 2001, "Direct and indirect effects").

    ``info["task_error"]``, at reset and step: by how much the encoder was off in these blocks, mean absolute
    difference of latents (1 is half of a factor's range).

    Args:
        env: a :class:`LatentObservation`, wrapped or not, of an environment with a scene.

    Raises SimfactorError if the encoder's blocks have no true values (it learned without labels), or no task
    block is observed.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        KnownLatents.__init__(self, env, _task(env.get_wrapper_attr("encoder")))
        _check(self._known)

    def told(self, error: float) -> dict[str, Any]:
        """How far off the encoder was."""
        return {TASK_ERROR: error}


class VectorTrueTaskLatents(VectorKnownLatents):
    """As :class:`TrueTaskLatents`, of N worlds: latents (N, L), and ``infos["task_error"]`` (N,).

    Args:
        env: a :class:`VectorLatentObservation` of a :class:`simfactor.envs.VectorEnv`, wrapped or not.

    Raises SimfactorError as :class:`TrueTaskLatents` does, and for worlds that start anew in the step that
    ends an episode: what was true at its end is over then.
    """

    def __init__(self, env: VectorLatentObservation | VectorKnownLatents) -> None:
        super().__init__(env, _task(env.encoder))
        _check(self._known)

    def told(self, errors: NDArray[np.float64]) -> dict[str, Any]:
        """How far off the encoder was."""
        return {TASK_ERROR: errors, f"_{TASK_ERROR}": np.ones(len(errors), bool)}


def _task(encoder: FactorEncoder) -> tuple[str, ...]:
    return encoder.space.by_role("task")


def _check(known: KnownFactors) -> None:
    if not len(known.places):
        raise SimfactorError(
            f"the observed latents hold no task block; observe some of {', '.join(known.names) or '(none)'}."
        )
