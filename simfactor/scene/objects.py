"""The manipulated object: one body a shape, of which one is in the room, on the table or in the gripper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simfactor.scene.primitives import SHAPES
from simfactor.scene.robot import GRASP, effector_position
from simfactor.scene.state import SceneState

Array = NDArray[np.float64]

GRIP = 0.01  # metres that the fingertips overlap a carried object


def shape_indices(names: Sequence[str]) -> NDArray[np.int64]:
    """Where the named shapes stand in ``SHAPES``, (k,)."""
    order = list(SHAPES)
    return np.array([order.index(name) for name in names])


def show(state: SceneState, shapes: NDArray[np.int64], sizes: Array, colors: Array) -> SceneState:
    """Give the object a shape (n,), a size (n,) of so many metres and a colour (n, 3), where it is now."""
    return replace(state, object_shape=shapes, object_size=sizes, object_color=colors)


def stand(state: SceneState, x: Array, y: Array, yaw: Array) -> SceneState:
    """Stand the object upright on the table at x, y (n,) metres, turned ``yaw`` (n,) degrees."""
    half = np.radians(yaw) / 2.0
    upright = np.zeros_like(half)
    return replace(
        state,
        object_position=np.stack([x, y, state.object_size / 2.0], axis=1),
        object_orientation=np.stack([upright, upright, np.sin(half), np.cos(half)], axis=1),
    )


def standing_yaw(state: SceneState) -> Array:
    """The object's yaw (n,) in degrees, [-180, 180)."""
    z, w = state.object_orientation[:, 2], state.object_orientation[:, 3]
    return (np.degrees(2.0 * np.arctan2(z, w)) + 180.0) % 360.0 - 180.0


def carry(state: SceneState) -> SceneState:
    """Put the object into the gripper, upright when the gripper points down."""
    x, y, z, w = state.link_orientation[:, GRASP + 1].T
    down = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=1)
    return replace(
        state,
        object_position=effector_position(state) + (state.object_size / 2.0 - GRIP)[:, None] * down,
        # the gripper's frame turned half about its x, so that the object's top is at the fingers
        object_orientation=np.stack([w, z, -y, -x], axis=1),
    )
