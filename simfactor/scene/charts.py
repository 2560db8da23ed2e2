"""Texture coordinates of a decimated mesh: no triangle may reach across a seam of the texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from simfactor.frames import Mesh
from simfactor.scene.decimate import indexed
from simfactor.scene.obj import ObjGroup

Array = NDArray[np.float64]

TURN = 0.02  # of the mesh's diagonal: what a face that looks the other way counts as distance


def within_charts(soup: ObjGroup, mesh: Mesh) -> Mesh:
    """``mesh`` with new uvs: every triangle takes those of one chart of ``soup``, that of the nearest face.

    A chart is a part of the surface that the texture covers without a seam.
    """
    chart = _charts(soup)
    if chart.max(initial=0) == 0:
        return mesh
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    before = soup.positions[soup.faces]
    scale = np.linalg.norm(np.ptp(soup.positions, axis=0))
    # a face stands for its centre and three points near its corners, since faces differ in size
    inside = 0.8 * before + 0.2 * before.mean(axis=1, keepdims=True)
    points = np.concatenate([before.mean(axis=1, keepdims=True), inside], axis=1)
    facing = np.repeat(_normals(before)[:, None] * (TURN * scale), 4, axis=1)
    tree = cKDTree(np.concatenate([points, facing], axis=2).reshape(-1, 6))
    asked = np.concatenate([corners.mean(axis=1), _normals(corners) * (TURN * scale)], axis=1)
    wanted = chart[tree.query(asked)[1] // 4]
    uvs = np.empty((len(corners), 3, 2))
    for c in np.unique(wanted):
        taken, source = wanted == c, chart == c
        nearest = cKDTree(before[source].reshape(-1, 3)).query(corners[taken].reshape(-1, 3))[1]
        uvs[taken] = soup.uvs[source].reshape(-1, 2)[nearest].reshape(-1, 3, 2)
    return indexed(corners, mesh.normals[mesh.faces].astype(np.float64), uvs)


def _charts(soup: ObjGroup) -> NDArray[np.int64]:
    """The chart (F,) of each face: faces with a common corner in space and on the texture share one."""
    corners = np.concatenate([soup.faces[..., None], soup.uvs.round(6)], axis=2).reshape(-1, 3)
    table, vertex = np.unique(corners, axis=0, return_inverse=True)
    faces = vertex.reshape(-1, 3)
    edges = (np.ones(faces.size), (faces.ravel(), np.roll(faces, 1, axis=1).ravel()))
    _, part = connected_components(coo_matrix(edges, shape=(len(table), len(table))), directed=False)
    return part[faces[:, 0]].astype(np.int64)


def _normals(triangles: Array) -> Array:
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
