"""What an environment observes: numbers, pictures of its scene, or both; for one world or for many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import RenderBatch
from simfactor.render import RENDERERS, Renderer, make_renderer
from simfactor.scene import Scene

Pixels: TypeAlias = NDArray[np.uint8]

OBSERVATIONS = ("state", "pixels", "pixels+state")
FARTHEST = 1.5  # metres: no coordinate that the scene accepts for arm and marker is beyond


class Photographer:
    """Takes pictures of open scenes of one kind. The renderer is made for the first picture.

    Raises SimfactorError for a renderer that there is not.
    """

    def __init__(self, renderer: str) -> None:
        if renderer not in RENDERERS:
            raise unknown_name("renderer", renderer, RENDERERS)
        self._name = renderer
        self._renderer: Renderer | None = None

    def take(self, scenes: Sequence[Scene], size: int) -> Pixels:
        """Pictures (N, size, size, 3) of N scenes as they are now, in one call of the renderer."""
        if self._renderer is None:
            self._renderer = make_renderer(self._name)
        batch = RenderBatch.concatenate([scene.snapshot(size, size) for scene in scenes])
        return self._renderer.render(batch).rgb

    def close(self) -> None:
        """Close the renderer; a second call does nothing."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = None


def observation_space(kind: str, size: int) -> gym.Space[Any]:
    """The space of one world's observations. Raises SimfactorError for another kind or no positive size."""
    if kind not in OBSERVATIONS:
        raise unknown_name("observation", kind, OBSERVATIONS)
    if not size > 0:
        raise SimfactorError(f"image_size={size!r} must be a positive number of pixels.")
    state = gym.spaces.Box(-FARTHEST, FARTHEST, (6,), np.float32)
    pixels = gym.spaces.Box(0, 255, (size, size, 3), np.uint8)
    spaces: dict[str, gym.Space[Any]] = {
        "state": state,
        "pixels": pixels,
        "pixels+state": gym.spaces.Dict(pixels=pixels, state=state),
    }
    return spaces[kind]


def observe(kind: str, state: NDArray[np.float32], take: Callable[[], Pixels]) -> Any:
    """The observation of a state (6,) or of N states (N, 6), with the pictures that ``take`` gives.

    No picture is taken if none is wanted.
    """
    if kind == "state":
        return state
    pixels = take()
    return pixels if kind == "pixels" else {"pixels": pixels, "state": state}
