"""Wrappers that replace camera images by an encoder's latents: of one world, or of many in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, naming
from simfactor.factors import FactorSpace

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder


class LatentObservation(gym.ObservationWrapper[NDArray[np.float32], Any, Any], RecordConstructorArgs):
    """Observations are the latents of the chosen blocks, float32 (L,), and nothing else.

    Args:
        env: observes pixels (``observation="pixels"``), or a Dict with them under ``"pixels"``.
        encoder: a trained encoder or the folder it was saved in.
        factors: names of latent blocks, factor groups or roles, such as ``["task"]`` or ``["pose",
            "residual"]``; None takes all latents.

    ``pixels`` is the picture (S, S, 3) that the last observation was encoded from, None before the first.

    Raises SimfactorError when the images are not the encoder's size, no latent is chosen, or the encoder was
    trained on factors of another scene than this one of ours.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        encoder: FactorEncoder | str | Path,
        factors: Sequence[str] | None = None,
    ) -> None:
        # a copy of the network for each record of the wrapper's arguments would be waste
        RecordConstructorArgs.__init__(self, encoder=encoder, factors=factors, _disable_deepcopy=True)
        gym.ObservationWrapper.__init__(self, env)
        self.encoder = open_encoder(encoder)
        known = next((way for way in ("check_shown", "check_space") if env.has_wrapper_attr(way)), None)
        _check_factors(env.get_wrapper_attr(known) if known else None, self.encoder)
        self._pixels = _pixels_key(env.observation_space, self.encoder.image_size)
        self.dims = _chosen_dims(self.encoder, factors)
        self.observation_space = _latent_space(len(self.dims))
        self.pixels: NDArray[np.uint8] | None = None

    @classmethod
    def from_pretrained(
        cls,
        path: str | Path,
        env: gym.Env[Any, Any] | None = None,
        factors: Sequence[str] | None = None,
        *,
        randomise: str | Sequence[str] = (),
        **kwargs: Any,
    ) -> LatentObservation:
        """The environment that ``simfactor adapt-env`` made an encoder for, seen through that encoder.

        Args:
            path: the folder that it wrote.
            env: the environment itself, with wrappers of one's own as they may be; by default it is made.
            factors: as above. What the environment observes is the role ``task``.
            randomise: nuisances (by name, group or role) that are drawn anew for every episode, as they were
                for the encoder; the rest looks as the environment has it.
            kwargs: arguments for making the environment, beside those it was adapted with.

        Raises SimfactorError for another folder, an environment that lacks the encoder's factors, names that
        there are not, and as ``Attached`` and the wrapper do.
        """
        from simfactor.envs.adapted import Adapted  # only now, because it loads PyBullet

        adapted = Adapted.load(Path(path))
        encoder = open_encoder(Path(path) / "encoder")
        return cls(adapted.look_at(env, encoder.space, randomise, kwargs), encoder, factors)

    def observation(self, observation: Any) -> NDArray[np.float32]:
        """The chosen latents (L,) of an observation of the wrapped environment."""
        self.pixels = observation if self._pixels is None else observation[self._pixels]
        return self.encoder.encode(self.pixels[None])[0, self.dims]


class VectorLatentObservation(VectorWrapper):  # generic in later versions of gymnasium only
    """Observations of N worlds are the latents of the chosen blocks, float32 (N, L), from one forward pass.

    Where worlds are reset in the step that ends their episodes (gymnasium's ``SAME_STEP``), their last
    observations, ``infos["final_obs"]``, become latents in the same pass.

    They equal those of :class:`LatentObservation` up to the rounding of float32, which depends on N.

    Args:
        env: a vector environment that observes pixels, or a Dict with them.
        encoder, factors: as of :class:`LatentObservation`.

    Raises SimfactorError as :class:`LatentObservation` does.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        encoder: FactorEncoder | str | Path,
        factors: Sequence[str] | None = None,
    ) -> None:
        super().__init__(env)
        self.encoder = open_encoder(encoder)
        _check_factors(getattr(env.unwrapped, "check_space", None), self.encoder)
        self._pixels = _pixels_key(env.single_observation_space, self.encoder.image_size)
        self.dims = _chosen_dims(self.encoder, factors)
        self.single_observation_space = _latent_space(len(self.dims))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Reset; the latents (N, L) of what is seen."""
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  # a seed for each is allowed
        return self._encoded(self._pictures(observations)), infos

    def step(self, actions: Any) -> tuple[NDArray[np.float32], Any, Any, Any, dict[str, Any]]:
        """Step; the latents (N, L) of what is seen."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        pictures = self._pictures(observations)
        if "final_obs" not in infos:
            return self._encoded(pictures), rewards, terminated, truncated, infos
        over = np.flatnonzero(infos["_final_obs"])
        ended = [self._pictures(infos["final_obs"][place])[None] for place in over]
        latents = self._encoded(np.concatenate([pictures, *ended]))
        last = infos["final_obs"].copy()
        for place, own in zip(over, latents[self.num_envs :], strict=True):
            last[place] = own
        return latents[: self.num_envs], rewards, terminated, truncated, {**infos, "final_obs": last}

    def _pictures(self, observations: Any) -> NDArray[np.uint8]:
        pictures: NDArray[np.uint8] = observations if self._pixels is None else observations[self._pixels]
        return pictures

    def _encoded(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.encoder.encode(pictures)[:, self.dims]


def open_encoder(encoder: FactorEncoder | str | Path) -> FactorEncoder:
    """The encoder itself, or the one saved in the given folder."""
    if not isinstance(encoder, (str, Path)):
        return encoder
    from simfactor.encoders import FactorEncoder  # loads torch, which state policies do not need

    return FactorEncoder.from_pretrained(encoder)


def _check_factors(check_space: Callable[[FactorSpace], None] | None, encoder: FactorEncoder) -> None:
    """Raise SimfactorError if the environment can tell that the encoder's factors are not its scene's."""
    if check_space is not None:
        with naming("the encoder's factors"):
            check_space(encoder.space)


def _chosen_dims(encoder: FactorEncoder, factors: Sequence[str] | None) -> NDArray[np.intp]:
    """The latent dimensions of the named blocks, all for None."""
    layout = encoder.layout
    dims = np.arange(layout.size) if factors is None else layout.dims(factors)
    if not len(dims):
        raise SimfactorError(
            f"factors={factors!r} choose no latent; choose among the blocks {', '.join(layout.names)}."
        )
    return dims


def _latent_space(size: int) -> gym.Space[Any]:
    return gym.spaces.Box(-np.inf, np.inf, (size,), np.float32)


def _pixels_key(space: gym.Space[Any], size: int) -> str | None:
    """The key under which the images are, None if they are the whole observation."""
    key = "pixels" if isinstance(space, gym.spaces.Dict) and "pixels" in space.spaces else None
    pixels = space if key is None or not isinstance(space, gym.spaces.Dict) else space[key]
    if not isinstance(pixels, gym.spaces.Box) or pixels.dtype != np.uint8:
        raise SimfactorError(
            f"observation space {space} has no pixels; make the environment with observation='pixels'."
        )
    if pixels.shape != (size, size, 3):
        raise SimfactorError(
            f"images have shape {pixels.shape} but the encoder was trained on ({size}, {size}, 3); "
            f"make the environment with image_size={size}."
        )
    return key
