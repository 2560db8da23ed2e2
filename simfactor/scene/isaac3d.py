"""The scene ``isaac3d``: the nine factors of Isaac3D, an arm that holds an object, redone in PyBullet.

Isaac3D: Nie et al. (2020), "Semi-supervised StyleGAN for disentanglement learning".
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simfactor.scene import looks, objects
from simfactor.scene.effects import (
    REACH,
    Choice,
    Columns,
    Effect,
    Range,
    Rgb,
    Value,
    nearest,
    palette,
    record,
)
from simfactor.scene.kinematics import inverse
from simfactor.scene.optics import Camera, Light
from simfactor.scene.robot import effector_position, put_arm
from simfactor.scene.state import SceneState

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
SHAPE_INDICES, OBJECT_RGB = objects.shape_indices(SHAPES), np.array(list(OBJECT_COLORS.values()))
HELD_AT = 0.25  # metres above the table: the arm moves in a plane
CAMERA_RADIUS = 1.2  # metres from the workspace, seen from above
LIGHT_ELEVATION = 45.0  # degrees
LIGHT_LEVEL = math.cos(math.radians(LIGHT_ELEVATION))  # length of the light's direction seen from above


def move_arm(state: SceneState, columns: Columns) -> SceneState:
    x, y = columns["robot_x"], columns["robot_y"]
    points = np.stack([x, y, np.full_like(x, HELD_AT)], axis=1)
    return put_arm(state, inverse(points))


def read_arm(state: SceneState) -> Columns:
    x, y, _ = effector_position(state).T
    return {"robot_x": x, "robot_y": y}


def set_object(state: SceneState, columns: Columns) -> SceneState:
    shapes, colors = SHAPE_INDICES[columns["object_shape"]], OBJECT_RGB[columns["object_color"]]
    return objects.show(state, shapes, columns["object_scale"], colors)


def read_object(state: SceneState) -> Columns:
    return {
        "object_shape": nearest(state.object_shape, SHAPE_INDICES),
        "object_scale": state.object_size,
        "object_color": nearest(state.object_color, OBJECT_RGB),
    }


def raise_camera(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, camera=state.camera.at_height(columns["camera_height"], CAMERA_RADIUS))


def read_camera(state: SceneState) -> Columns:
    return {"camera_height": state.camera.height}


def turn_light(state: SceneState, columns: Columns) -> SceneState:
    azimuth = np.degrees(np.arcsin(columns["lighting_y"] / LIGHT_LEVEL))
    return replace(state, light=replace(state.light, azimuth=azimuth))


def read_light(state: SceneState) -> Columns:
    return {"lighting_y": state.light.direction[:, 1]}


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
    *looks.LOOKS,
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
    **looks.DEFAULTS,
}
