"""The Franka Panda in a PyBullet world: where it is, and how to put or drive it somewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybullet_data
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.scene import kinematics
from simfactor.scene.bullet import pybullet as p

Array = NDArray[np.float64]

URDF = Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
ARM = tuple(range(7))
FINGERS = (9, 10)
GRASP = 11  # the link between the fingertips
FORCES = (87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0, 20.0, 20.0)  # N m, fingers N: the URDF's effort limits
GAP = 0.02  # metres each finger stands open
WORKSPACE_LOW = np.array([0.3, -0.25, 0.05])
WORKSPACE_HIGH = np.array([0.6, 0.25, 0.4])


class Robot:
    """A Panda with its base at the world's origin and its gripper pointing down.

    Inverse kinematics always starts from one rest configuration, so a position decides the whole pose.
    """

    def __init__(self, client: int) -> None:
        self.client = client
        self.body: int = p.loadURDF(str(URDF), useFixedBase=True, physicsClientId=client)
        self.links: int = p.getNumJoints(self.body, physicsClientId=client)
        self.set_joint_positions(kinematics.REST)

    def joint_positions(self) -> Array:
        """Angles (7,) of the arm in radians."""
        states = p.getJointStates(self.body, ARM, physicsClientId=self.client)
        return np.array([state[0] for state in states])

    def set_joint_positions(self, joints: ArrayLike) -> None:
        """Put the arm at ``joints`` (7,) radians, at rest, and let its motors hold it there."""
        angles = self._check_joints(joints)
        for joint, angle in zip((*ARM, *FINGERS), (*angles, GAP, GAP), strict=True):
            p.resetJointState(self.body, joint, angle, targetVelocity=0.0, physicsClientId=self.client)
        self.hold(angles)

    def hold(self, joints: ArrayLike) -> None:
        """Set the motors' goals to ``joints`` (7,) radians; the arm moves there as physics steps."""
        p.setJointMotorControlArray(
            self.body,
            (*ARM, *FINGERS),
            p.POSITION_CONTROL,
            targetPositions=[*self._check_joints(joints), GAP, GAP],
            forces=FORCES,
            physicsClientId=self.client,
        )

    def end_effector_position(self) -> Array:
        """Where the point between the fingertips is, (3,) metres."""
        return self.end_effector_pose()[0]

    def end_effector_pose(self) -> tuple[Array, Array]:
        """Position (3,) metres and orientation (4,) xyzw of the point between the fingertips."""
        state = p.getLinkState(self.body, GRASP, computeForwardKinematics=1, physicsClientId=self.client)
        return np.array(state[4]), np.array(state[5])

    def teleport(self, position: ArrayLike) -> None:
        """Put the end effector at ``position`` (3,) metres, at rest.

        Raises SimfactorError when the arm cannot reach it.
        """
        self.set_joint_positions(kinematics.inverse(np.asarray(position, np.float64)))

    def drive_to(self, position: ArrayLike) -> None:
        """Set the motors' goals so that the end effector moves to ``position`` (3,) metres as physics steps.

        Raises SimfactorError when the arm cannot reach it.
        """
        self.hold(kinematics.inverse(np.asarray(position, np.float64)))

    def link_frames(self) -> tuple[Array, Array]:
        """Positions (L, 3) and orientations (L, 4) xyzw of the links' URDF frames, the base first."""
        states = p.getLinkStates(
            self.body, range(self.links), computeForwardKinematics=1, physicsClientId=self.client
        )
        # the base is fixed at the origin; PyBullet would report its centre of mass instead of its frame
        positions = np.array([(0.0, 0.0, 0.0), *(s[4] for s in states)])
        orientations = np.array([(0.0, 0.0, 0.0, 1.0), *(s[5] for s in states)])
        return positions, orientations

    def _check_joints(self, joints: ArrayLike) -> Array:
        angles = np.asarray(joints, np.float64)
        if angles.shape != (7,) or not np.isfinite(angles).all():
            raise SimfactorError(f"joints={joints!r} must be 7 finite angles in radians.")
        return angles
