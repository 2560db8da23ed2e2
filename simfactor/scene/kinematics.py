"""Inverse kinematics of the Franka Panda with its gripper pointing down, in closed form.

PyBullet's own solver starts from the live robot and needs hundreds of iterations for a millimetre. With
the arm's redundant joints 3 and 5 at zero its upper arm and forearm lie in one vertical plane, so two
triangles give the angles exactly, and a position alone decides them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError

Array = NDArray[np.float64]

# Lengths in metres, from the URDF (the same as in Franka's documentation).
SHOULDER = 0.333  # height of joint 2
UPPER_ARM, FOREARM, ELBOW = 0.316, 0.384, 0.0825  # ELBOW: both links reach joint 4 this far off their axis
WRIST = 0.088  # from joint 6 out to the gripper's axis
HAND = 0.107 + 0.105  # flange and hand: from the wrist down to between the fingertips
UPPER, FORE = float(np.hypot(UPPER_ARM, ELBOW)), float(np.hypot(FOREARM, ELBOW))  # joint to joint
TINY = 1e-9  # metres: keeps a position in the shoulder itself from dividing by zero

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


def inverse(position: ArrayLike) -> Array:
    """Joint angles (..., 7) in radians that bring the point between the fingertips to ``position`` (..., 3).

    In metres; the gripper points down and its fingers open along y. Raises SimfactorError, which names the
    first position that the arm cannot reach, and its row where there are several.
    """
    points = np.asarray(position, np.float64)
    x, y, z = np.moveaxis(points, -1, 0)
    out, up = np.hypot(x, y) - WRIST, z + HAND - SHOULDER  # shoulder to wrist, in the arm's plane
    reach = np.hypot(out, up)
    lean = np.arctan2(out, up)  # angles from the vertical
    shoulder = lean - _corner(UPPER, reach, FORE) - np.arctan2(ELBOW, UPPER_ARM)
    wrist = lean + _corner(FORE, reach, UPPER) + np.arctan2(ELBOW, FOREARM)
    base = np.arctan2(y, x)
    straight = np.zeros_like(base)
    joints = np.stack(
        [base, shoulder, straight, shoulder - wrist, straight, wrist, base + np.pi / 4], axis=-1
    )
    reached = (abs(UPPER - FORE) < reach) & (reach <= UPPER + FORE)
    reached &= ((LIMITS[:, 0] <= joints) & (joints <= LIMITS[:, 1])).all(axis=-1)
    if not reached.all():
        raise _unreachable(points.reshape(-1, 3), int(reached.argmin()))
    return joints


def _corner(a: float, b: Array, opposite: float) -> Array:
    """The angle between sides a and b of a triangle, by the law of cosines."""
    beside = a * a + b * b - opposite * opposite
    return np.arccos(np.clip(beside / (2 * a * np.maximum(b, TINY)), -1.0, 1.0))


def _unreachable(points: Array, row: int) -> SimfactorError:
    x, y, z = np.round(points[row], 3) + 0.0  # no minus before 0.000
    place = f" in row {row}" if len(points) > 1 else ""
    return SimfactorError(
        f"the arm cannot reach ({x:.3f}, {y:.3f}, {z:.3f}) m{place} with its gripper down; "
        "stay within x 0.3..0.6, y -0.25..0.25, z 0.05..0.4."
    )


REST = inverse((0.45, 0.0, 0.225))  # the middle of the workspace
