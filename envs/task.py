"""What a task adds to a scene: what an episode draws, how actions move things, what has to be where."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.envs.episodes import Values
from simfactor.scene import WORKSPACE_HIGH, WORKSPACE_LOW, Scene

Array: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.floating]  # of either precision

STRIDE = 0.05  # metres that an action of 1 asks for
SUBSTEPS = 20  # physics steps of 1/240 s in one environment step
EFFECTOR = ("ee_x", "ee_y", "ee_z")
TARGET = ("target_x", "target_y", "target_z")


class Task(Protocol):
    """A task of a robot in a scene. All positions are (3,) in metres.

    Attributes:
        space: name of the ready factor space whose task factors an episode draws by default.
        factors: the factors drawn for every episode: where things start, and the goal.
        actions: how many numbers in [-1, 1] an action has.
        width: how many numbers describe what moves, the goal not among them.
        own: how many of these, the first ones, are about the robot itself.
    """

    @property
    def space(self) -> str: ...

    @property
    def factors(self) -> tuple[str, ...]: ...

    @property
    def actions(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def own(self) -> int: ...

    def begin(self, scene: Scene) -> None:
        """Make a scene ready in which the factors of an episode are set."""

    def move(self, scene: Scene, action: Array) -> None:
        """Do one environment step with an action (actions,) in [-1, 1]."""

    def toll(self, observed: Numbers) -> float:
        """What the dense reward is lower by, beside the distance to the goal."""

    def observe(self, scene: Scene) -> Array:
        """What moves, as it is now, (width,)."""

    def achieved(self, observed: Numbers) -> Numbers:
        """The part of what :meth:`observe` gives that the goal is compared with, (..., 3) of (..., width)."""

    def start(self, values: Values) -> Array:
        """What :meth:`achieved` will be in an episode that starts with these factors."""

    def goal(self, values: Values) -> Array:
        """Where it has to be."""


def drive(scene: Scene, move: Array, floor: float, ceiling: float) -> None:
    """Let physics bring the end effector ``STRIDE`` times ``move`` (3,) further.

    It stays within the workspace, whose height is from ``floor`` to ``ceiling`` metres.
    """
    robot = scene.robot
    goal = robot.end_effector_position() + STRIDE * move
    robot.drive_to(np.clip(goal, (*WORKSPACE_LOW[:2], floor), (*WORKSPACE_HIGH[:2], ceiling)))
    scene.step(SUBSTEPS)


def point(values: Values, names: tuple[str, ...]) -> Array:
    """The named factors as a position."""
    return np.array([float(values[name]) for name in names])


def distance(achieved: NDArray[Any], goal: NDArray[Any]) -> Any:
    """Metres (...,) between positions (..., 3)."""
    return np.linalg.norm(achieved - goal, axis=-1)
