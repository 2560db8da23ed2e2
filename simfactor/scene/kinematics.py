"""Inverse kinematics of the Franka Panda with its gripper pointing down, in closed form.

PyBullet's own solver starts from the live robot and needs hundreds of iterations for a millimetre. With
the arm's redundant joints 3 and 5 at zero its upper arm and forearm lie in one vertical plane, so two
triangles give the angles exactly, and a position alone decides them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError

# Lengths in metres, from the URDF (the same as in Franka's documentation).
SHOULDER = 0.333  # height of joint 2
UPPER_ARM, FOREARM, ELBOW = 0.316, 0.384, 0.0825  # ELBOW: both links reach joint 4 this far off their axis
WRIST = 0.088  # from joint 6 out to the gripper's axis
HAND = 0.107 + 0.105  # flange and hand: from the wrist down to between the fingertips

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


def inverse(position: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Joint angles (7,) in radians that bring the point between the fingertips to ``position`` (3,) metres.

    The gripper points down and its fingers open along y. Raises SimfactorError when the arm cannot reach.
    """
    x, y, z = (float(v) for v in position)
    out, up = math.hypot(x, y) - WRIST, z + HAND - SHOULDER  # shoulder to wrist, in the arm's plane
    upper, fore, reach = math.hypot(UPPER_ARM, ELBOW), math.hypot(FOREARM, ELBOW), math.hypot(out, up)
    if not abs(upper - fore) < reach <= upper + fore:
        raise _unreachable(x, y, z)
    lean = math.atan2(out, up)  # angles from the vertical
    upper_lean = lean - _corner(upper, reach, fore)
    fore_lean = lean + _corner(fore, reach, upper)
    shoulder = upper_lean - math.atan2(ELBOW, UPPER_ARM)
    wrist = fore_lean + math.atan2(ELBOW, FOREARM)
    base = math.atan2(y, x)
    joints = np.array([base, shoulder, 0.0, shoulder - wrist, 0.0, wrist, base + math.pi / 4])
    if (joints < LIMITS[:, 0]).any() or (joints > LIMITS[:, 1]).any():
        raise _unreachable(x, y, z)
    return joints


def _corner(a: float, b: float, opposite: float) -> float:
    """The angle between sides a and b of a triangle, by the law of cosines."""
    return math.acos(max(-1.0, min(1.0, (a * a + b * b - opposite * opposite) / (2 * a * b))))


def _unreachable(x: float, y: float, z: float) -> SimfactorError:
    return SimfactorError(
        f"the arm cannot reach ({x:.3f}, {y:.3f}, {z:.3f}) m with its gripper down; "
        "stay within x 0.3..0.6, y -0.25..0.25, z 0.05..0.4."
    )


REST = inverse((0.45, 0.0, 0.225))  # the middle of the workspace
