"""Meshes and textures on the device: packed once, looked up by every image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import Byte, Mesh, RenderBatch
from simfactor.render.raster.device import on_device
from simfactor.render.raster.kernels.surface import Face
from simfactor.render.raster.kernels.texture import LEVELS, Texel
from simfactor.render.shading import bytes_to_linear

Array = NDArray[Any]

LARGEST = 4096  # texels a side that are kept


@dataclass(frozen=True)
class MeshPool:
    """All meshes of a world in a row. Vertices are unique positions; normals and uvs belong to corners."""

    vertex_start: Any
    vertices: Any
    face_start: Any
    corners: Any  # the vertices of each triangle
    faces: Any  # what else there is to know of it
    bounds: Any  # centre and half extent of each mesh's box
    vertex_counts: Array  # and a last one, 0, for HIDDEN
    most_vertices: int
    largest: int  # number of triangles

    @staticmethod
    def pack(meshes: tuple[Mesh, ...], device: str) -> MeshPool:
        """Copy ``meshes`` to ``device``."""
        welded = [np.unique(mesh.vertices, axis=0, return_inverse=True) for mesh in meshes]
        positions = [table for table, _ in welded]
        faces = [
            where.reshape(-1)[mesh.faces].reshape(-1, 3)
            for (_, where), mesh in zip(welded, meshes, strict=True)
        ]
        corners = [table[f].astype(np.float64) for table, f in zip(positions, faces, strict=True)]
        attributes = np.concatenate(
            [_attributes(c, m) for c, m in zip(corners, meshes, strict=True)] or [NONE]
        )
        attributes = attributes.reshape(-1).view(Face.numpy_dtype())  # type: ignore[attr-defined]  # added by warp.struct
        vertex_counts = np.array([len(table) for table in positions], np.int32)
        face_counts = np.array([len(f) for f in faces], np.int32)

        def put(parts: list[Array], dtype: Any, width: int) -> Any:
            return on_device(
                np.concatenate([np.empty((0, width)), *parts]).astype(NUMPY[dtype]), dtype, device
            )

        return MeshPool(
            vertex_start=on_device(_starts(vertex_counts), wp.int32, device),
            vertices=put(positions, wp.vec3, 3),
            face_start=on_device(_starts(face_counts), wp.int32, device),
            corners=put(faces, wp.vec3i, 3),
            faces=wp.array(attributes, dtype=Face, device=device),
            bounds=put([_box(table) for table in positions], wp.vec3, 3),
            vertex_counts=np.append(vertex_counts, 0),
            most_vertices=int(vertex_counts.max(initial=1)),
            largest=int(face_counts.max(initial=1)),
        )

    def check_numbers(self, instances: int) -> None:
        """Raise SimfactorError if instances and triangles cannot be told apart in 32 bits."""
        if instances << max(1, (self.largest - 1).bit_length()) >= 1 << 32:
            raise SimfactorError(
                f"{instances} instances with up to {self.largest} triangles are too many for one batch; "
                "simplify the largest mesh or show fewer instances."
            )

    def bytes_per_image(self, batch: RenderBatch) -> int:
        """An upper bound of the memory for projected points, of the camera and of the light."""
        return 2 * 16 * int(self.vertex_counts[batch.mesh].sum(axis=1).max(initial=0))


NONE = np.empty((0, 19), np.float32)  # the attributes of no face
NUMPY = {wp.vec3: np.float32, wp.vec3i: np.int32}


def _attributes(corners: Array, mesh: Mesh) -> Array:
    """What ``Face`` holds, (F, 19), of triangles with these corners (F, 3, 3)."""
    edges = corners[:, 1:] - corners[:, :1]
    across = np.cross(edges[:, 0], edges[:, 1])
    size = np.linalg.norm(across, axis=1, keepdims=True)
    plane = across / np.maximum(size, 1e-300)
    uvs = mesh.uvs[mesh.faces].astype(np.float64)
    parts = [plane, _increments(mesh.normals[mesh.faces]), _increments(uvs), _uv_area(edges, size[:, 0], uvs)]
    return np.clip(np.concatenate(parts, axis=1), -1e30, 1e30).astype(np.float32)


def _increments(corners: Array) -> Array:
    """The first of three corners (F, 3, D), and what the others add to it, as (F, 3 D)."""
    first = corners[:, :1]
    return np.concatenate([first, corners[:, 1:] - first], axis=1).reshape(len(corners), 3 * corners.shape[2])


def _uv_area(edges: Array, size: Array, uvs: Array) -> Array:
    """Twice the area (F, 1) that triangles span in uv.

    Where lengths grow more than four times as much one way as the other, it is a quarter of what it would be
    if both grew like the longer one, lest textures alias along that.
    """
    uv = uvs[:, 1:] - uvs[:, :1]
    area = np.abs(uv[:, 0, 0] * uv[:, 1, 1] - uv[:, 0, 1] * uv[:, 1, 0])
    along = np.linalg.norm(edges[:, 0], axis=1)
    # the map from the triangle's plane, first edge along x, to uv; its larger singular value
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = uv[:, 0] / along[:, None]
        lean = (edges[:, 0] * edges[:, 1]).sum(1) / along
        second = (uv[:, 1] - lean[:, None] * first) / (size / along)[:, None]
        total = (first**2 + second**2).sum(1)
        product = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        longest = (total + np.sqrt(np.maximum(total**2 - 4 * product**2, 0.0))) / 2
        widened = np.nan_to_num(0.25 * longest * size, posinf=0.0)
    return np.maximum(area, widened)[:, None]


def _starts(counts: Array) -> Array:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _box(positions: Array) -> Array:
    if not len(positions):
        return np.zeros((2, 3), np.float32)
    low, high = positions.min(axis=0), positions.max(axis=0)
    return np.stack([(low + high) / 2, (high - low) / 2])


@dataclass(frozen=True)
class TexturePool:
    """All textures of a world with their halved images, in linear light."""

    texels: Any
    levels: Any  # (first texel, width, height) of each level of each texture

    @staticmethod
    def pack(textures: tuple[Byte, ...], device: str) -> TexturePool:
        """Halve ``textures`` down to a texel and copy them to ``device``.

        Those that nobody can write to, as a scene's, are halved once for all renderers of a process.
        """
        written = any(texture.flags.writeable for texture in textures)
        texels, levels = _halved(textures) if written else _halved_before(_Same(textures))
        return TexturePool(on_device(texels, Texel, device), on_device(levels, wp.vec3i, device))


@dataclass(frozen=True, eq=False)
class _Same:
    """Textures that are compared by identity."""

    textures: tuple[Byte, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.textures is other.textures

    def __hash__(self) -> int:
        return id(self.textures)


@lru_cache(maxsize=1)
def _halved_before(same: _Same) -> tuple[Array, Array]:
    return _halved(same.textures)


def _halved(textures: tuple[Byte, ...]) -> tuple[Array, Array]:
    """The texels of all levels of all textures, (n, 4), and where each level is, as in TexturePool."""
    levels = np.zeros((max(len(textures), 1) * LEVELS, 3), np.int32)
    parts: list[Array] = []
    start = 0
    for number, texture in enumerate(textures):
        for level, image in enumerate(_pyramid(texture)):
            height, width = image.shape[:2]
            # the last level stands for all that would be smaller
            levels[number * LEVELS + level : (number + 1) * LEVELS] = (start, width, height)
            parts.append(_packed(image))
            start += height * width
    return np.concatenate(parts or [np.zeros((1, 4), np.uint16)]), levels


def _pyramid(texture: Byte) -> list[Array]:
    """The texture in linear light, at the nearest sizes that are powers of two, so that to repeat it is to
    drop bits; then halved down to a texel."""
    levels: list[Array] = [bytes_to_linear(texture)]
    for axis in range(2):
        size = min(2 ** round(np.log2(texture.shape[axis])), LARGEST)
        levels[0] = _resampled(levels[0], axis, size)
    while max(levels[-1].shape[:2]) > 1 and len(levels) < LEVELS:
        height, width = (max(side // 2, 1) for side in levels[-1].shape[:2])
        levels.append(_resampled(_resampled(levels[-1], 0, height), 1, width))
    return levels


def _resampled(image: Array, axis: int, size: int) -> Array:
    """``image`` with ``size`` texels along ``axis``, each the mean of what it covers."""
    count = image.shape[axis]
    if count == size:
        return image
    integral = np.insert(np.cumsum(image, axis, np.float64), 0, 0.0, axis)
    edges = np.arange(size + 1) * (count / size)
    whole = np.minimum(edges.astype(int), count - 1)
    share = (edges - whole).reshape([-1 if a == axis else 1 for a in range(image.ndim)])
    low, high = np.take(integral, whole, axis), np.take(integral, whole + 1, axis)
    return np.asarray(np.diff(low + (high - low) * share, axis=axis) * (size / count), np.float32)


def _packed(image: Array) -> Array:
    texels = np.zeros((image.shape[0] * image.shape[1], 4), np.uint16)
    texels[:, :3] = np.round(image.reshape(-1, 3) * 65535.0)
    return texels
