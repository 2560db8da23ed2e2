"""Wrappers for what a robot knows without a camera: it stands in the latents instead of what is seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from simfactor.envs.known_latents import KnownLatents, VectorKnownLatents
from simfactor.envs.latent_observation import VectorLatentObservation
from simfactor.errors import SimfactorError

if TYPE_CHECKING:
    from simfactor.encoders.layout import LatentLayout


class MeasuredLatents(KnownLatents, RecordConstructorArgs):
    """Latents (L,) in which the blocks of some factors hold what was measured, all others what was seen.

    A robot need not look for its own hand: its joints say where that is. Latents keep their layout and scale,
    so a policy, an augmentation or a diagnosis does not know the difference.

    Args:
        env: a :class:`LatentObservation`, wrapped or not, of an environment with a scene.
        factors: names of factors whose blocks are observed, as ``["ee_x", "ee_y", "ee_z"]``.

    Raises SimfactorError for names that are no observed block of a factor, none at all, and if the encoder's
    blocks have no true values (it learned without labels).
    """

    def __init__(self, env: gym.Env[Any, Any], factors: Sequence[str]) -> None:
        RecordConstructorArgs.__init__(self, factors=factors)
        check_observed(factors, env.get_wrapper_attr("encoder").layout, env.get_wrapper_attr("dims"))
        KnownLatents.__init__(self, env, factors)


class VectorMeasuredLatents(VectorKnownLatents):
    """As :class:`MeasuredLatents`, of N worlds: latents (N, L).

    Args:
        env: a :class:`VectorLatentObservation` of a :class:`simfactor.envs.VectorEnv`, wrapped or not.
        factors: as of :class:`MeasuredLatents`.

    Raises SimfactorError as :class:`MeasuredLatents` does, and for worlds that start anew in the step that
    ends an episode: what was measured at its end is over then.
    """

    def __init__(self, env: VectorLatentObservation | VectorKnownLatents, factors: Sequence[str]) -> None:
        check_observed(factors, env.encoder.layout, env.dims)
        super().__init__(env, factors)


def check_measured(factors: Sequence[str], observed: Sequence[str]) -> None:
    """Raise SimfactorError unless ``factors`` are some of ``observed``, the factors whose blocks are."""
    if not factors or isinstance(factors, str) or len(set(factors)) < len(factors):
        raise SimfactorError(f"measured={factors!r} must be a list of factors, each once, as [ee_x, ee_y].")
    for name in factors:
        if name not in observed:
            raise SimfactorError(
                f"measured factor {name!r} has no block among the latents that are observed; measure some of "
                f"{', '.join(observed) or '(none)'}."
            )


def check_observed(factors: Sequence[str], layout: LatentLayout, dims: Iterable[int]) -> None:
    """Raise SimfactorError unless ``factors`` are some of those whose blocks lie in dimensions ``dims``."""
    dims = set(dims)
    check_measured(factors, [name for name in layout.names[:-1] if dims.issuperset(layout.dims(name))])
