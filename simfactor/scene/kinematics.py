"""Forward and inverse kinematics of the Franka Panda's arm, as functions of arrays only.

PyBullet's own inverse kinematics needs the live robot and hundreds of iterations for a millimetre; a Newton
iteration on the arm's published geometry reaches a nanometre in a few, from the same start every time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError

Array = NDArray[np.float64]

# Denavit-Hartenberg parameters in Craig's convention, from Franka's control interface documentation.
OFFSET = np.array([0.0, 0.0, 0.0, 0.0825, -0.0825, 0.0, 0.088])
RISE = np.array([0.333, 0.0, 0.316, 0.0, 0.384, 0.0, 0.0])
TWIST = np.radians([0.0, -90.0, 90.0, 90.0, -90.0, 90.0, 90.0])
FLANGE_TO_GRASP = 0.107 + 0.105  # flange to hand, hand to the point between the fingertips
HAND_TURN = -np.pi / 4

LIMITS = np.array(  # radians; the URDF's
    [
        [-2.9671, 2.9671],
        [-1.8326, 1.8326],
        [-2.9671, 2.9671],
        [-3.1416, 0.0],
        [-2.9671, 2.9671],
        [-0.0873, 3.8223],
        [-2.9671, 2.9671],
    ]
)
# the gripper points down in the middle of the workspace
REST = np.array([0.0, -0.14194, 0.0, -2.52042, 0.0, 2.37849, np.pi / 4])
DOWN = np.diag([1.0, -1.0, -1.0])  # orientation of a gripper that points straight down
TOLERANCE = 1e-9  # metres and radians
DAMPING = 1e-6
MAX_STEP = 0.5  # radians a joint may move in one iteration


def _constant_part() -> Array:
    ca, sa = np.cos(TWIST), np.sin(TWIST)
    matrices = np.zeros((7, 4, 4))
    matrices[:, 0, 0] = 1.0
    matrices[:, 0, 3] = OFFSET
    matrices[:, 1, 1], matrices[:, 1, 2], matrices[:, 1, 3] = ca, -sa, -sa * RISE
    matrices[:, 2, 1], matrices[:, 2, 2], matrices[:, 2, 3] = sa, ca, ca * RISE
    matrices[:, 3, 3] = 1.0
    return matrices


def _tool() -> Array:
    c, s = np.cos(HAND_TURN), np.sin(HAND_TURN)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, FLANGE_TO_GRASP], [0, 0, 0, 1]])


LINKS, TOOL = _constant_part(), _tool()


def forward(joints: Array) -> tuple[Array, Array, Array]:
    """Pose of the grasp point in the robot's base frame, and its Jacobian.

    Args:
        joints: (7,) radians.
    Returns:
        position (3,) metres, rotation (3, 3), Jacobian (6, 7): linear over angular velocity.
    """
    turns = np.zeros((7, 4, 4))
    c, s = np.cos(joints), np.sin(joints)
    turns[:, 0, 0], turns[:, 0, 1], turns[:, 1, 0], turns[:, 1, 1] = c, -s, s, c
    turns[:, 2, 2] = turns[:, 3, 3] = 1.0
    steps = LINKS @ turns
    frames = np.empty((7, 4, 4))
    frame = np.eye(4)
    for i in range(7):
        frame = frames[i] = frame @ steps[i]
    tip = frame @ TOOL
    axes, arms = frames[:, :3, 2].T, tip[:3, 3][:, None] - frames[:, :3, 3].T
    jacobian = np.empty((6, 7))
    jacobian[0] = axes[1] * arms[2] - axes[2] * arms[1]
    jacobian[1] = axes[2] * arms[0] - axes[0] * arms[2]
    jacobian[2] = axes[0] * arms[1] - axes[1] * arms[0]
    jacobian[3:] = axes
    return tip[:3, 3], tip[:3, :3], jacobian


def inverse(position: Array, iterations: int = 50) -> Array:
    """Joint angles (7,) that bring a downward gripper's grasp point to ``position`` (3,), starting from REST.

    Damped Gauss-Newton on position and orientation (Buss 2004, "Introduction to inverse kinematics", sec. 9).
    A pure function of ``position``. Raises SimfactorError when the arm cannot reach it within its limits.
    """
    goal = np.asarray(position, np.float64)
    joints = REST.copy()
    for _ in range(iterations):
        at, rotation, jacobian = forward(joints)
        error = np.concatenate([goal - at, _rotation_error(rotation)])
        if np.abs(error).max() < TOLERANCE:
            break
        gram = jacobian @ jacobian.T
        gram[np.arange(6), np.arange(6)] += DAMPING
        step = jacobian.T @ np.linalg.solve(gram, error)
        joints += step * min(1.0, MAX_STEP / max(np.abs(step).max(), 1e-12))
    else:
        raise _unreachable(goal)
    if (joints < LIMITS[:, 0]).any() or (joints > LIMITS[:, 1]).any():
        raise _unreachable(goal)
    return joints


def _rotation_error(rotation: Array) -> Array:
    """Rotation vector (3,) that turns ``rotation`` into DOWN, to first order."""
    m = DOWN @ rotation.T
    return 0.5 * np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])


def _unreachable(goal: Array) -> SimfactorError:
    spot = ", ".join(f"{v:.3f}" for v in goal)
    return SimfactorError(
        f"the arm cannot reach ({spot}) m with its gripper down; "
        "stay within x 0.3..0.6, y -0.25..0.25, z 0.05..0.4."
    )
