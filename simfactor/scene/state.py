"""The state of n scenes at once: everything the factors decide, as arrays with one row a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simfactor.scene.optics import Camera, Light

Array = NDArray[np.float64]
Record = TypeVar("Record")

PARKED = (0.0, 0.0, -10.0)  # where what is not shown waits


@dataclass(frozen=True)
class SceneState:
    """n rows of one scene. Immutable: an effect returns a changed copy, whose unchanged fields are the same
    arrays.

    joints (n, 9): the arm's 7 angles in radians, then how far each finger is open in metres; link_position
    (n, L, 3) and link_orientation (n, L, 4): where that puts the robot's links, the base first. object_shape
    (n,) indexes ``SHAPES``; room_color (n, 3, 3) and room_texture (n, 3) are those of ``ROOM``, the texture
    an index into ``TEXTURES`` or UNTEXTURED. distractors (n,): how many are shown; distractor_angle (n,):
    degrees that they are turned around the workspace. noise (n,): standard deviation of the sensor's, in
    shares of full scale; noise_seed (n,): what decides it, another whenever something was set. sensor (n, S):
    the columns of :class:`simfactor.sensor.Sensor`. Positions are in metres, orientations xyzw, colours sRGB;
    a target at ``PARKED`` is not shown. The fields of ``light`` and ``camera`` are arrays (n,).
    """

    joints: Array
    link_position: Array
    link_orientation: Array
    object_shape: NDArray[np.int64]
    object_size: Array
    object_color: Array
    object_position: Array
    object_orientation: Array
    target: Array
    robot_color: Array
    robot_roughness: Array
    room_color: Array
    room_texture: NDArray[np.int64]
    distractors: NDArray[np.int64]
    distractor_angle: Array
    noise: Array
    noise_seed: NDArray[np.uint32]
    sensor: Array
    light: Light
    camera: Camera

    def __len__(self) -> int:
        return len(self.joints)

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> SceneState:
        """The chosen rows."""
        return _mapped(self, lambda array: array[rows])

    def repeat(self, count: int) -> SceneState:
        """Every row ``count`` times."""
        return _mapped(self, lambda array: np.repeat(array, count, axis=0))

    @staticmethod
    def concatenate(states: Sequence[SceneState]) -> SceneState:
        """The rows of all states, one after another."""
        return _joined(states)


def columns(record: Record) -> Record:
    """A light or a camera of plain numbers as one of arrays (1,)."""
    return _mapped(record, lambda number: np.array([number], np.float64))


def single(record: Record) -> Record:
    """A light or a camera of arrays (1,) as one of plain numbers."""
    return _mapped(record, lambda array: float(array[0]))


def _mapped(record: Any, change: Callable[[Any], Any]) -> Any:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return replace(
        record, **{k: _mapped(v, change) if is_dataclass(v) else change(v) for k, v in values.items()}
    )


def _joined(records: Sequence[Any]) -> Any:
    first, values = records[0], {}
    for field in fields(first):
        parts = [getattr(record, field.name) for record in records]
        values[field.name] = _joined(parts) if is_dataclass(parts[0]) else np.concatenate(parts)
    return replace(first, **values)
