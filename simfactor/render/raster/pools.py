"""Meshes and textures on the device: packed once, looked up by every image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
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
    vertex_counts: Array
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
        corners = [table[f] for table, f in zip(positions, faces, strict=True)]
        across = [np.cross(c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]) for c in corners]
        attributes = np.concatenate(
            [np.empty((0, 18), np.float32)]
            + [
                np.concatenate([a, _increments(m.normals[m.faces]), _increments(m.uvs[m.faces])], axis=1)
                for a, m in zip(across, meshes, strict=True)
            ]
        ).astype(np.float32)
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
            vertex_counts=vertex_counts,
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


NUMPY = {wp.vec3: np.float32, wp.vec2: np.float32, wp.vec3i: np.int32}


def _increments(corners: Array) -> Array:
    """The first of three corners (F, 3, D), and what the others add to it, as (F, 3 D)."""
    first = corners[:, :1]
    return np.concatenate([first, corners[:, 1:] - first], axis=1).reshape(len(corners), -1)


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
        """Halve ``textures`` down to a texel and copy them to ``device``."""
        levels = np.zeros((max(len(textures), 1) * LEVELS, 3), np.int32)
        parts: list[Array] = []
        start = 0
        for number, texture in enumerate(textures):
            for level, image in enumerate(_pyramid(_power_of_two(texture))):
                height, width = image.shape[:2]
                # the last level stands for all that would be smaller
                levels[number * LEVELS + level : (number + 1) * LEVELS] = (start, width, height)
                parts.append(_packed(image))
                start += height * width
        texels = np.concatenate(parts or [np.zeros((1, 4), np.uint16)])
        return TexturePool(on_device(texels, Texel, device), on_device(levels, wp.vec3i, device))


def _power_of_two(texture: Byte) -> Byte:
    """The texture at the nearest sizes that are powers of two, so that to repeat it is to drop bits."""
    height, width = (min(2 ** round(np.log2(side)), LARGEST) for side in texture.shape[:2])
    if (height, width) == texture.shape[:2]:
        return texture
    return np.asarray(cv2.resize(texture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _pyramid(texture: Byte) -> list[Array]:
    levels: list[Array] = [bytes_to_linear(texture)]
    while max(levels[-1].shape[:2]) > 1 and len(levels) < LEVELS:
        linear: Array = levels[-1]
        for axis in range(2):
            if linear.shape[axis] > 1:
                even = np.take(linear, range(0, linear.shape[axis] // 2 * 2, 2), axis)
                odd = np.take(linear, range(1, linear.shape[axis] // 2 * 2, 2), axis)
                linear = (even + odd) / 2
        levels.append(linear)
    return levels


def _packed(image: Array) -> Array:
    texels = np.zeros((image.shape[0] * image.shape[1], 4), np.uint16)
    texels[:, :3] = np.round(image.reshape(-1, 3) * 65535.0)
    return texels
