"""The scene ``isaac3d``: the nine factors of Isaac3D, an arm that holds an object, redone in PyBullet.

Isaac3D: Nie et al. (2020), "Semi-supervised StyleGAN for disentanglement learning".
"""

from __future__ import annotations

import math
from dataclasses import replace

from simfactor.scene import objects
from simfactor.scene.effects import (
    REACH,
    Choice,
    Effect,
    Range,
    Value,
    Values,
    nearest_color,
    palette,
    record,
)
from simfactor.scene.optics import Camera, Light
from simfactor.scene.world import Rgb, World

SHAPES = ("cube", "cylinder", "cone")
OBJECT_COLORS: dict[str, Rgb] = {
    "red": (0.80, 0.12, 0.12),
    "green": (0.13, 0.60, 0.20),
    "blue": (0.12, 0.25, 0.78),
    "yellow": (0.88, 0.76, 0.12),
}
WALL_COLORS: dict[str, Rgb] = {
    "white": (0.86, 0.85, 0.82),
    "sand": (0.76, 0.66, 0.48),
    "sage": (0.52, 0.64, 0.54),
    "slate": (0.42, 0.50, 0.62),
}
HELD_AT = 0.25  # metres above the table: the arm moves in a plane
CAMERA_RADIUS = 1.2  # metres from the workspace, seen from above
LIGHT_ELEVATION = 45.0  # degrees
LIGHT_LEVEL = math.cos(math.radians(LIGHT_ELEVATION))  # length of the light's direction seen from above


def move_arm(world: World, values: Values) -> None:
    world.robot.teleport((float(values["robot_x"]), float(values["robot_y"]), HELD_AT))
    objects.carry(world)


def read_arm(world: World) -> Values:
    x, y, _ = world.robot.end_effector_position().tolist()
    return {"robot_x": x, "robot_y": y}


def set_object(world: World, values: Values) -> None:
    color = OBJECT_COLORS[str(values["object_color"])]
    objects.show(world, str(values["object_shape"]), float(values["object_scale"]), color)
    objects.carry(world)


def read_object(world: World) -> Values:
    shape = world.shown_shape()
    return {
        "object_shape": shape,
        "object_scale": world.object_size,
        "object_color": nearest_color(world.color(shape), OBJECT_COLORS),
    }


def raise_camera(world: World, values: Values) -> None:
    world.camera = world.camera.at_height(float(values["camera_height"]), CAMERA_RADIUS)


def read_camera(world: World) -> Values:
    return {"camera_height": world.camera.height}


def turn_light(world: World, values: Values) -> None:
    azimuth = math.degrees(math.asin(float(values["lighting_y"]) / LIGHT_LEVEL))
    world.light = replace(world.light, azimuth=azimuth)


def read_light(world: World) -> Values:
    return {"lighting_y": float(world.light.direction[1])}


EFFECTS: tuple[Effect, ...] = (
    Effect({"robot_x": REACH, "robot_y": REACH}, move_arm, read_arm),
    Effect(
        {
            "object_shape": Choice(SHAPES),
            "object_scale": Range(0.005, 0.3, "m"),
            "object_color": Choice(tuple(OBJECT_COLORS)),
        },
        set_object,
        read_object,
    ),
    Effect({"camera_height": Range(0.0, 2.0, "m")}, raise_camera, read_camera),
    record("light", {"lighting_intensity": "intensity"}, {"lighting_intensity": Range(0.0, 100.0)}),
    Effect({"lighting_y": Range(-0.7, 0.7)}, turn_light, read_light),
    palette("wall_color", ("wall",), WALL_COLORS),
)
LIGHT = Light(azimuth=0.0, elevation=LIGHT_ELEVATION, intensity=1.2, temperature=5500.0, ambient_share=0.35)
CAMERA = Camera(azimuth=25.0, elevation=25.0, distance=1.3, fov=45.0)
DEFAULTS: dict[str, Value] = {
    "object_shape": "cube",
    "robot_x": 0.45,
    "robot_y": 0.0,
    "camera_height": 0.7,
    "object_scale": 0.06,
    "lighting_intensity": 1.2,
    "lighting_y": 0.3,
    "object_color": "red",
    "wall_color": "white",
}
