"""The scene ``mpi3d``: the seven factors of MPI3D toy, an arm that carries an object, redone in PyBullet.

MPI3D: Gondal et al. (2019), "On the transfer of inductive bias from simulation to the real world: a new
disentanglement dataset"; names and order of values as published there.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simfactor.scene import looks, objects
from simfactor.scene.effects import Choice, Columns, Effect, Range, Rgb, Value, nearest, palette
from simfactor.scene.kinematics import LIMITS, REST
from simfactor.scene.optics import Camera, Light
from simfactor.scene.robot import put_arm
from simfactor.scene.state import SceneState

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
SHAPE_INDICES, OBJECT_RGB = objects.shape_indices(SHAPES), np.array(list(OBJECT_COLORS.values()))
METRES, HEIGHTS = np.array(list(SIZES.values())), np.array(list(CAMERA_HEIGHTS.values()))
AXES = {"horizontal_axis": 0, "vertical_axis": 1}  # factor -> joint: the base and the shoulder


def turn_axes(state: SceneState, columns: Columns) -> SceneState:
    joints = np.repeat(REST[None], len(state), axis=0)
    for name, joint in AXES.items():
        joints[:, joint] = np.radians(columns[name])
    return put_arm(state, joints)


def read_axes(state: SceneState) -> Columns:
    return {name: np.degrees(state.joints[:, joint]) for name, joint in AXES.items()}


def set_object(state: SceneState, columns: Columns) -> SceneState:
    shapes, colors = SHAPE_INDICES[columns["object_shape"]], OBJECT_RGB[columns["object_color"]]
    return objects.show(state, shapes, METRES[columns["object_size"]], colors)


def read_object(state: SceneState) -> Columns:
    return {
        "object_color": nearest(state.object_color, OBJECT_RGB),
        "object_shape": nearest(state.object_shape, SHAPE_INDICES),
        "object_size": nearest(state.object_size, METRES),
    }


def raise_camera(state: SceneState, columns: Columns) -> SceneState:
    heights = HEIGHTS[columns["camera_height"]]
    return replace(state, camera=state.camera.at_height(heights, CAMERA_RADIUS))


def read_camera(state: SceneState) -> Columns:
    return {"camera_height": nearest(state.camera.height, HEIGHTS)}


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
    *looks.LOOKS,
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
    **looks.DEFAULTS,
}
