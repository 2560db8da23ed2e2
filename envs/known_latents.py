"""Wrappers that put what some factors really are into an encoder's latents: of one world, or of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorWrapper
from numpy.typing import NDArray

from simfactor.envs.known_factors import KnownFactors
from simfactor.envs.latent_observation import VectorLatentObservation
from simfactor.errors import SimfactorError

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder

Latents = NDArray[np.float32]
Info = dict[str, Any]


class KnownLatents(gym.Wrapper[Latents, Any, Any, Any]):
    """Latents (L,) with the truth in the blocks of some factors; a subclass chooses them and tells more.

    ``env``: a :class:`LatentObservation`, wrapped or not, of an environment with a scene.
    """

    def __init__(self, env: gym.Env[Any, Any], factors: Sequence[str]) -> None:
        super().__init__(env)
        if not env.has_wrapper_attr("scene"):
            raise _nothing_to_read()
        self._known = KnownFactors(env.get_wrapper_attr("encoder"), env.get_wrapper_attr("dims"), factors)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Latents, Info]:
        """Reset, and show the truth."""
        return self._corrected(*self.env.reset(seed=seed, options=options))

    def step(self, action: Any) -> tuple[Latents, Any, bool, bool, Info]:
        """Step, and show the truth."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        observation, info = self._corrected(observation, info)
        return observation, reward, terminated, truncated, info

    def told(self, error: float) -> Info:
        """What ``info`` says beside: the blocks were off by ``error`` (:meth:`KnownFactors.correct`)."""
        return {}

    def _corrected(self, observation: Latents, info: Info) -> tuple[Latents, Info]:
        now = self.env.get_wrapper_attr("scene").read(self._known.names)
        shown, error = self._known.correct(observation[None], {name: [value] for name, value in now.items()})
        return shown[0], {**info, **self.told(float(error[0]))}


class VectorKnownLatents(VectorWrapper):  # generic in later versions of gymnasium only
    """As :class:`KnownLatents`, of N worlds: latents (N, L).

    ``env``: a :class:`VectorLatentObservation` of a :class:`simfactor.envs.VectorEnv`, wrapped or not. Raises
    SimfactorError for other environments, and for worlds that start anew in the step that ends an episode:
    what was true at its end is over then.
    """

    def __init__(self, env: VectorLatentObservation | VectorKnownLatents, factors: Sequence[str]) -> None:
        super().__init__(env)
        if env.metadata.get("autoreset_mode") is AutoresetMode.SAME_STEP:
            raise SimfactorError(
                "autoreset_mode='SameStep' leaves no time to read the truth of a last observation; use "
                "'NextStep'."
            )
        if not hasattr(env.unwrapped, "read"):
            raise _nothing_to_read()
        self.encoder: FactorEncoder = env.encoder
        self.dims: NDArray[np.intp] = env.dims
        self._known = KnownFactors(self.encoder, self.dims, factors)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: Info | None = None
    ) -> tuple[Latents, Info]:
        """Reset, and show the truth."""
        return self._corrected(*self.env.reset(seed=seed, options=options))  # type: ignore[arg-type]  # a seed for each is allowed

    def step(self, actions: Any) -> tuple[Latents, Any, Any, Any, Info]:
        """Step, and show the truth."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        observations, infos = self._corrected(observations, infos)
        return observations, rewards, terminated, truncated, infos

    def told(self, errors: NDArray[np.float64]) -> Info:
        """What ``infos`` say beside, of ``errors`` (N,) as of :meth:`KnownLatents.told`."""
        return {}

    def _corrected(self, observations: Latents, infos: Info) -> tuple[Latents, Info]:
        now = self.env.unwrapped.read(self._known.names)  # type: ignore[attr-defined]  # ours, which can be read
        shown, errors = self._known.correct(observations, now)
        return shown, {**infos, **self.told(errors)}


def _nothing_to_read() -> SimfactorError:
    return SimfactorError(
        "what is true is read from the scene of simfactor's own environments, and this one has none; put its "
        "own numbers behind the latents: LatentObservation(proprioception=[...])."
    )
