"""What an environment observes: numbers, pictures of its scene, or both; for one world or for many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import RenderBatch
from simfactor.render import RENDERERS, Renderer, make_renderer

Pixels: TypeAlias = NDArray[np.uint8]

GOAL = ("observation", "achieved_goal", "desired_goal")  # as Stable-Baselines3 calls the parts of Seen
OBSERVATIONS = ("state", "pixels", "pixels+state", "goal")
FARTHEST = 1.5  # metres: no coordinate that the scene accepts for arm and marker is beyond


class Seen(NamedTuple):
    """The truth about one world, or about N on axis 0, in metres.

    observed (..., W): what moves; achieved (..., 3): the part of it that counts; goal (..., 3): where it
    has to be.
    """

    observed: NDArray[np.floating]
    achieved: NDArray[np.floating]
    goal: NDArray[np.floating]

    @property
    def state(self) -> NDArray[np.float32]:
        """What moves and where it has to be, (..., W + 3)."""
        return np.concatenate([self.observed, self.goal], axis=-1).astype(np.float32)


class Photographer:
    """Takes pictures. The renderer is made for the first one.

    Args:
        renderer: a name in ``simfactor.render.RENDERERS``.
        threads: how many ``raster`` may use; the pictures do not depend on it.

    Raises SimfactorError for a renderer that there is not.
    """

    def __init__(self, renderer: str, threads: int = 1) -> None:
        if renderer not in RENDERERS:
            raise unknown_name("renderer", renderer, RENDERERS)
        self._name = renderer
        self._options = {"threads": threads} if renderer == "raster" else {}
        self._renderer: Renderer | None = None

    def take(self, batch: RenderBatch) -> Pixels:
        """Pictures (N, height, width, 3) of all that ``batch`` shows, in one call of the renderer."""
        if self._renderer is None:
            self._renderer = make_renderer(self._name, **self._options)
        return self._renderer.render(batch).rgb

    def close(self) -> None:
        """Close the renderer; a second call does nothing."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = None


def observation_space(kind: str, size: int, width: int) -> gym.Space[Any]:
    """The space of one world's observations, in which ``width`` numbers move.

    Raises SimfactorError for another kind or no positive size.
    """
    if kind not in OBSERVATIONS:
        raise unknown_name("observation", kind, OBSERVATIONS)
    if not size > 0:
        raise SimfactorError(f"image_size={size!r} must be a positive number of pixels.")
    state, position, moving = (_metres(count) for count in (width + 3, 3, width))
    pixels = gym.spaces.Box(0, 255, (size, size, 3), np.uint8)
    spaces: dict[str, gym.Space[Any]] = {
        "state": state,
        "pixels": pixels,
        "pixels+state": gym.spaces.Dict(pixels=pixels, state=state),
        "goal": gym.spaces.Dict(observation=moving, achieved_goal=position, desired_goal=position),
    }
    return spaces[kind]


def observe(kind: str, seen: Seen, take: Callable[[], Pixels]) -> Any:
    """The observation of one world or of N, with the pictures that ``take`` gives if any are wanted."""
    if kind == "state":
        return seen.state
    if kind == "goal":
        return {name: part.astype(np.float32) for name, part in zip(GOAL, seen, strict=True)}
    pixels = take()
    return pixels if kind == "pixels" else {"pixels": pixels, "state": seen.state}


def _metres(count: int) -> gym.spaces.Box:
    return gym.spaces.Box(-FARTHEST, FARTHEST, (count,), np.float32)
