"""Tasks with an object that is solid: push it to the marker, or pick it up and bring it there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfactor.envs.episodes import Values
from simfactor.envs.task import EFFECTOR, TARGET, Array, Numbers, drive, point
from simfactor.scene import WORKSPACE_HIGH, Scene
from simfactor.scene.robot import WIDEST

PLACED = ("object_x", "object_y", "object_yaw", "object_shape", "object_size")
PUSHING = 0.03  # metres above the table at which the fingers push
LOWEST = 0.02  # and down to which they come to grasp


@dataclass(frozen=True)
class Push:
    """Push the object to a marker on the table.

    Actions (2,) ask for a displacement of the closed fingers along world x and y, 5 cm at full scale, in a
    plane 3 cm above the table; 1/12 s of physics each. What moves are the end effector and the object. The
    dense reward is lower by half the distance between them, for the object has to be found first.
    """

    space: str = "push"
    factors: tuple[str, ...] = (*EFFECTOR, *TARGET, *PLACED)
    actions: int = 2
    width: int = 6
    own: int = 3

    def begin(self, scene: Scene) -> None:
        scene.solidify()
        scene.robot.grip(0.0)

    def move(self, scene: Scene, action: Array) -> None:
        drive(scene, np.append(action, 0.0), PUSHING, PUSHING)

    def toll(self, observed: Numbers) -> float:
        return 0.5 * float(np.linalg.norm(observed[:3] - observed[-3:]))

    def observe(self, scene: Scene) -> Array:
        return np.concatenate([scene.robot.end_effector_position(), scene.object_position()])

    def achieved(self, observed: Numbers) -> Numbers:
        return observed[..., -3:]

    def start(self, values: Values) -> Array:
        return np.append(point(values, PLACED[:2]), float(values["object_size"]) / 2)

    def goal(self, values: Values) -> Array:
        return point(values, TARGET)


@dataclass(frozen=True)
class PickAndPlace(Push):
    """Pick the object up and bring it to a marker in the air.

    The first three of the actions (4,) ask for a displacement of the end effector along world x, y, z, 5 cm
    at full scale; the fourth says how far the fingers open, from closed (-1) to 8 cm (1). What moves are the
    end effector, the opening of the fingers and the object, 7 numbers.
    """

    space: str = "pick_and_place"
    actions: int = 4
    width: int = 7
    own: int = 4

    def begin(self, scene: Scene) -> None:
        scene.solidify()
        scene.robot.grip(WIDEST)

    def move(self, scene: Scene, action: Array) -> None:
        scene.robot.grip(WIDEST * (action[3] + 1) / 2)
        drive(scene, action[:3], LOWEST, WORKSPACE_HIGH[2])

    def observe(self, scene: Scene) -> Array:
        robot = scene.robot
        return np.concatenate([robot.end_effector_position(), [robot.opening()], scene.object_position()])
