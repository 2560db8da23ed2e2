"""The object as physics knows it: a body that falls, is pushed and is grasped. It is not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfactor.frames import Mesh
from simfactor.scene.bullet import pybullet as p

DENSITY = 900.0  # kg per cubic metre of the box around it: a cube of 6 cm has about 200 g
FRICTION, SPIN_FRICTION = 1.0, 0.002  # sliding, and turning about a contact's normal (metres)
UNSEEN = (1.0, 1.0, 1.0, 0.0)

Pose = tuple[tuple[float, ...], tuple[float, ...]]


class Solid:
    """The convex hull of a mesh of unit size, ``size`` metres large, in a PyBullet client.

    PyBullet cannot resize a collision shape, so a solid is made anew for another size, and must be removed
    before the client's saved state is restored.
    """

    def __init__(self, client: int, mesh: Mesh, size: float, pose: Pose) -> None:
        self._client = client
        corners = np.unique(mesh.vertices, axis=0)  # sorted: the same hull every time
        hull = p.createCollisionShape(
            p.GEOM_MESH, vertices=corners.tolist(), meshScale=[size] * 3, physicsClientId=client
        )
        volume = float(np.prod(np.ptp(corners, axis=0))) * size**3
        self._body: int = p.createMultiBody(
            baseMass=DENSITY * volume,
            baseCollisionShapeIndex=hull,
            basePosition=pose[0],
            baseOrientation=pose[1],
            physicsClientId=client,
        )
        p.changeVisualShape(self._body, -1, rgbaColor=UNSEEN, physicsClientId=client)
        p.changeDynamics(
            self._body, -1, lateralFriction=FRICTION, spinningFriction=SPIN_FRICTION, physicsClientId=client
        )

    def pose(self) -> Pose:
        """Position (3,) metres and orientation (4,) xyzw."""
        at, turned = p.getBasePositionAndOrientation(self._body, physicsClientId=self._client)
        return at, turned

    def place(self, position: Sequence[float], orientation: Sequence[float]) -> None:
        """Put it somewhere, at rest."""
        p.resetBasePositionAndOrientation(self._body, position, orientation, physicsClientId=self._client)
        p.resetBaseVelocity(self._body, (0, 0, 0), (0, 0, 0), physicsClientId=self._client)

    def remove(self) -> None:
        """Take it out of the client."""
        p.removeBody(self._body, physicsClientId=self._client)
