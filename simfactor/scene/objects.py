"""The manipulated object: one body a shape, of which one is in the room, on the table or in the gripper."""

from __future__ import annotations

import math

import numpy as np

from simfactor.scene.world import PARKED, Rgb, World

GRIP = 0.01  # metres that the fingertips overlap a carried object


def show(world: World, shape: str, size: float, color: Rgb) -> None:
    """Make the object this shape, ``size`` metres high and ``color`` (sRGB), where the object is now."""
    shown = world.shown_shape()
    if shown != shape:
        world.place(shape, *world.pose(shown))
        world.place(shown, PARKED)
    world.object_size = size
    world.paint(shape, color)


def stand(world: World, x: float, y: float, yaw: float) -> None:
    """Stand the object upright on the table at x, y metres, turned ``yaw`` degrees."""
    half = math.radians(yaw) / 2.0
    world.place(
        world.shown_shape(), (x, y, world.object_size / 2.0), (0.0, 0.0, math.sin(half), math.cos(half))
    )


def standing_yaw(world: World) -> float:
    """The object's yaw in degrees, [-180, 180)."""
    _, (_, _, z, w) = world.pose(world.shown_shape())
    return (math.degrees(2.0 * math.atan2(z, w)) + 180.0) % 360.0 - 180.0


def carry(world: World) -> None:
    """Put the object into the gripper, upright when the gripper points down."""
    position, (x, y, z, w) = world.robot.end_effector_pose()
    along = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])  # the gripper's z
    center = position + (world.object_size / 2.0 - GRIP) * along
    # the gripper's frame turned half about its x, so that the object's top is at the fingers
    world.place(world.shown_shape(), tuple(center), (w, z, -y, -x))
