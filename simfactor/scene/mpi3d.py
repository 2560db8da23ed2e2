"""The scene ``mpi3d``: the seven factors of MPI3D toy, an arm that carries an object, redone in PyBullet.

MPI3D: Gondal et al. (2019), "On the transfer of inductive bias from simulation to the real world: a new
disentanglement dataset"; names and order of values as published there.
"""

from __future__ import annotations

import math

from simfactor.scene import objects
from simfactor.scene.effects import Choice, Effect, Range, Value, Values, nearest_color, palette
from simfactor.scene.kinematics import LIMITS, REST
from simfactor.scene.optics import Camera, Light
from simfactor.scene.world import Rgb, World

OBJECT_COLORS: dict[str, Rgb] = {
    "white": (0.90, 0.90, 0.90),
    "green": (0.10, 0.55, 0.18),
    "red": (0.80, 0.10, 0.10),
    "blue": (0.10, 0.20, 0.75),
    "brown": (0.45, 0.27, 0.13),
    "olive": (0.50, 0.50, 0.10),
}
SHAPES = ("cone", "cube", "cylinder", "hexagonal", "pyramid", "sphere")
SIZES = {"small": 0.07, "large": 0.10}  # metres
CAMERA_HEIGHTS = {"top": 1.0, "center": 0.65, "bottom": 0.3}  # metres above the table
CAMERA_RADIUS = 1.15  # metres from the workspace, seen from above
BACKGROUND_COLORS: dict[str, Rgb] = {
    "purple": (0.42, 0.18, 0.50),
    "sea_green": (0.18, 0.55, 0.40),
    "salmon": (0.95, 0.55, 0.48),
}
AXES = {"horizontal_axis": 0, "vertical_axis": 1}  # factor -> joint: the base and the shoulder


def turn_axes(world: World, values: Values) -> None:
    joints = REST.copy()
    for name, joint in AXES.items():
        joints[joint] = math.radians(float(values[name]))
    world.robot.set_joint_positions(joints)
    objects.carry(world)


def read_axes(world: World) -> Values:
    joints = world.robot.joint_positions()
    return {name: math.degrees(joints[joint]) for name, joint in AXES.items()}


def set_object(world: World, values: Values) -> None:
    color = OBJECT_COLORS[str(values["object_color"])]
    objects.show(world, str(values["object_shape"]), SIZES[str(values["object_size"])], color)
    objects.carry(world)


def read_object(world: World) -> Values:
    shape = world.shown_shape()
    return {
        "object_color": nearest_color(world.color(shape), OBJECT_COLORS),
        "object_shape": shape,
        "object_size": min(SIZES, key=lambda name: abs(SIZES[name] - world.object_size)),
    }


def raise_camera(world: World, values: Values) -> None:
    height = CAMERA_HEIGHTS[str(values["camera_height"])]
    world.camera = world.camera.at_height(height, CAMERA_RADIUS)


def read_camera(world: World) -> Values:
    height = world.camera.height
    return {"camera_height": min(CAMERA_HEIGHTS, key=lambda name: abs(CAMERA_HEIGHTS[name] - height))}


def _turn(joint: int) -> Range:
    low, high = (math.degrees(limit) for limit in LIMITS[joint])
    return Range(low, high, "deg")


EFFECTS: tuple[Effect, ...] = (
    Effect({name: _turn(joint) for name, joint in AXES.items()}, turn_axes, read_axes),
    Effect(
        {
            "object_color": Choice(tuple(OBJECT_COLORS)),
            "object_shape": Choice(SHAPES),
            "object_size": Choice(tuple(SIZES)),
        },
        set_object,
        read_object,
    ),
    Effect({"camera_height": Choice(tuple(CAMERA_HEIGHTS))}, raise_camera, read_camera),
    palette("background_color", ("wall", "floor"), BACKGROUND_COLORS),
)
LIGHT = Light(azimuth=30.0, elevation=55.0, intensity=1.2, temperature=5500.0, ambient_share=0.35)
CAMERA = Camera(azimuth=0.0, elevation=25.0, distance=1.4, fov=45.0)
DEFAULTS: dict[str, Value] = {
    "object_color": "white",
    "object_shape": "cone",
    "object_size": "small",
    "camera_height": "center",
    "background_color": "purple",
    "horizontal_axis": 0.0,
    "vertical_axis": 0.0,
}
