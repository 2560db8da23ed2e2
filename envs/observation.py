"""What an environment observes: numbers, pictures of its scene, or both; for one world or for many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import Images, RenderBatch
from simfactor.render import Renderer, make_renderer
from simfactor.render.renderer import parse_renderer
from simfactor.scene.state import SceneState
from simfactor.scene.wrist import wrist_view

Pixels: TypeAlias = NDArray[np.uint8]

STATE, PIXELS, PROPRIOCEPTION, GOAL = "state", "pixels", "proprioception", "goal"
GOALS = ("observation", "achieved_goal", "desired_goal")  # as Stable-Baselines3 calls the parts of Seen
OBSERVATIONS = (STATE, PROPRIOCEPTION, PIXELS, f"{PIXELS}+{STATE}", f"{PIXELS}+{PROPRIOCEPTION}", GOAL)
SCENE, WRIST = CAMERAS = ("scene", "wrist")
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
        renderer: as of :func:`simfactor.render.make_renderer`.
        threads: how many ``raster`` may use; the pictures do not depend on it.

    Raises SimfactorError for a renderer that there is not.
    """

    def __init__(self, renderer: str, threads: int = 1) -> None:
        self._name = renderer
        self._options = {"threads": threads} if parse_renderer(renderer).name == "raster" else {}
        self._renderer: Renderer | None = None

    def take(self, batch: RenderBatch) -> Pixels:
        """Pictures (N, height, width, 3) of all that ``batch`` shows, in one call of the renderer."""
        return self.photograph(batch).rgb

    def photograph(self, batch: RenderBatch) -> Images:
        """The same with depth and segmentation."""
        if self._renderer is None:
            self._renderer = make_renderer(self._name, **self._options)
        return self._renderer.render(batch)

    def close(self) -> None:
        """Close the renderer; a second call does nothing."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = None


@dataclass(frozen=True)
class Look:
    """What is observed of a world.

    kind: a name in ``OBSERVATIONS``. size: of its pictures, pixels. camera: whose they are, a name in
    ``CAMERAS``. width: how many numbers move; own: how many of these, the first ones, are the robot's own.

    Raises SimfactorError for another kind or camera, and no positive size.
    """

    kind: str
    size: int
    camera: str
    width: int
    own: int

    def __post_init__(self) -> None:
        if self.kind not in OBSERVATIONS:
            raise unknown_name("observation", self.kind, OBSERVATIONS)
        if self.camera not in CAMERAS:
            raise unknown_name("camera", self.camera, CAMERAS)
        if not self.size > 0:
            raise SimfactorError(f"image_size={self.size!r} must be a positive number of pixels.")

    @property
    def draws(self) -> bool:
        """Whether pictures are part of it."""
        return self.kind.startswith(PIXELS)

    @property
    def space(self) -> gym.Space[Any]:
        """The space of one world's observations."""
        pixels = gym.spaces.Box(0, 255, (self.size, self.size, 3), np.uint8)
        if self.kind == GOAL:
            parts = (_metres(self.width), _metres(3), _metres(3))
            return gym.spaces.Dict(dict(zip(GOALS, parts, strict=True)))
        widths = {STATE: self.width + 3, PROPRIOCEPTION: self.own}
        named: dict[str, gym.Space[Any]] = {
            name: pixels if name == PIXELS else _metres(widths[name]) for name in self.kind.split("+")
        }
        return gym.spaces.Dict(named) if len(named) > 1 else named[self.kind]

    def observe(self, seen: Seen, take: Callable[[], Pixels]) -> Any:
        """The observation of one world or of N, with the pictures that ``take`` gives if any are wanted."""
        if self.kind == GOAL:
            return {name: part.astype(np.float32) for name, part in zip(GOALS, seen, strict=True)}
        ways: dict[str, Callable[[], Any]] = {
            STATE: lambda: seen.state,
            PIXELS: take,
            PROPRIOCEPTION: lambda: seen.observed[..., : self.own].astype(np.float32),
        }
        named = {name: ways[name]() for name in self.kind.split("+")}
        return named if len(named) > 1 else named[self.kind]

    def framed(self, batch: RenderBatch, state: SceneState) -> RenderBatch:
        """``batch``, which shows the rows of ``state`` to the scene's camera, for the one looked through."""
        return wrist_view(batch, state) if self.camera == WRIST else batch


def _metres(count: int) -> gym.spaces.Box:
    return gym.spaces.Box(-FARTHEST, FARTHEST, (count,), np.float32)
