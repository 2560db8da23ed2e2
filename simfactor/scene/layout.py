"""From the state of n scenes to the struct of arrays that renderers take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, RenderBatch, focal_length
from simfactor.scene import distractors
from simfactor.scene.distractors import DISTRACTORS
from simfactor.scene.levels import Geometry, geometry_for
from simfactor.scene.marker import marker_indices
from simfactor.scene.objects import shape_indices
from simfactor.scene.optics import LOOK_AT
from simfactor.scene.primitives import SHAPES
from simfactor.scene.room import ROOM
from simfactor.scene.state import PARKED, SceneState
from simfactor.scene.textures import all_textures
from simfactor.scene.world import TARGET_COLOR

Float = NDArray[np.float32]
Int = NDArray[np.int32]

SPECULAR = {"robot": 0.3, "table": 0.1, "floor": 0.0, "wall": 0.0, "object": 0.2, "target": 0.1}
SPECULAR |= dict.fromkeys(distractors.NAMES, 0.1)
ROUGHNESS = {"table": 0.5, "floor": 1.0, "wall": 1.0, "object": 0.3, "target": 0.5}
ROUGHNESS |= dict.fromkeys(distractors.NAMES, 0.5)
BACKDROPS = ("floor", "wall")  # cast no shadows: the room is painted around the table
BACKGROUND = np.array([[0.6, 0.65, 0.7]] * 2)  # sRGB above the wall
UP, CENTER = np.array([0.0, 0.0, 1.0]), np.array([0.5, 0.5])
NEAR, FAR = 0.05, 20.0  # metres
DISTRACTOR_SHAPES = shape_indices([thing.shape for thing in DISTRACTORS])


class Layout:
    """Lays states out as instances: the robot's parts, then table, floor, wall, object, target and
    distractors.

    The object is one instance, whose mesh is its shape's and whose segment is always that of the first
    shape's body.

    Args:
        bodies: name -> PyBullet body id, for the segments.
    """

    def __init__(self, bodies: Mapping[str, int]) -> None:
        geometry = geometry_for(1, 1)  # every level has the same instances
        self.arms = len(geometry.links)  # instances [0, arms) are the robot's
        self.rows = geometry.links + 1  # of the chain's frames
        names = ["robot"] * self.arms + [*ROOM, "object", "target", *distractors.NAMES]
        self.object, self.target = names.index("object"), names.index("target")
        self.distractors = slice(self.target + 1, len(names))
        ids = [bodies[next(iter(SHAPES)) if name == "object" else name] for name in names]
        self.segment = np.full((len(names), 2), -1, np.int32)
        self.segment[:, 0] = ids
        self.segment[: self.arms, 1] = geometry.links
        self.casts = np.array([name not in BACKDROPS for name in names])
        self.specular = np.array([SPECULAR[name] for name in names], np.float32)
        self.roughness = np.array([ROUGHNESS.get(name, 0.0) for name in names], np.float32)
        self.mesh = np.arange(len(names))  # what every row begins with
        self.mesh[self.distractors] = HIDDEN
        self.scale = np.ones((len(names), 3), np.float32)
        self.scale[self.distractors] = np.array([[thing.size] for thing in DISTRACTORS])
        self.color = np.ones((len(names), 3), np.float32)
        self.color[self.target] = TARGET_COLOR
        self.color[self.distractors] = [thing.color for thing in DISTRACTORS]
        for shared in (self.segment, self.casts):
            shared.setflags(write=False)

    def batch(self, state: SceneState, height: int, width: int) -> RenderBatch:
        """One image of height x width pixels for every row of ``state``."""
        count, geometry = len(state), geometry_for(height, width)
        light, camera = state.light, state.camera
        position, orientation = self._poses(state)
        mesh, scale = self._shapes(state, geometry)
        color, texture = self._surfaces(state, geometry)
        roughness = _rows(self.roughness, count)
        roughness[:, : self.arms] = state.robot_roughness[:, None]
        ambient = _float(light.ambient)
        focal = focal_length(np.radians(camera.fov))
        return RenderBatch(
            meshes=geometry.meshes,
            textures=all_textures(),
            segment=self.segment,
            casts=self.casts,
            mesh=mesh,
            position=position,
            orientation=orientation,
            scale=scale,
            color=color,
            texture=texture,
            specular=_rows(self.specular, count),
            roughness=roughness,
            light_direction=_pairs(light.direction, light.fill_direction(camera)),
            light_color=_pairs(light.color, light.fill_color),
            light_softness=_float(np.radians(light.softness)),
            sky=ambient,
            ground=ambient,
            background=_rows(BACKGROUND, count),
            backdrop=np.full(count, UNTEXTURED, np.int32),
            exposure=_float(2.0**camera.exposure),
            noise=_float(state.noise),
            noise_seed=state.noise_seed,
            sensor=_float(state.sensor),
            camera_position=_float(camera.position),
            camera_target=_rows(LOOK_AT, count),
            camera_up=_rows(UP, count),
            focal=_pairs(focal, focal),
            principal_point=_rows(CENTER, count),
            near=NEAR,
            far=FAR,
            height=height,
            width=width,
        )

    def _poses(self, state: SceneState) -> tuple[Float, Float]:
        position = np.zeros((len(state), len(self.segment), 3), np.float32)
        orientation = np.zeros((len(state), len(self.segment), 4), np.float32)
        orientation[:, :, 3] = 1.0
        position[:, : self.arms] = state.link_position[:, self.rows]
        orientation[:, : self.arms] = state.link_orientation[:, self.rows]
        position[:, self.object] = state.object_position
        orientation[:, self.object] = state.object_orientation
        position[:, self.target] = state.target
        if state.distractors.any():
            shown = distractors.shown(state.distractors)[..., None]
            position[:, self.distractors] = np.where(shown, distractors.spots(state.distractor_angle), 0.0)
        return position, orientation

    def _shapes(self, state: SceneState, geometry: Geometry) -> tuple[Int, Float]:
        mesh, scale = _rows(self.mesh, len(state)), _rows(self.scale, len(state))
        mesh[:, self.object] = geometry.objects + state.object_shape
        scale[:, self.object] = state.object_size[:, None]
        height = state.target[:, 2]
        marker = np.where(height > PARKED[2] / 2, geometry.markers + marker_indices(height), HIDDEN)
        mesh[:, self.target] = marker
        if state.distractors.any():
            shown = distractors.shown(state.distractors)
            mesh[:, self.distractors] = np.where(shown, geometry.objects + DISTRACTOR_SHAPES, HIDDEN)
        return mesh, scale

    def _surfaces(self, state: SceneState, geometry: Geometry) -> tuple[Float, Int]:
        color = _rows(self.color, len(state))
        texture = np.full((len(state), len(self.segment)), UNTEXTURED, np.int32)
        room = slice(self.arms, self.arms + len(ROOM))
        color[:, : self.arms] = geometry.colors * state.robot_color[:, None]
        color[:, room], texture[:, room] = state.room_color, state.room_texture
        color[:, self.object] = state.object_color
        return color, texture


def _rows(values: NDArray[Any], count: int) -> NDArray[Any]:
    rows = np.empty((count, *values.shape), np.int32 if values.dtype.kind == "i" else np.float32)
    rows[:] = values
    return rows


def _pairs(first: NDArray[Any], second: NDArray[Any]) -> Float:
    pairs = np.empty((len(first), 2, *first.shape[1:]), np.float32)
    pairs[:, 0], pairs[:, 1] = first, second
    return pairs


def _float(values: ArrayLike) -> Float:
    return np.ascontiguousarray(values, np.float32)
