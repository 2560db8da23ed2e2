"""The PyBullet world that all scenes share: a Panda on a table in a round room, and what is on the table."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from simfactor.frames import UNTEXTURED, Mesh
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.distractors import DISTRACTORS, NAMES, shown, spots
from simfactor.scene.marker import marker_meshes
from simfactor.scene.primitives import SHAPES
from simfactor.scene.robot import Robot
from simfactor.scene.room import ROOM, TABLE_HIGH, TABLE_LOW, room_meshes
from simfactor.scene.solid import Pose, Solid
from simfactor.scene.state import PARKED, SceneState
from simfactor.scene.textures import TEXTURES, load_texture

OBJECT_SIZE = 0.06
TARGET_COLOR = (0.90, 0.05, 0.05)
GRAVITY = -9.81
TIME_STEP = 1.0 / 240.0
UPRIGHT = (0.0, 0.0, 0.0, 1.0)
SHAPE_NAMES, TEXTURE_NAMES = tuple(SHAPES), tuple(TEXTURES)


class World:
    """One PyBullet client: the first row of a scene's state can be written into it, and what physics moves be
    read back.

    Objects, marker and distractors are seen but touch nothing, for a nuisance must not change the physics,
    until the object is made solid.
    """

    def __init__(self) -> None:
        self.client: int = p.connect(p.DIRECT)
        self._configure()
        self.robot = Robot(self.client)
        meshes = room_meshes()
        self.bodies: dict[str, int] = {"robot": self.robot.body, "table": self._add_table(meshes["table"])}
        self.bodies |= {name: self._add_body(meshes[name]) for name in ROOM if name != "table"}
        self.bodies |= {name: self._add_body(mesh, OBJECT_SIZE) for name, mesh in SHAPES.items()}
        self.bodies["target"] = self._add_body(marker_meshes()[-1])
        self._paint("target", TARGET_COLOR)
        for name, thing in zip(NAMES, DISTRACTORS, strict=True):
            self.bodies[name] = self._add_body(SHAPES[thing.shape], thing.size)
            self._paint(name, thing.color)
        for name in (*SHAPES, "target", *NAMES):
            self._place(name, PARKED)
        self._texture_ids: dict[int, int] = {}  # PyBullet never frees a texture: load each once
        self._solid: Solid | None = None
        self._saved: int = p.saveState(physicsClientId=self.client)

    def _configure(self) -> None:
        p.setGravity(0.0, 0.0, GRAVITY, physicsClientId=self.client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=TIME_STEP,
            numSolverIterations=50,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )

    def _add_table(self, mesh: Mesh) -> int:
        low, high = np.array(TABLE_LOW), np.array(TABLE_HIGH)
        slab = p.createCollisionShape(
            p.GEOM_BOX,
            halfExtents=(high - low) / 2,
            collisionFramePosition=(high + low) / 2,
            physicsClientId=self.client,
        )
        return self._add_body(mesh, collision=slab)

    def _add_body(self, mesh: Mesh, scale: float = 1.0, collision: int = -1) -> int:
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
        """Put the physics back to where it was when the world was made; no object is solid then."""
        if self._solid is not None:
            self._solid.remove()
            self._solid = None
        p.restoreState(stateId=self._saved, physicsClientId=self.client)

    def step(self) -> None:
        """Advance physics by 1/240 s."""
        p.stepSimulation(physicsClientId=self.client)

    def solidify(self, state: SceneState) -> None:
        """Let the object of ``state``, of one row, fall, be pushed and be grasped until the next restore."""
        if self._solid is not None:
            self._solid.remove()
        mesh = SHAPES[SHAPE_NAMES[state.object_shape[0]]]
        self._solid = Solid(self.client, mesh, float(state.object_size[0]), self.object_pose(state))

    def object_pose(self, state: SceneState) -> Pose:
        """Position (3,) metres and orientation (4,) xyzw of the object of ``state``, of one row."""
        return self._pose(SHAPE_NAMES[state.object_shape[0]])

    def follow(self, state: SceneState) -> None:
        """Show the object of ``state`` where physics has moved it."""
        if self._solid is not None:
            self._place(SHAPE_NAMES[state.object_shape[0]], *self._solid.pose())

    def read(self, state: SceneState) -> SceneState:
        """``state``, a state of one row, with the joints and poses that this world has now."""
        at, turned = self.object_pose(state)
        link_position, link_orientation = self.robot.link_frames()
        return replace(
            state,
            joints=self.robot.all_joint_positions()[None],
            link_position=link_position[None],
            link_orientation=link_orientation[None],
            object_position=np.array([at]),
            object_orientation=np.array([turned]),
            target=np.array([self._pose("target")[0]]),
        )

    def write(self, state: SceneState, since: SceneState | None = None) -> None:
        """Show ``state``, of one row: all of it, or what an effect has set ``since`` then.

        What it has not set must stay as physics has it: a robot in motion keeps moving.
        """

        def changed(*names: str) -> bool:
            return since is None or any(getattr(state, name) is not getattr(since, name) for name in names)

        shape = SHAPE_NAMES[state.object_shape[0]]
        if changed("joints"):
            self.robot.set_joint_positions(state.joints[0, :7])
        if changed("object_shape"):
            for name in SHAPES:
                self._place(name, PARKED)
        if changed("object_shape", "object_position", "object_orientation"):
            self._place(shape, state.object_position[0], state.object_orientation[0])
            if self._solid is not None:
                self._solid.place(state.object_position[0], state.object_orientation[0])
        if changed("object_shape", "object_color"):
            self._paint(shape, state.object_color[0])
        if changed("target"):
            self._place("target", state.target[0])
        if changed("distractors", "distractor_angle"):
            there = np.where(shown(state.distractors)[0, :, None], spots(state.distractor_angle)[0], PARKED)
            for name, spot in zip(NAMES, there, strict=True):
                self._place(name, spot)
        if changed("robot_color"):
            self._paint("robot", state.robot_color[0])
        if changed("room_color", "room_texture"):
            for i, name in enumerate(ROOM):
                self._paint(name, state.room_color[0, i])
                self._cover(name, int(state.room_texture[0, i]))

    def _place(self, name: str, position: Sequence[float], orientation: Sequence[float] = UPRIGHT) -> None:
        p.resetBasePositionAndOrientation(
            self.bodies[name], position, orientation, physicsClientId=self.client
        )

    def _pose(self, name: str) -> Pose:
        at, turned = p.getBasePositionAndOrientation(self.bodies[name], physicsClientId=self.client)
        return at, turned

    def _paint(self, name: str, color: Sequence[float]) -> None:
        """Set the sRGB colour of a body, of the robot: of all its links."""
        links = range(-1, self.robot.links) if name == "robot" else (-1,)
        for link in links:
            p.changeVisualShape(self.bodies[name], link, rgbaColor=(*color, 1.0), physicsClientId=self.client)

    def _cover(self, name: str, texture: int) -> None:
        if texture == UNTEXTURED:
            return  # no factor takes a texture off again
        if texture not in self._texture_ids:
            self._texture_ids[texture] = self._load(TEXTURE_NAMES[texture])
        p.changeVisualShape(
            self.bodies[name], -1, textureUniqueId=self._texture_ids[texture], physicsClientId=self.client
        )

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
