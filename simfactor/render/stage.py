"""A PyBullet client as a rasteriser: bodies are put in place and drawn, nothing moves by itself."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.codes import LIGHT, write_uv_code
from simfactor.scene.bullet import pybullet

Array = NDArray[np.floating[Any]]
Index = NDArray[np.intp]
Drawing = tuple[NDArray[np.uint8], Array, NDArray[np.int32]]

MAX_SHAPES = 1500  # PyBullet never frees a visual shape (45 kB for 240 triangles): then start a new client


@dataclass
class Body:
    """A body of a stage, where it was last put, and what colours it was last given."""

    uid: int
    scale: tuple[float, ...]
    pose: tuple[float, ...] = ()
    dress: tuple[float, ...] = ()


class Stage:
    """A PyBullet client with a body for each (instance, mesh) that was ever drawn; it shows some of them.

    The bodies are white, or ``coded``: they wear the texture that tells the uv. With ``both_sides``, meshes
    that do not enclose a volume are seen from behind, too.
    """

    def __init__(self, meshes: tuple[Mesh, ...], coded: bool, both_sides: bool = True) -> None:
        self._coded = coded
        self._geometry = [_geometry(mesh, both_sides) for mesh in meshes]
        self._connect()

    def _connect(self) -> None:
        self.client = self.open_client()
        self._shapes: dict[tuple[int, tuple[float, ...]], int] = {}
        self._bodies: dict[tuple[int, int], Body] = {}
        self._shown: dict[int, int] = {}  # instance -> mesh
        self._owner = np.empty(0, np.intp)  # instance of each body id
        self._state = np.empty((0, 11), np.float32)  # mesh, pose and scale that each instance was last given
        if self._coded:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "code.tga"
                write_uv_code(path)
                self._code = pybullet.loadTexture(str(path), physicsClientId=self.client)

    def open_client(self) -> int:
        return pybullet.connect(pybullet.DIRECT)

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

        rgb tells max(0, n . l), see ``decode_lambert``, or is the texture as it is if there is no light.
        """
        # light arguments are sticky, so all are given; samples lie on pixel corners, hence the shift
        _, _, rgba, buffer, bodies = pybullet.getCameraImage(
            camera.width,
            camera.height,
            viewMatrix=camera.view_matrix(),
            projectionMatrix=camera.projection_matrix(shift=0.5),
            lightDirection=(0.0, 0.0, 1.0) if light is None else light.tolist(),
            lightColor=LIGHT,
            lightDistance=1.0,
            shadow=0,
            lightAmbientCoeff=1.0,
            lightDiffuseCoeff=float(light is not None),
            lightSpecularCoeff=0.0,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=self.client,
        )
        return rgba[..., :3], to_depth(buffer, camera, bodies < 0), bodies

    def _place(self, instance: int, mesh: int, pose: tuple[float, ...], scale: tuple[float, ...]) -> None:
        before = self._shown.pop(instance, HIDDEN)
        if before not in (mesh, HIDDEN):
            self.hide(self._bodies[instance, before])
        if mesh == HIDDEN:
            return
        body = self._body(instance, mesh, scale)
        if before != mesh:
            self.show(body)
        if pose != body.pose:
            pybullet.resetBasePositionAndOrientation(
                body.uid, pose[:3], pose[3:], physicsClientId=self.client
            )
            body.pose = pose
        self._shown[instance] = mesh

    def _body(self, instance: int, mesh: int, scale: tuple[float, ...]) -> Body:
        body = self._bodies.get((instance, mesh))
        if body is not None and body.scale == scale:
            return body
        if body is not None:  # a visual shape cannot be rescaled
            pybullet.removeBody(body.uid, physicsClientId=self.client)
        if (mesh, scale) not in self._shapes:
            self._shapes[mesh, scale] = self.create_shape(_scaled(self._geometry[mesh], scale))
        shape = self._shapes[mesh, scale]
        uid = pybullet.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self.client)
        if self._coded:
            pybullet.changeVisualShape(uid, -1, textureUniqueId=self._code, physicsClientId=self.client)
        body = self._bodies[instance, mesh] = Body(uid, scale)
        self._owner = np.append(self._owner, np.full(max(0, uid + 1 - len(self._owner)), HIDDEN))
        self._owner[uid] = instance
        return body

    def show(self, body: Body) -> None:
        """Make visible what was hidden."""
        pybullet.changeVisualShape(body.uid, -1, rgbaColor=(1, 1, 1, 1), physicsClientId=self.client)

    def hide(self, body: Body) -> None:
        """Take out of sight. At an alpha of 0 a body costs nothing; far away it costs all its triangles."""
        pybullet.changeVisualShape(body.uid, -1, rgbaColor=(1, 1, 1, 0), physicsClientId=self.client)

    def shown(self) -> list[tuple[int, Body]]:
        """The instances that are shown, each with its body."""
        return [(instance, self._bodies[instance, mesh]) for instance, mesh in self._shown.items()]

    def create_shape(self, mesh: Mesh) -> int:
        """A new visual shape of ``mesh`` as it is."""
        return pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=mesh.vertices.tolist(),
            normals=mesh.normals.tolist(),
            uvs=mesh.uvs.tolist(),
            indices=mesh.faces.reshape(-1).tolist(),
            rgbaColor=(1, 1, 1, 1),
            physicsClientId=self.client,
        )


def _geometry(mesh: Mesh, both_sides: bool) -> Mesh:
    """A mesh as PyBullet is to draw it, equal vertices made one: its time grows with their number.

    Its rasterisers leave out faces that turn their back, and tell the back by the order of the corners. So
    corners are put in the order that the normals ask for, and with ``both_sides`` a mesh that does not
    enclose a volume gets each face a second time, turned round.
    """
    corners = np.concatenate([mesh.vertices, mesh.normals, mesh.uvs], axis=1)
    unique, where = np.unique(corners, axis=0, return_inverse=True)
    faces = where.reshape(-1)[mesh.faces].astype(np.int32)
    a, b, c = unique[faces, :3].swapaxes(0, 1)
    inside_out = (np.cross(b - a, c - a) * unique[faces, 3:6].sum(axis=1)).sum(axis=-1) < 0
    faces[inside_out] = faces[inside_out, ::-1]
    if both_sides and not _is_closed(unique[:, :3], faces):
        turned = unique * np.array([1, 1, 1, -1, -1, -1, 1, 1], np.float32)
        faces = np.concatenate([faces, faces[:, ::-1] + len(unique)])
        unique = np.concatenate([unique, turned])
    return Mesh(unique[:, :3], unique[:, 3:6], unique[:, 6:], faces)


def _scaled(mesh: Mesh, scale: tuple[float, ...]) -> Mesh:
    """PyBullet's own ``meshScale`` would leave the normals as they are."""
    factors = np.array(scale, np.float32)
    normals = mesh.normals / factors
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.float32(1e-20))
    return replace(mesh, vertices=mesh.vertices * factors, normals=normals)


def _is_closed(vertices: Array, faces: NDArray[np.int32]) -> bool:
    """Whether each edge (by place) is run through as often in one direction as in the other."""
    _, place = np.unique(vertices, axis=0, return_inverse=True)
    edges = place.reshape(-1)[np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1)].reshape(-1, 2)
    code = edges.astype(np.int64) @ np.array([len(vertices), 1])
    back = edges[:, ::-1].astype(np.int64) @ np.array([len(vertices), 1])
    return np.array_equal(np.sort(code), np.sort(back))


def to_depth(buffer: Array, camera: Camera, empty: NDArray[np.bool_]) -> Array:
    """Depth (H, W) in metres of a depth buffer (H, W); inf where it is ``empty``."""
    near, far = camera.near, camera.far
    depth = far * near / (far - (far - near) * buffer)
    depth[empty] = np.inf
    return depth
