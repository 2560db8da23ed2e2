"""From a PyBullet world to the struct of arrays that renderers take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, Mesh, RenderBatch, focal_length
from simfactor.scene.marker import marker_index
from simfactor.scene.meshes import link_meshes
from simfactor.scene.optics import LOOK_AT
from simfactor.scene.primitives import SHAPES
from simfactor.scene.robot import URDF
from simfactor.scene.textures import TEXTURES, all_textures
from simfactor.scene.world import World

ROOM = ("table", "floor", "wall")
SPECULAR = {"robot": 0.3, "table": 0.1, "floor": 0.0, "wall": 0.0, "object": 0.2, "target": 0.1}
ROUGHNESS = {"robot": 0.4, "table": 0.5, "floor": 1.0, "wall": 1.0, "object": 0.3, "target": 0.5}
BACKDROPS = ("floor", "wall")  # cast no shadows: the room is painted around the table
SKY = (0.6, 0.65, 0.7)  # sRGB above the wall
NEAR, FAR = 0.05, 20.0  # metres
SHAPE_INDEX = {name: i for i, name in enumerate(SHAPES)}
TEXTURE_INDEX = {name: i for i, name in enumerate(TEXTURES)}


class Snapshots:
    """Takes snapshots of one world: what never changes is laid out once, the rest is filled in per call.

    The instances are the robot's link meshes, then table, floor, wall, object and target. The object is one
    instance, whose mesh is its shape's and whose segment is always that of the first shape's body.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        links = link_meshes(URDF)
        parts = [_in_link_frame(m.mesh, m.position, m.orientation) for m in links]
        room = [world.meshes[name] for name in ROOM]
        self.meshes = (*parts, *room, *SHAPES.values(), *world.markers)
        self.textures = all_textures()
        self.arms = len(links)  # instances [0, arms) are the robot's
        self.object, self.target = self.arms + len(ROOM), self.arms + len(ROOM) + 1
        self.shapes = self.arms + len(ROOM)  # meshes [shapes, ...) are the objects', then the markers'
        self.link_rows = np.array([m.link + 1 for m in links])  # rows of Robot.link_frames
        self.link_colors = np.array([m.color for m in links], np.float32)
        count = self.target + 1
        bodies = world.bodies
        names = ["robot"] * self.arms + [*ROOM, "object", "target"]
        ids = [bodies[next(iter(SHAPES)) if name == "object" else name] for name in names]
        self.segment = np.full((count, 2), -1, np.int32)
        self.segment[:, 0] = ids
        self.segment[: self.arms, 1] = [m.link for m in links]
        self.casts = np.array([name not in BACKDROPS for name in names])
        self.specular = np.array([[SPECULAR[name] for name in names]], np.float32)
        self.roughness = np.array([[ROUGHNESS[name] for name in names]], np.float32)
        self.segment.setflags(write=False)

    def take(self, height: int, width: int) -> RenderBatch:
        """The world as it is now, as a batch of one image."""
        position, orientation = self._poses()
        mesh, scale = self._shapes(len(position))
        color, texture = self._surfaces(len(position))
        light, camera = self.world.light, self.world.camera
        return RenderBatch(
            meshes=self.meshes,
            textures=self.textures,
            segment=self.segment,
            casts=self.casts,
            mesh=mesh[None],
            position=position[None],
            orientation=orientation[None],
            scale=scale[None],
            color=color[None],
            texture=texture[None],
            specular=self.specular,
            roughness=self.roughness,
            light_direction=_row([light.direction]),
            light_color=_row([light.color]),
            light_softness=_row(0.0),
            sky=_row(light.ambient),
            ground=_row(light.ambient),
            background=_row([SKY, SKY]),
            backdrop=np.array([UNTEXTURED], np.int32),
            exposure=_row(1.0),
            camera_position=_row(camera.position),
            camera_target=_row(LOOK_AT),
            camera_up=_row((0.0, 0.0, 1.0)),
            focal=_row([focal_length(np.radians(camera.fov))] * 2),
            principal_point=_row([0.5, 0.5]),
            near=NEAR,
            far=FAR,
            height=height,
            width=width,
        )

    def _poses(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        world = self.world
        position = np.zeros((self.target + 1, 3), np.float32)
        orientation = np.zeros((self.target + 1, 4), np.float32)
        orientation[:, 3] = 1.0
        at, turned = world.robot.link_frames()
        position[: self.arms], orientation[: self.arms] = at[self.link_rows], turned[self.link_rows]
        position[self.object], orientation[self.object] = world.pose(world.shown_shape())
        position[self.target] = world.pose("target")[0]
        return position, orientation

    def _shapes(self, count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        world = self.world
        mesh = np.arange(count, dtype=np.int32)
        scale = np.ones((count, 3), np.float32)
        mesh[self.object] = self.shapes + SHAPE_INDEX[world.shown_shape()]
        scale[self.object] = world.object_size
        mesh[self.target] = self._marker() if world.shown("target") else HIDDEN
        return mesh, scale

    def _marker(self) -> int:
        height = self.world.pose("target")[0][2]
        return self.shapes + len(SHAPES) + marker_index(height)

    def _surfaces(self, count: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        world = self.world
        color = np.empty((count, 3), np.float32)
        color[: self.arms] = self.link_colors * np.array(world.color("robot"), np.float32)
        texture = np.full(count, UNTEXTURED, np.int32)
        for i, name in enumerate(ROOM, start=self.arms):
            color[i] = world.color(name)
            if name in world.textures:
                texture[i] = TEXTURE_INDEX[world.textures[name]]
        color[self.object] = world.color(world.shown_shape())
        color[self.target] = world.color("target")
        return color, texture


def _in_link_frame(mesh: Mesh, position: NDArray[np.float32], orientation: NDArray[np.float32]) -> Mesh:
    x, y, z, w = orientation.astype(np.float64)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    vertices = mesh.vertices @ rotation.T + position
    normals = mesh.normals @ rotation.T
    return Mesh(vertices.astype(np.float32), normals.astype(np.float32), mesh.uvs, mesh.faces)


def _row(values: object) -> NDArray[np.float32]:
    return np.array([values], np.float32)
