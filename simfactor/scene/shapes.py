"""Triangle meshes of PyBullet's visual shapes: primitives, and mesh files with as many triangles as asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Byte, Mesh
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.cache import Arrays, cached_arrays
from simfactor.scene.charts import within_charts
from simfactor.scene.decimate import decimate
from simfactor.scene.mesh_files import read_mesh
from simfactor.scene.obj import ObjGroup
from simfactor.scene.primitives import ball, box, lathe

Triple = tuple[float, float, float]

FORMAT = 2  # raise it whenever the same file gives another mesh
PLANE_SIDE = 256.0  # metres: PyBullet draws an endless plane as a square of this side...
PLANE_REPEATS = 128.0  # ...with this many copies of its checkered texture along it
PLANE_COLORS = ((173, 199, 255), (255, 255, 255))
PER_PIXEL = 8  # triangles of a mesh
AREA = 0.1  # the share of its area that a decimated mesh may gain or lose
FINE = 2048  # triangles: primitives are rounder where meshes may have more
# PyBullet's texture of a box is an unfolded one: (u, v) of every corner of box(), in quarters of the picture
BOX_UVS = "21 31 30 20 12 11 01 02 12 22 21 11 10 00 01 11 21 20 10 11 41 40 30 31"


def triangles_for(height: int, width: int) -> int:
    """The triangles that a mesh may have in an image of this size: 8 for each pixel of the longer side.

    The sides are rounded up to powers of two, so that a few levels of detail serve all sizes.
    """
    return int(PER_PIXEL * 2 ** np.ceil(np.log2(max(height, width, 64))))


@lru_cache(maxsize=512)
def primitive(kind: int, dimensions: Triple, triangles: int) -> Mesh:
    """The mesh of a shape by PyBullet's kind and dimensions, metres; about its own centre, along z."""
    sides = 32 if triangles <= FINE else 96
    length, radius, _ = dimensions
    half = length / 2
    if kind == p.GEOM_BOX:
        high = np.array(dimensions) / 2
        uvs = [[int(digit) / 4 for digit in corner] for corner in BOX_UVS.split()]
        return replace(box(list(-high), list(high)), uvs=np.array(uvs, np.float32))
    if kind == p.GEOM_SPHERE:
        return ball(2 * dimensions[0], sides // 2, sides)
    if kind == p.GEOM_CYLINDER:
        return lathe([(0, -half), (radius, -half), (radius, half), (0, half)], sides)
    if kind == p.GEOM_CAPSULE:
        rise = np.linspace(0, np.pi / 2, sides // 4 + 1)[1:-1]
        cap = [(float(radius * np.cos(a)), float(half + radius * np.sin(a))) for a in rise]
        upper = [(radius, half), *cap, (0.0, half + radius)]
        return lathe([*((r, -z) for r, z in reversed(upper)), *upper], sides, round_along=True)
    return _plane()


def mesh_of_file(path: Path, scale: Triple, triangles: int) -> Mesh:
    """A mesh file (see :func:`read_mesh`) with about as many triangles as asked, if it has more.

    The result is kept in memory and on disk, under a hash of the file. Raises SimfactorError as read_mesh.
    """
    state = path.stat()
    return _mesh_of_file(path, scale, triangles, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=512)
def _mesh_of_file(path: Path, scale: Triple, triangles: int, _stamp: tuple[int, int]) -> Mesh:
    digest = hashlib.sha256(json.dumps([FORMAT, path.suffix.lower(), scale, triangles]).encode())
    digest.update(path.read_bytes())

    def build() -> Arrays:
        mesh = _decimated(read_mesh(path, scale), triangles)
        return {field.name: getattr(mesh, field.name) for field in fields(Mesh)}

    return Mesh(**cached_arrays(f"visual-{digest.hexdigest()}", build))


def _decimated(soup: ObjGroup, triangles: int) -> Mesh:
    """About as many triangles as asked, or as many as it takes to keep the area: open sheets get holes."""
    whole = _area(soup.positions, soup.faces)
    # about a pixel if the mesh fills an image that gets as many triangles
    tolerance = float(np.linalg.norm(np.ptp(soup.positions, axis=0))) * PER_PIXEL / triangles
    while triangles < len(soup.faces):
        mesh = decimate(soup, triangles / len(soup.faces), tolerance)
        if abs(_area(mesh.vertices, mesh.faces) - whole) < AREA * whole:
            return within_charts(soup, mesh) if np.ptp(soup.uvs) > 0.0 else mesh
        triangles *= 2
    return decimate(soup, 1.0, tolerance)


def _area(vertices: NDArray[Any], faces: NDArray[Any]) -> float:
    a, b, c = vertices[faces].astype(np.float64).swapaxes(0, 1)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def scaled(mesh: Mesh, scale: Triple) -> Mesh:
    """The mesh with its positions times ``scale`` (3,), none of which is zero."""
    factors = np.array(scale)
    normals = mesh.normals / factors
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    vertices = (mesh.vertices * factors).astype(np.float32)
    return replace(mesh, vertices=vertices, normals=normals.astype(np.float32))


def checkers() -> Byte:
    """The texture that PyBullet puts on every plane, (64, 64, 3)."""
    one, other = (np.full((32, 32, 3), color, np.uint8) for color in PLANE_COLORS)
    return np.block([[[one], [other]], [[other], [one]]])


def _plane() -> Mesh:
    half, last = PLANE_SIDE / 2, PLANE_REPEATS
    corners = [(half, -half, 0), (half, half, 0), (-half, half, 0), (-half, -half, 0)]
    return Mesh(
        np.array(corners, np.float32),
        np.tile(np.array([[0, 0, 1]], np.float32), (4, 1)),
        np.array([(last, last), (0, last), (0, 0), (last, 0)], np.float32),
        np.array([(0, 1, 2), (0, 2, 3)], np.int32),
    )


def is_backdrop(mesh: Mesh) -> bool:
    """Whether a mesh is flat and wider than 20 m: the ground, which casts no shadow."""
    extent = np.ptp(mesh.vertices, axis=0)
    return bool(extent.max() > 20.0 and extent.min() < 1e-6)
