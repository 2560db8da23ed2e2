"""Factors of how a picture looks that every scene has; at their defaults they change nothing."""

from __future__ import annotations

from dataclasses import replace

from simfactor.scene.effects import Columns, Effect, Range, Value, record
from simfactor.scene.sensor import SENSOR
from simfactor.scene.state import SceneState


def polish_robot(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, robot_roughness=columns["robot_roughness"])


def read_polish(state: SceneState) -> Columns:
    return {"robot_roughness": state.robot_roughness}


LOOKS: tuple[Effect, ...] = (
    record(
        "light",
        {"light_softness": "softness", "fill_intensity": "fill"},
        {"light_softness": Range(0.0, 20.0, "deg"), "fill_intensity": Range(0.0, 5.0)},
    ),
    record("camera", {"exposure": "exposure"}, {"exposure": Range(-4.0, 4.0, "stops")}),
    Effect({"robot_roughness": Range(0.05, 1.0)}, polish_robot, read_polish),
    SENSOR,
)
DEFAULTS: dict[str, Value] = {
    "light_softness": 0.0,
    "fill_intensity": 0.0,
    "exposure": 0.0,
    "robot_roughness": 0.4,
}
