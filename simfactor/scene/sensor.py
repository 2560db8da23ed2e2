"""The factors of the camera's sensor, which every scene has; no ready space varies them.

They are in no scene's defaults, for these decide the seeds of noise: a state is made with the sensor off.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfactor.scene.effects import Choice, Columns, Effect, Range
from simfactor.scene.state import SceneState
from simfactor.sensor import LIMITS, MOSAICS, Sensor, with_columns

DOMAIN: dict[str, Range | Choice] = {
    name: Choice(MOSAICS) if name == "mosaic" else Range(*limits) for name, limits in LIMITS.items()
}


def set_sensor(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, sensor=with_columns(state.sensor, columns))


def read_sensor(state: SceneState) -> Columns:
    columns: Columns = dict(zip(Sensor._fields, state.sensor.T, strict=True))
    return {**columns, "mosaic": columns["mosaic"].astype(np.int64)}


SENSOR = Effect(DOMAIN, set_sensor, read_sensor)
