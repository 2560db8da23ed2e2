"""What is read of observations with pictures: an encoder's latents, and numbers that stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, naming
from simfactor.factors import FactorSpace

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder

PIXELS = "pixels"


class LatentReading:
    """Observations to the latents of chosen blocks, float32, with the numbers of ``proprioception`` behind.

    Args:
        observed: the space of one world's observations: pixels, or a Dict with them under ``"pixels"``.
        encoder: a trained encoder or the folder it was saved in.
        factors: names of latent blocks, factor groups or roles; None takes all latents.
        proprioception: parts of the Dict, in this order.
        check_space: of the environment, if it can tell which factors it has.

    Raises SimfactorError when the images are not the encoder's size, no latent is chosen, the encoder was
    trained on other factors, or a part is not there or has no numbers.
    """

    def __init__(
        self,
        observed: gym.Space[Any],
        encoder: FactorEncoder | str | Path,
        factors: Sequence[str] | None,
        proprioception: Sequence[str],
        check_space: Callable[[FactorSpace], None] | None,
    ) -> None:
        self.encoder = open_encoder(encoder)
        _check_factors(check_space, self.encoder)
        self._pixels = _pixels_key(observed, self.encoder.image_size)
        self.dims = _chosen_dims(self.encoder, factors)
        self._parts = tuple(proprioception)
        size = len(self.dims) + _check_parts(observed, self._parts)
        self.space: gym.Space[Any] = gym.spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def pictures(self, observations: Any) -> NDArray[np.uint8]:
        """The picture or pictures of observations."""
        found: NDArray[np.uint8] = observations if self._pixels is None else observations[self._pixels]
        return found

    def read(self, pictures: NDArray[np.uint8], *observations: Any) -> NDArray[np.float32]:
        """Latents and proprioception (n, L) of n pictures, in one pass. ``observations``, whose pictures they
        are, are batches of a few worlds each, or of one world without a batch axis."""
        latents: NDArray[np.float32] = self.encoder.encode(pictures)[:, self.dims]
        if not self._parts:
            return latents
        return np.concatenate([latents, np.concatenate([self._numbers(o) for o in observations])], axis=1)

    def _numbers(self, observations: Mapping[str, Any]) -> NDArray[np.float32]:
        count = 1 if observations[PIXELS].ndim == 3 else len(observations[PIXELS])
        parts = [np.asarray(observations[part], np.float32).reshape(count, -1) for part in self._parts]
        return np.concatenate(parts, axis=1)


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


def _check_parts(observed: gym.Space[Any], parts: Sequence[str]) -> int:
    """How many numbers the parts have."""
    known: Mapping[str, Any] = observed.spaces if isinstance(observed, gym.spaces.Dict) else {}
    boxes = {name: box for name, box in known.items() if isinstance(box, gym.spaces.Box)}
    numbers = {name: box for name, box in boxes.items() if box.dtype != np.uint8}  # which pictures have
    for part in parts:
        if part not in numbers:
            has = ", ".join(numbers) or "nothing; make the environment with observation='pixels+state'"
            raise SimfactorError(
                f"proprioception {part!r} is no part of what is observed that has numbers; there is {has}."
            )
    return sum(gym.spaces.flatdim(numbers[part]) for part in parts)


def _pixels_key(space: gym.Space[Any], size: int) -> str | None:
    """The key under which the images are, None if they are the whole observation."""
    key = PIXELS if isinstance(space, gym.spaces.Dict) and PIXELS in space.spaces else None
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
