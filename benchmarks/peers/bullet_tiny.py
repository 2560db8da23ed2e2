"""PyBullet's getCameraImage with TinyRenderer and its own shadows, as someone would use it without simfactor.

``full``: the robot is ``loadURDF("franka_panda/panda.urdf")`` with its 102,759 triangles; otherwise a body
for each of simfactor's decimated link meshes. Table, room, object, target, textures, lights and cameras are
those of the RenderBatch either way. PyBullet cannot rescale a body, so an object keeps the size it first had.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers.contender import Byte, Unavailable
from peers.scenes import robot_instances, tabletop_rows
from simfactor.frames import HIDDEN, UNTEXTURED, RenderBatch

IMAGES = 8  # a draw: the first of the batch, for one image takes tens of milliseconds
ARM, FINGERS, GAP = range(7), (9, 10), 0.02
STOCK_TRIANGLES = 102_759  # of the URDF's visual meshes


class BulletTiny:
    """A plain PyBullet client showing the images of ``batch``."""

    def __init__(self, batch: RenderBatch, full: bool) -> None:
        try:
            from simfactor.scene.bullet import pybullet
        except ModuleNotFoundError as error:
            raise Unavailable("PyBullet is not installed") from error
        self.p, self.batch, self.full = pybullet, batch, full
        self.client = pybullet.connect(pybullet.DIRECT)
        self.robot_parts = robot_instances(batch) if full else np.empty(0, np.intp)
        self.bodies: dict[tuple[int, int], int] = {}
        self.state: dict[tuple[int, int], tuple[Any, ...]] = {}
        self.textures: dict[int, int] = {}
        if full:
            self.robot = self._load_robot()
            self.joints = _joints()
        self.count = min(IMAGES, len(batch))

    def draw(self) -> list[tuple[Any, ...]]:
        """rgb, depth and segmentation of the first images, as getCameraImage gives them."""
        return [self._image(i) for i in range(self.count)]

    def rgb(self, images: list[tuple[Any, ...]]) -> Byte:
        return np.stack([image[0][..., :3] for image in images]).astype(np.uint8)

    def _load_robot(self) -> int:
        import pybullet_data

        path = Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
        robot: int = self.p.loadURDF(str(path), useFixedBase=True, physicsClientId=self.client)
        return robot

    def _image(self, i: int) -> tuple[Any, ...]:
        p, batch, client = self.p, self.batch, self.client
        if self.full:
            for joint, angle in zip((*ARM, *FINGERS), (*self.joints[i], GAP, GAP), strict=True):
                p.resetJointState(self.robot, joint, angle, physicsClientId=client)
        self._arrange(i)
        diffuse, ambient = batch.light_color[i, 0], float(batch.sky[i].mean())
        strength = float(diffuse.max())
        image = p.getCameraImage(
            batch.width,
            batch.height,
            viewMatrix=p.computeViewMatrix(
                batch.camera_position[i].tolist(),
                batch.camera_target[i].tolist(),
                batch.camera_up[i].tolist(),
            ),
            projectionMatrix=p.computeProjectionMatrixFOV(
                float(np.degrees(2 * np.arctan(0.5 / batch.focal[i, 1]))),
                batch.width / batch.height,
                batch.near,
                batch.far,
            ),
            lightDirection=batch.light_direction[i, 0].tolist(),
            lightColor=(diffuse / strength).tolist() if strength > 0 else (1.0, 1.0, 1.0),
            lightDistance=2.0,
            shadow=1,
            lightAmbientCoeff=ambient,
            lightDiffuseCoeff=strength,
            lightSpecularCoeff=0.05,
            renderer=p.ER_TINY_RENDERER,
            flags=p.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
            physicsClientId=client,
        )
        return tuple(image[2:])

    def _arrange(self, i: int) -> None:
        """Show the bodies of image ``i``, changing only what differs from what is shown."""
        batch, shown = self.batch, set()
        for instance in np.setdiff1d(np.arange(batch.mesh.shape[1]), self.robot_parts).tolist():
            key = (instance, int(batch.mesh[i, instance]))
            if key[1] != HIDDEN:
                shown.add(key)
                self._show(i, key)
        for key in self.bodies.keys() - shown:
            if self.state[key]:
                self.p.changeVisualShape(
                    self.bodies[key], -1, rgbaColor=(1, 1, 1, 0), physicsClientId=self.client
                )
                self.state[key] = ()

    def _show(self, i: int, key: tuple[int, int]) -> None:
        p, batch, client, instance = self.p, self.batch, self.client, key[0]
        if key not in self.bodies:
            self.bodies[key] = self._body(key[1], batch.scale[i, instance])
            self.state[key] = ()
        pose = (batch.position[i, instance].tolist(), batch.orientation[i, instance].tolist())
        paint = (tuple(batch.color[i, instance].tolist()), int(batch.texture[i, instance]))
        p.resetBasePositionAndOrientation(self.bodies[key], *pose, physicsClientId=client)
        if self.state[key] != paint:
            options = {} if paint[1] == UNTEXTURED else {"textureUniqueId": self._texture(paint[1])}
            p.changeVisualShape(
                self.bodies[key], -1, rgbaColor=(*paint[0], 1.0), physicsClientId=client, **options
            )
            self.state[key] = paint

    def _body(self, mesh: int, scale: NDArray[np.float32]) -> int:
        p, shape = self.p, self.batch.meshes[mesh]
        visual = p.createVisualShape(
            p.GEOM_MESH,
            vertices=shape.vertices.tolist(),
            indices=shape.faces.reshape(-1).tolist(),
            uvs=shape.uvs.tolist(),
            normals=shape.normals.tolist(),
            meshScale=scale.tolist(),
            rgbaColor=(1, 1, 1, 1),
            physicsClientId=self.client,
        )
        body: int = p.createMultiBody(baseVisualShapeIndex=visual, physicsClientId=self.client)
        return body

    def _texture(self, texture: int) -> int:
        if texture not in self.textures:
            import cv2

            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{texture}.png"
                cv2.imwrite(str(path), cv2.cvtColor(self.batch.textures[texture], cv2.COLOR_RGB2BGR))
                self.textures[texture] = self.p.loadTexture(str(path), physicsClientId=self.client)
        return self.textures[texture]


def _joints() -> NDArray[np.float64]:
    """The arm's joint angles (COUNT, 7) in the scenes of ``tabletop_rows``."""
    from simfactor.scene import kinematics

    space, rows = tabletop_rows()
    effector = rows[:, [space.index(name) for name in ("ee_x", "ee_y", "ee_z")]]
    return np.array([kinematics.inverse(position) for position in effector])
