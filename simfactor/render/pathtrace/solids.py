"""The things that are shown, as Mitsuba's meshes, which are kept and moved from image to image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from simfactor.frames import HIDDEN, Float, Mesh, RenderBatch
from simfactor.render.pathtrace.materials import Coat, material


@dataclass
class Solid:
    """A mesh of Mitsuba's, where it was last put, and what it was last covered with."""

    shape: Any
    posed: Mesh
    pose: bytes
    coat: Coat


class Solids:
    """A mesh of Mitsuba's for each (instance, mesh) that was ever shown; ``meshes`` are the batch's."""

    def __init__(self, meshes: tuple[Mesh, ...]) -> None:
        self._meshes = tuple(_with_normals(mesh) for mesh in meshes)
        self._kept: dict[tuple[int, int], Solid] = {}

    def arrange(self, mi: Any, batch: RenderBatch, i: int) -> list[tuple[int, Solid]]:
        """The instances that image ``i`` shows, each put in place and covered as it is there."""
        return [(instance, self._solid(mi, batch, i, instance)) for instance in self._shown(batch, i)]

    def _shown(self, batch: RenderBatch, i: int) -> Iterator[int]:
        for instance, mesh in enumerate(batch.mesh[i].tolist()):
            if mesh != HIDDEN and len(self._meshes[mesh].faces):
                yield instance

    def _solid(self, mi: Any, batch: RenderBatch, i: int, instance: int) -> Solid:
        key = instance, int(batch.mesh[i, instance])
        place = [getattr(batch, name)[i, instance] for name in ("position", "orientation", "scale")]
        pose, coat = np.concatenate(place).tobytes(), Coat.of(batch, i, instance)
        solid = self._kept.get(key)
        if solid is None or solid.pose != pose:
            posed = posed_mesh(self._meshes[key[1]], *place)
        if solid is None:
            shape = new_shape(mi, posed, mi.load_dict(material(mi, coat, batch)))
            solid = self._kept[key] = Solid(shape, posed, pose, coat)
        if solid.pose != pose:
            fill_shape(mi, solid.shape, posed)
            solid.posed, solid.pose = posed, pose
        if solid.coat != coat:
            solid.shape.set_bsdf(mi.load_dict(material(mi, coat, batch)))
            solid.coat = coat
        return solid


def posed_mesh(mesh: Mesh, position: Any, orientation: Any, scale: Any) -> Mesh:
    """``mesh`` in the world: scaled, turned by the quaternion (4,) xyzw and moved."""
    turn = Rotation.from_quat(orientation).as_matrix()
    vertices = (mesh.vertices * scale.astype(np.float64)) @ turn.T + position
    normals = (mesh.normals / scale.astype(np.float64)) @ turn.T
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return replace(mesh, vertices=vertices.astype(np.float32), normals=normals.astype(np.float32))


def merged_mesh(meshes: list[Mesh]) -> Mesh:
    """All meshes as one, their faces in the order given."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]
    parts = ([getattr(mesh, name) for mesh in meshes] for name in ("vertices", "normals", "uvs"))
    vertices, normals, uvs = (np.concatenate(part) for part in parts)
    return Mesh(vertices, normals, uvs, np.concatenate(faces).astype(np.int32))


def new_shape(mi: Any, mesh: Mesh, bsdf: Any = None) -> Any:
    """A mesh of Mitsuba's, of the material ``bsdf`` or none in particular."""
    properties = mi.Properties()
    if bsdf is not None:
        properties["bsdf"] = bsdf
    counts = len(mesh.vertices), len(mesh.faces)
    shape = mi.Mesh("", *counts, props=properties, has_vertex_normals=True, has_vertex_texcoords=True)
    uvs = upside_down(mesh.uvs)
    fill_shape(mi, shape, mesh, faces=mesh.faces.astype(np.uint32), vertex_texcoords=uvs)
    return shape


def upside_down(uvs: Float) -> Float:
    """uvs (..., 2) from a batch's, whose v counts from the bottom of a texture, to Mitsuba's, or back."""
    return np.stack([uvs[..., 0], np.float32(1.0) - uvs[..., 1]], axis=-1)


def fill_shape(mi: Any, shape: Any, mesh: Mesh, **more: Any) -> None:
    """Give a mesh of Mitsuba's the vertices and normals of ``mesh``, and ``more`` of its arrays."""
    parameters = mi.traverse(shape)
    for name, values in {"vertex_positions": mesh.vertices, "vertex_normals": mesh.normals, **more}.items():
        parameters[name] = np.ascontiguousarray(values).reshape(-1)
    parameters.set_dirty("vertex_normals")  # else, where they are as before, it works out some of its own
    parameters.update()


def _with_normals(mesh: Mesh) -> Mesh:
    """``mesh`` with a unit normal at each vertex: where it has none, that of the triangles around."""
    length = np.linalg.norm(mesh.normals, axis=1, keepdims=True)
    lacking = length[:, 0] < 1e-6
    if not lacking.any():
        return replace(mesh, normals=mesh.normals / length)
    a, b, c = mesh.vertices[mesh.faces].swapaxes(0, 1).astype(np.float64)
    around: NDArray[np.float64] = np.zeros(mesh.vertices.shape)
    for corner in mesh.faces.T:
        np.add.at(around, corner, np.cross(b - a, c - a))
    around += np.array([0.0, 0.0, 1e-30])  # of no triangle
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    normals = np.where(lacking[:, None], around, mesh.normals / np.maximum(length, 1e-6))
    return replace(mesh, normals=normals.astype(np.float32))
