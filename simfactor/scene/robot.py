"""The Franka Panda in a PyBullet world: where it is, and how to put or drive it somewhere."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pybullet_data
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.scene import kinematics
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.chain import Chain
from simfactor.scene.state import SceneState

Array = NDArray[np.float64]

URDF = Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
ARM = tuple(range(7))
FINGERS = (9, 10)
MOVABLE = (*ARM, *FINGERS)
GRASP = 11  # the link between the fingertips
FORCES = (87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0, 20.0, 20.0)  # N m, fingers N: the URDF's effort limits
GAP = 0.02  # metres each finger stands open unless it grips
WIDEST = 0.04  # and at most
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
        self._gap = GAP
        self.set_joint_positions(kinematics.REST)

    def joint_positions(self) -> Array:
        """Angles (7,) of the arm in radians."""
        return self.all_joint_positions()[: len(ARM)]

    def all_joint_positions(self) -> Array:
        """Angles of the arm in radians, then how far each finger is open in metres, (9,)."""
        states = p.getJointStates(self.body, MOVABLE, physicsClientId=self.client)
        return np.array([state[0] for state in states])

    def set_joint_positions(self, joints: ArrayLike) -> None:
        """Put the arm at ``joints`` (7,) radians, at rest, its fingers a little open, and hold it there."""
        angles = self._check_joints(joints)
        self._gap = GAP
        for joint, angle in zip(MOVABLE, (*angles, GAP, GAP), strict=True):
            p.resetJointState(self.body, joint, angle, targetVelocity=0.0, physicsClientId=self.client)
        self.hold(angles)

    def hold(self, joints: ArrayLike) -> None:
        """Set the motors' goals to ``joints`` (7,) radians; the arm moves there as physics steps."""
        p.setJointMotorControlArray(
            self.body,
            MOVABLE,
            p.POSITION_CONTROL,
            targetPositions=[*self._check_joints(joints), self._gap, self._gap],
            forces=FORCES,
            physicsClientId=self.client,
        )

    def grip(self, gap: float) -> None:
        """Set the goal of the fingers, each ``gap`` metres from the middle, for all drives from now on."""
        self._gap = float(np.clip(gap, 0.0, WIDEST))

    def opening(self) -> float:
        """How far the fingertips are apart, metres."""
        return float(sum(self.all_joint_positions()[len(ARM) :]))

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


@cache
def panda_chain() -> Chain:
    """The kinematic chain of the Panda, shared by all scenes of a process."""
    client = p.connect(p.DIRECT)
    try:
        shapeless = p.URDF_IGNORE_VISUAL_SHAPES | p.URDF_IGNORE_COLLISION_SHAPES
        body = p.loadURDF(str(URDF), useFixedBase=True, flags=shapeless, physicsClientId=client)
        return Chain.from_body(body, client)
    finally:
        p.disconnect(physicsClientId=client)


def put_arm(state: SceneState, arm: ArrayLike) -> SceneState:
    """The arm at ``arm`` (n, 7) radians, its fingers open, and its links where that puts them."""
    angles = np.asarray(arm, np.float64)
    joints = np.concatenate([angles, np.full((len(angles), len(FINGERS)), GAP)], axis=1)
    position, orientation = panda_chain().link_frames(joints)
    return replace(state, joints=joints, link_position=position, link_orientation=orientation)


def effector_position(state: SceneState) -> Array:
    """Positions (n, 3) in metres of the point between the fingertips."""
    return state.link_position[:, GRASP + 1]
