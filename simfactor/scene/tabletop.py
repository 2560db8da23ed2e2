"""The scene ``tabletop``: every factor of the lab table, continuous wherever it can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simfactor.scene import distractors, looks, objects
from simfactor.scene.color import TEMPERATURES, hue_to_srgb, srgb_to_hue
from simfactor.scene.effects import REACH, Choice, Columns, Effect, Range, Value, record, texture
from simfactor.scene.kinematics import inverse
from simfactor.scene.optics import Camera, Light
from simfactor.scene.primitives import SHAPES
from simfactor.scene.robot import effector_position, put_arm
from simfactor.scene.room import TABLE_HIGH, TABLE_LOW
from simfactor.scene.state import SceneState

OBJECT_SATURATION, OBJECT_VALUE = 0.8, 0.85
TINT_SATURATION = 0.3

TURN = Range(-360.0, 360.0, "deg")

EFFECTORS = ("ee_x", "ee_y", "ee_z")
TARGETS = ("target_x", "target_y", "target_z")


def move_effector(state: SceneState, columns: Columns) -> SceneState:
    return put_arm(state, inverse(_points(columns, EFFECTORS)))


def read_effector(state: SceneState) -> Columns:
    return dict(zip(EFFECTORS, effector_position(state).T, strict=True))


def move_target(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, target=_points(columns, TARGETS))


def read_target(state: SceneState) -> Columns:
    return dict(zip(TARGETS, state.target.T, strict=True))


def set_object(state: SceneState, columns: Columns) -> SceneState:
    colors = hue_to_srgb(columns["object_hue"], OBJECT_SATURATION, OBJECT_VALUE)
    state = objects.show(state, columns["object_shape"], columns["object_size"], colors)
    return objects.stand(state, columns["object_x"], columns["object_y"], columns["object_yaw"])


def read_object(state: SceneState) -> Columns:
    return {
        "object_shape": state.object_shape,
        "object_size": state.object_size,
        "object_hue": srgb_to_hue(state.object_color),
        "object_x": state.object_position[:, 0],
        "object_y": state.object_position[:, 1],
        "object_yaw": objects.standing_yaw(state),
    }


def tint_robot(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, robot_color=hue_to_srgb(columns["robot_tint"], TINT_SATURATION, 1.0))


def read_tint(state: SceneState) -> Columns:
    return {"robot_tint": srgb_to_hue(state.robot_color)}


def set_noise(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, noise=columns["sensor_noise"])


def read_noise(state: SceneState) -> Columns:
    return {"sensor_noise": state.noise}


def _points(columns: Columns, names: tuple[str, ...]) -> NDArray[np.float64]:
    return np.stack([columns[name] for name in names], axis=1)


EFFECTS: tuple[Effect, ...] = (
    Effect(dict.fromkeys(EFFECTORS, REACH), move_effector, read_effector),
    record(
        "light",
        {
            "light_azimuth": "azimuth",
            "light_elevation": "elevation",
            "light_intensity": "intensity",
            "light_temperature": "temperature",
            "ambient_share": "ambient_share",
        },
        {
            "light_azimuth": TURN,
            "light_elevation": Range(0.0, 90.0, "deg"),
            "light_intensity": Range(0.0, 100.0),
            "light_temperature": Range(*TEMPERATURES, "K"),
            "ambient_share": Range(0.0, 1.0),
        },
    ),
    record(
        "camera",
        {
            "camera_azimuth": "azimuth",
            "camera_elevation": "elevation",
            "camera_distance": "distance",
            "camera_fov": "fov",
        },
        {
            "camera_azimuth": TURN,
            "camera_elevation": Range(-20.0, 89.0, "deg"),
            "camera_distance": Range(0.2, 5.0, "m"),
            "camera_fov": Range(5.0, 120.0, "deg"),
        },
    ),
    texture("table_texture", ("table",)),
    texture("background_texture", ("wall", "floor")),
    Effect({"robot_tint": TURN}, tint_robot, read_tint),
    Effect(
        {
            "object_shape": Choice(tuple(SHAPES)),
            "object_size": Range(0.005, 0.3, "m"),
            "object_hue": TURN,
            "object_x": Range(TABLE_LOW[0], TABLE_HIGH[0], "m"),
            "object_y": Range(TABLE_LOW[1], TABLE_HIGH[1], "m"),
            "object_yaw": TURN,
        },
        set_object,
        read_object,
    ),
    Effect(
        {"target_x": REACH, "target_y": REACH, "target_z": Range(0.0, 1.5, "m")}, move_target, read_target
    ),
    distractors.ARRANGEMENT,
    Effect({"sensor_noise": Range(0.0, 0.2)}, set_noise, read_noise),
    *looks.LOOKS,
)

LIGHT = Light(azimuth=40.0, elevation=55.0, intensity=1.2, temperature=5500.0, ambient_share=0.35)
CAMERA = Camera(azimuth=25.0, elevation=28.0, distance=1.35, fov=45.0)
DEFAULTS: dict[str, Value] = {
    "table_texture": "wood",
    "background_texture": "garage",
    "robot_tint": 210.0,
    "object_shape": "cube",
    "object_size": 0.06,
    "object_hue": 150.0,
    "object_x": 0.55,
    "object_y": -0.2,
    "object_yaw": 20.0,
    "distractors": "0",
    "distractor_angle": 0.0,
    "sensor_noise": 0.0,
    "target_x": 0.45,
    "target_y": 0.15,
    "target_z": 0.15,
    "ee_x": 0.45,
    "ee_y": 0.0,
    "ee_z": 0.25,
    **looks.DEFAULTS,
}
