"""The PyBullet world that all scenes share: a Panda on a table in a round room, objects, a target."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from simfactor.frames import Mesh
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.marker import marker_meshes
from simfactor.scene.optics import Camera, Light
from simfactor.scene.primitives import SHAPES
from simfactor.scene.robot import Robot
from simfactor.scene.room import TABLE_HIGH, TABLE_LOW, room_meshes
from simfactor.scene.textures import load_texture

Rgb = tuple[float, float, float]

OBJECT_SIZE = 0.06
PARKED = (0.0, 0.0, -10.0)  # where objects that are not shown wait
GRAVITY = -9.81
TIME_STEP = 1.0 / 240.0


class World:
    """One PyBullet client, and a record of what PyBullet cannot tell: light, camera, object size, textures.

    The objects and the marker are seen but touch nothing: a nuisance must not change the physics, and
    PyBullet cannot resize a collision shape.
    """

    def __init__(self, light: Light, camera: Camera) -> None:
        self.client: int = p.connect(p.DIRECT)
        self.light = light
        self.camera = camera
        self.object_size = OBJECT_SIZE
        self.textures: dict[str, str] = {}  # body -> the texture that covers it
        self._configure()
        self.robot = Robot(self.client)
        self.meshes = room_meshes()
        self.bodies: dict[str, int] = {"robot": self.robot.body, "table": self._add_table()}
        self.bodies |= {name: self.add_body(self.meshes[name]) for name in ("floor", "wall")}
        self.bodies |= {name: self.add_body(mesh, OBJECT_SIZE) for name, mesh in SHAPES.items()}
        self.markers = marker_meshes()
        self.bodies["target"] = self.add_body(self.markers[-1])
        for name in (*SHAPES, "target"):
            self.place(name, PARKED)
        self.place(next(iter(SHAPES)), (0.0, 0.0, OBJECT_SIZE / 2))
        self._texture_ids: dict[str, int] = {}  # PyBullet never frees a texture: load each once
        self._saved: int = p.saveState(physicsClientId=self.client)

    def _configure(self) -> None:
        p.setGravity(0.0, 0.0, GRAVITY, physicsClientId=self.client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=TIME_STEP,
            numSolverIterations=50,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )

    def _add_table(self) -> int:
        low, high = np.array(TABLE_LOW), np.array(TABLE_HIGH)
        slab = p.createCollisionShape(
            p.GEOM_BOX,
            halfExtents=(high - low) / 2,
            collisionFramePosition=(high + low) / 2,
            physicsClientId=self.client,
        )
        return self.add_body(self.meshes["table"], collision=slab)

    def add_body(self, mesh: Mesh, scale: float = 1.0, collision: int = -1) -> int:
        """A static body that looks like ``mesh``; returns its PyBullet id."""
        visual = p.createVisualShape(
            p.GEOM_MESH,
            vertices=mesh.vertices.tolist(),
            indices=mesh.faces.ravel().tolist(),
            uvs=mesh.uvs.tolist(),
            normals=mesh.normals.tolist(),
            meshScale=[scale] * 3,
            rgbaColor=(1.0, 1.0, 1.0, 1.0),
            physicsClientId=self.client,
        )
        body: int = p.createMultiBody(
            baseMass=0.0,
            baseCollisionShapeIndex=collision,
            baseVisualShapeIndex=visual,
            physicsClientId=self.client,
        )
        return body

    def restore(self) -> None:
        """Put the physics back to where it was when the world was made."""
        p.restoreState(stateId=self._saved, physicsClientId=self.client)

    def place(
        self,
        name: str,
        position: tuple[float, float, float],
        orientation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0),
    ) -> None:
        """Move a body to ``position`` metres and ``orientation`` xyzw."""
        p.resetBasePositionAndOrientation(
            self.bodies[name], position, orientation, physicsClientId=self.client
        )

    def pose(self, name: str) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
        """Position in metres and orientation xyzw of a body."""
        position, orientation = p.getBasePositionAndOrientation(
            self.bodies[name], physicsClientId=self.client
        )
        return position, orientation

    def shown(self, name: str) -> bool:
        """Whether a body is in the room rather than parked."""
        return bool(self.pose(name)[0][2] > PARKED[2] / 2)

    def shown_shape(self) -> str:
        """The shape of the object that is in the room."""
        return next(name for name in SHAPES if self.shown(name))

    def paint(self, name: str, color: Rgb) -> None:
        """Set the sRGB colour of a body, of the robot: of all its links."""
        links = range(-1, self.robot.links) if name == "robot" else (-1,)
        for link in links:
            p.changeVisualShape(self.bodies[name], link, rgbaColor=(*color, 1.0), physicsClientId=self.client)

    def color(self, name: str) -> Rgb:
        """The sRGB colour of a body."""
        shapes = p.getVisualShapeData(self.bodies[name], physicsClientId=self.client)
        red, green, blue, _ = shapes[0][7]
        return red, green, blue

    def cover(self, name: str, texture: str) -> None:
        """Put a texture on a body. Raises SimfactorError for an unknown texture."""
        if self.textures.get(name) == texture:
            return
        if texture not in self._texture_ids:
            self._texture_ids[texture] = self._load(texture)
        p.changeVisualShape(
            self.bodies[name], -1, textureUniqueId=self._texture_ids[texture], physicsClientId=self.client
        )
        self.textures[name] = texture

    def _load(self, texture: str) -> int:
        picture = cv2.cvtColor(load_texture(texture), cv2.COLOR_RGB2BGR)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{texture}.png"
            cv2.imwrite(str(path), picture)
            number: int = p.loadTexture(str(path), physicsClientId=self.client)
        return number

    def close(self) -> None:
        """Close the PyBullet client; a second call does nothing."""
        if self.client >= 0:
            p.disconnect(physicsClientId=self.client)
            self.client = -1
