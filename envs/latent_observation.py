"""Wrappers that replace camera images by an encoder's latents: of one world, or of many in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from simfactor.envs.latent_reading import LatentReading, open_encoder

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder


class LatentObservation(gym.ObservationWrapper[NDArray[np.float32], Any, Any], RecordConstructorArgs):
    """Observations are the latents of the chosen blocks, float32 (L,), and nothing else.

    Args:
        env: observes pixels (``observation="pixels"``), or a Dict with them under ``"pixels"``.
        encoder: a trained encoder or the folder it was saved in.
        factors: names of latent blocks, factor groups or roles, such as ``["task"]`` or ``["pose",
            "residual"]``; None takes all latents.
        proprioception: parts of the Dict whose numbers follow the latents after all: what a robot knows of
            itself without a camera (``observation="pixels+state"`` or ``"pixels+proprioception"``).

    ``pixels`` is the picture (S, S, 3) that the last observation was encoded from, None before the first.

    Raises SimfactorError when the images are not the encoder's size, no latent is chosen, a part is not
    there, or the encoder was trained on factors of another scene than this one of ours.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        encoder: FactorEncoder | str | Path,
        factors: Sequence[str] | None = None,
        proprioception: Sequence[str] = (),
    ) -> None:
        told = {"encoder": encoder, "factors": factors, "proprioception": proprioception}
        # a copy of the network for each record of the wrapper's arguments would be waste
        RecordConstructorArgs.__init__(self, **told, _disable_deepcopy=True)
        gym.ObservationWrapper.__init__(self, env)
        known = next((way for way in ("check_shown", "check_space") if env.has_wrapper_attr(way)), None)
        check = env.get_wrapper_attr(known) if known else None
        self._reading = LatentReading(env.observation_space, encoder, factors, proprioception, check)
        self.encoder, self.dims = self._reading.encoder, self._reading.dims
        self.observation_space = self._reading.space
        self.pixels: NDArray[np.uint8] | None = None

    @classmethod
    def from_pretrained(
        cls,
        path: str | Path,
        env: gym.Env[Any, Any] | None = None,
        factors: Sequence[str] | None = None,
        *,
        proprioception: Sequence[str] = (),
        randomise: str | Sequence[str] = (),
        **kwargs: Any,
    ) -> LatentObservation:
        """The environment that ``simfactor adapt-env`` made an encoder for, seen through that encoder.

        Args:
            path: the folder that it wrote.
            env: the environment itself, with wrappers of one's own as they may be; by default it is made.
            factors, proprioception: as above. What the environment observes is the role ``task``.
            randomise: nuisances (by name, group or role) that are drawn anew for every episode, as they were
                for the encoder; the rest looks as the environment has it.
            kwargs: arguments for making the environment, beside those it was adapted with.

        Raises SimfactorError for another folder, an environment that lacks the encoder's factors, names that
        there are not, and as ``Attached`` and the wrapper do.
        """
        from simfactor.envs.adapted import Adapted  # only now, because it loads PyBullet

        adapted = Adapted.load(Path(path))
        encoder = open_encoder(Path(path) / "encoder")
        seen = adapted.look_at(env, encoder.space, randomise, kwargs, state=bool(proprioception))
        return cls(seen, encoder, factors, proprioception)

    def observation(self, observation: Any) -> NDArray[np.float32]:
        """The chosen latents (L,) of an observation of the wrapped environment, and what follows them."""
        self.pixels = self._reading.pictures(observation)
        return self._reading.read(self.pixels[None], observation)[0]


class VectorLatentObservation(VectorWrapper):  # generic in later versions of gymnasium only
    """Observations of N worlds are the latents of the chosen blocks, float32 (N, L), from one forward pass.

    Where worlds are reset in the step that ends their episodes (gymnasium's ``SAME_STEP``), their last
    observations, ``infos["final_obs"]``, become latents in the same pass.

    They equal those of :class:`LatentObservation` up to the rounding of float32, which depends on N.

    Args:
        env: a vector environment that observes pixels, or a Dict with them.
        encoder, factors, proprioception: as of :class:`LatentObservation`.

    Raises SimfactorError as :class:`LatentObservation` does.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        encoder: FactorEncoder | str | Path,
        factors: Sequence[str] | None = None,
        proprioception: Sequence[str] = (),
    ) -> None:
        super().__init__(env)
        check = getattr(env.unwrapped, "check_space", None)
        self._reading = LatentReading(env.single_observation_space, encoder, factors, proprioception, check)
        self.encoder, self.dims = self._reading.encoder, self._reading.dims
        self.single_observation_space = self._reading.space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Reset; the latents (N, L) of what is seen."""
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  # a seed for each is allowed
        return self._reading.read(self._reading.pictures(observations), observations), infos

    def step(self, actions: Any) -> tuple[NDArray[np.float32], Any, Any, Any, dict[str, Any]]:
        """Step; the latents (N, L) of what is seen."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        pictures = self._reading.pictures(observations)
        if "final_obs" not in infos:
            return self._reading.read(pictures, observations), rewards, terminated, truncated, infos
        over = np.flatnonzero(infos["_final_obs"])
        ended = [infos["final_obs"][place] for place in over]
        seen = np.concatenate([pictures, *(self._reading.pictures(one)[None] for one in ended)])
        latents = self._reading.read(seen, observations, *ended)
        last = infos["final_obs"].copy()
        for place, own in zip(over, latents[self.num_envs :], strict=True):
            last[place] = own
        return latents[: self.num_envs], rewards, terminated, truncated, {**infos, "final_obs": last}
