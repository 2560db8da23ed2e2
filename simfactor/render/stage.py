"""A PyBullet client as a rasteriser: bodies are put in place and drawn, nothing moves by itself."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.codes import GAINS, write_uv_code
from simfactor.scene.bullet import pybullet

Array = NDArray[np.floating[Any]]
Index = NDArray[np.intp]
Drawing = tuple[NDArray[np.uint8], Array, NDArray[np.int32]]

MAX_SHAPES = 1500  # PyBullet never frees a visual shape (45 kB for 240 triangles): then start a new client


@dataclass
class _Body:
    uid: int
    scale: tuple[float, ...]
    pose: tuple[float, ...] = ()


class Stage:
    """A PyBullet client with a body for each (instance, mesh) that was ever drawn; it shows some of them.

    The bodies are white, or ``coded``: they wear the texture that tells the uv.
    """

    def __init__(self, meshes: tuple[Mesh, ...], coded: bool) -> None:
        self._coded = coded
        self._geometry = [_geometry(mesh) for mesh in meshes]
        self._connect()

    def _connect(self) -> None:
        self.client = pybullet.connect(pybullet.DIRECT)
        self._shapes: dict[tuple[int, tuple[float, ...]], int] = {}
        self._bodies: dict[tuple[int, int], _Body] = {}
        self._shown: dict[int, int] = {}  # instance -> mesh
        self._owner = np.empty(0, np.intp)  # instance of each body id
        self._state = np.empty((0, 11), np.float32)  # mesh, pose and scale that each instance was last given
        if self._coded:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "code.tga"
                write_uv_code(path)
                self._code = pybullet.loadTexture(str(path), physicsClientId=self.client)

    def close(self) -> None:
        pybullet.disconnect(self.client)

    def arrange(self, batch: RenderBatch, i: int, drawn: NDArray[np.bool_]) -> Index:
        """Show the ``drawn`` (I,) instances as in image ``i``; returns the instance of each body id."""
        if len(self._shapes) >= MAX_SHAPES:
            self.close()
            self._connect()
        mesh = np.where(drawn, batch.mesh[i], HIDDEN)[:, None]
        state = np.concatenate([mesh, batch.position[i], batch.orientation[i], batch.scale[i]], axis=1)
        if self._state.shape == state.shape:
            changed = np.flatnonzero((state != self._state).any(axis=1))
        else:
            changed = np.arange(len(state))
        for instance in changed.tolist():
            row = state[instance].tolist()
            self._place(instance, int(row[0]), tuple(row[1:8]), tuple(row[8:]))
        self._state = state
        return self._owner

    def draw(self, camera: Camera, light: Array | None) -> Drawing:
        """rgb (H, W, 3), depth (H, W) metres, body ids (H, W); inf and -1 where nothing is hit.

        rgb is max(0, n . l) times the gains, or the texture as it is if there is no light.
        """
        # light arguments are sticky, so all are given; samples lie on pixel corners, hence the shift
        _, _, rgba, buffer, bodies = pybullet.getCameraImage(
            camera.width,
            camera.height,
            viewMatrix=camera.view_matrix(),
            projectionMatrix=camera.projection_matrix(shift=0.5),
            lightDirection=(0.0, 0.0, 1.0) if light is None else light.tolist(),
            lightColor=GAINS,
            lightDistance=1.0,
            shadow=0,
            lightAmbientCoeff=float(light is None),
            lightDiffuseCoeff=float(light is not None),
            lightSpecularCoeff=0.0,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=self.client,
        )
        near, far = camera.near, camera.far
        depth = far * near / (far - (far - near) * buffer)
        depth[bodies < 0] = np.inf
        return rgba[..., :3], depth, bodies

    def _place(self, instance: int, mesh: int, pose: tuple[float, ...], scale: tuple[float, ...]) -> None:
        before = self._shown.pop(instance, HIDDEN)
        if before not in (mesh, HIDDEN):
            self._fade(self._bodies[instance, before], 0.0)
        if mesh == HIDDEN:
            return
        body = self._body(instance, mesh, scale)
        if before != mesh:
            self._fade(body, 1.0)
        if pose != body.pose:
            pybullet.resetBasePositionAndOrientation(
                body.uid, pose[:3], pose[3:], physicsClientId=self.client
            )
            body.pose = pose
        self._shown[instance] = mesh

    def _body(self, instance: int, mesh: int, scale: tuple[float, ...]) -> _Body:
        body = self._bodies.get((instance, mesh))
        if body is not None and body.scale == scale:
            return body
        if body is not None:  # a visual shape cannot be rescaled
            pybullet.removeBody(body.uid, physicsClientId=self.client)
        if (mesh, scale) not in self._shapes:
            self._shapes[mesh, scale] = pybullet.createVisualShape(
                pybullet.GEOM_MESH,
                meshScale=scale,
                rgbaColor=(1, 1, 1, 1),
                physicsClientId=self.client,
                **self._geometry[mesh],
            )
        shape = self._shapes[mesh, scale]
        uid = pybullet.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self.client)
        if self._coded:
            pybullet.changeVisualShape(uid, -1, textureUniqueId=self._code, physicsClientId=self.client)
        body = self._bodies[instance, mesh] = _Body(uid, scale)
        self._owner = np.append(self._owner, np.full(max(0, uid + 1 - len(self._owner)), HIDDEN))
        self._owner[uid] = instance
        return body

    def _fade(self, body: _Body, alpha: float) -> None:
        # at an alpha of 0 a body costs nothing; parked far away it would cost all its triangles
        pybullet.changeVisualShape(body.uid, -1, rgbaColor=(1, 1, 1, alpha), physicsClientId=self.client)


def _geometry(mesh: Mesh) -> dict[str, list[Any]]:
    """A mesh as createVisualShape takes it, equal vertices made one: its time grows with their number."""
    corners = np.concatenate([mesh.vertices, mesh.normals, mesh.uvs], axis=1)
    unique, where = np.unique(corners, axis=0, return_inverse=True)
    return {
        "vertices": unique[:, :3].tolist(),
        "normals": unique[:, 3:6].tolist(),
        "uvs": unique[:, 6:].tolist(),
        "indices": where.reshape(-1)[mesh.faces].reshape(-1).tolist(),
    }
