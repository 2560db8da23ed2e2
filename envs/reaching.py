"""Tasks of reaching: bring the point between the fingertips to the red marker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfactor.envs.episodes import Values
from simfactor.envs.task import EFFECTOR, STRIDE, TARGET, Array, Numbers, drive, point
from simfactor.scene import WORKSPACE_HIGH, WORKSPACE_LOW, Scene


@dataclass(frozen=True)
class Reach:
    """Reach a marker anywhere in the workspace.

    Actions (3,) ask for a displacement along world x, y, z, 5 cm at full scale, clipped to the workspace (x
    0.3..0.6, y -0.25..0.25, z 0.05..0.4 m); 1/12 s of physics each.
    """

    space: str = "tabletop"
    factors: tuple[str, ...] = (*EFFECTOR, *TARGET)
    actions: int = 3
    width: int = 3
    own: int = 3

    def begin(self, scene: Scene) -> None:
        """Nothing is to be done."""

    def move(self, scene: Scene, action: Array) -> None:
        drive(scene, action, WORKSPACE_LOW[2], WORKSPACE_HIGH[2])

    def toll(self, observed: Numbers) -> float:
        return 0.0

    def observe(self, scene: Scene) -> Array:
        return scene.robot.end_effector_position()

    def achieved(self, observed: Numbers) -> Numbers:
        return observed

    def start(self, values: Values) -> Array:
        return point(values, EFFECTOR)

    def goal(self, values: Values) -> Array:
        return point(values, TARGET)


@dataclass(frozen=True)
class PlanarReach(Reach):
    """Reach a marker in the plane in which the arm moves, 15 cm above the table: a task of a minute.

    Actions (2,) move the arm along world x and y, 5 cm at full scale, clipped to the workspace, at once and
    without physics.
    """

    space: str = "arm"
    actions: int = 2

    def move(self, scene: Scene, action: Array) -> None:
        x, y = np.clip(
            scene.robot.end_effector_position()[:2] + STRIDE * action, WORKSPACE_LOW[:2], WORKSPACE_HIGH[:2]
        )
        scene.apply({"ee_x": x, "ee_y": y})
