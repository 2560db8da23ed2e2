"""Fewer triangles and fresh normals for a triangle soup."""

from __future__ import annotations

import fast_simplification
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from simfactor.frames import Mesh
from simfactor.scene.obj import ObjGroup

Array = NDArray[np.float64]

AGGRESSION = 3  # edges collapse in small steps of error: a third of the mask error of the default, 7
FEW = 8  # triangles: a connected part of fewer keeps them all
TOLERANCE = 3e-3  # metres
CREASE = np.cos(np.radians(40.0))  # neighbouring faces that turn by more than this keep a sharp edge


def decimate(group: ObjGroup, keep: float, tolerance: float = TOLERANCE) -> Mesh:
    """Keep about the fraction ``keep`` of the triangles of each connected part, and more of small parts.

    The ends of no part move by more than ``tolerance`` metres: small and thin ones lose their outline first.

    Quadric edge collapse (Garland & Heckbert 1997) by ``fast-simplification``. uvs come from the nearest
    corner of the original.
    """
    parts = [
        _decimate_part(group, faces, keep, tolerance)
        for faces in _connected(group.faces, len(group.positions))
    ]
    corners, normals, uvs = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return indexed(corners, normals, uvs)


def _connected(faces: NDArray[np.int64], vertices: int) -> list[NDArray[np.intp]]:
    """The indices of the faces of each connected part."""
    edges = (np.ones(faces.size), (faces.ravel(), np.roll(faces, 1, axis=1).ravel()))
    count, part = connected_components(coo_matrix(edges, shape=(vertices, vertices)), directed=False)
    of_face = part[faces[:, 0]]
    return [chosen for i in range(count) if len(chosen := np.flatnonzero(of_face == i))]


def _decimate_part(
    group: ObjGroup, chosen: NDArray[np.intp], keep: float, tolerance: float
) -> tuple[Array, Array, Array]:
    """Corners, normals (F, 3, 3) and uvs (F, 3, 2) of what is left of the ``chosen`` faces."""
    used, faces = np.unique(group.faces[chosen], return_inverse=True)
    positions, faces, uvs = group.positions[used], faces.reshape(-1, 3), group.uvs[chosen]
    target = max(round(keep * len(faces)), FEW)
    if target < len(faces):
        corners = cKDTree(positions[faces].reshape(-1, 3))
        positions, faces = _simplified(positions, faces, target, tolerance)
        nearest = corners.query(positions[faces].reshape(-1, 3))[1]
        uvs = uvs.reshape(-1, 2)[nearest].reshape(-1, 3, 2)
    return positions[faces], crease_normals(positions, faces), uvs


def _simplified(
    positions: Array, faces: NDArray[np.int64], target: int, tolerance: float
) -> tuple[Array, NDArray[np.int64]]:
    """About ``target`` faces, or as many as it takes to keep the extent to ``tolerance`` along every axis."""
    while target < len(faces):
        points, kept = fast_simplification.simplify(
            positions.astype(np.float32), faces.astype(np.int32), target_count=target, agg=AGGRESSION
        )
        moved = [
            np.abs(end(points[kept].reshape(-1, 3), 0) - end(positions, 0)).max() for end in (np.min, np.max)
        ]
        if max(moved) < tolerance:
            return points.astype(np.float64), kept.astype(np.int64)
        target *= 2
    return positions, faces


def crease_normals(positions: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Unit normals (F, 3, 3) per corner: area-weighted mean of the faces that meet there without a crease."""
    a, b, c = (positions[faces[:, i]] for i in range(3))
    weighted = np.cross(b - a, c - a)
    unit = weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-20)
    corner_vertex = faces.reshape(-1)
    order = np.argsort(corner_vertex, kind="stable")
    count = np.bincount(corner_vertex, minlength=len(positions))
    start = np.cumsum(count) - count
    # every pair (corner, other corner at the same vertex)
    pairs = count[corner_vertex]
    corner = np.repeat(np.arange(len(corner_vertex)), pairs)
    step = np.arange(len(corner)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    other = order[start[corner_vertex[corner]] + step]
    smooth = np.einsum("ij,ij->i", unit[corner // 3], unit[other // 3]) >= CREASE
    normals = np.zeros((len(corner_vertex), 3))
    np.add.at(normals, corner[smooth], weighted[other[smooth] // 3])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    flat = np.repeat(unit, 3, axis=0)
    return np.where(lengths > 1e-20, normals / np.maximum(lengths, 1e-20), flat).reshape(-1, 3, 3)


def indexed(positions: NDArray[np.float64], normals: NDArray[np.float64], uvs: NDArray[np.float64]) -> Mesh:
    """A Mesh from corners: positions and normals (F, 3, 3), uvs (F, 3, 2); equal corners share a vertex."""
    corners = np.concatenate([positions, normals, uvs], axis=2).reshape(-1, 8)
    table, faces = np.unique(corners.round(6).astype(np.float32), axis=0, return_inverse=True)
    return Mesh(
        vertices=np.ascontiguousarray(table[:, 0:3]),
        normals=np.ascontiguousarray(table[:, 3:6]),
        uvs=np.ascontiguousarray(table[:, 6:8]),
        faces=faces.reshape(-1, 3).astype(np.int32),
    )
