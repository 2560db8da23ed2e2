"""Levels of detail: the meshes that pictures of a size show, shared by all scenes of a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Mesh
from simfactor.scene.marker import marker_meshes
from simfactor.scene.meshes import LinkMesh, link_meshes
from simfactor.scene.primitives import SHAPES
from simfactor.scene.robot import URDF
from simfactor.scene.room import ROOM, room_meshes
from simfactor.scene.rotation import to_matrices


@dataclass(frozen=True)
class Level:
    """How much of the robot's meshes to keep in pictures of up to ``size`` pixels a side."""

    size: float
    keep: float  # fraction of each part's triangles
    tolerance: float  # metres that the ends of a part may move


# Chosen so that no more than 0.3 % of a picture's pixels show another part than with the full meshes
# (tests/scene/test_levels.py). Coarser ones than the first fail that.
LEVELS = (
    Level(64, 0.01, 3e-3),
    Level(128, 0.025, 2e-3),
    Level(256, 0.05, 2e-3),
    Level(np.inf, 0.15, 1e-3),
)


@dataclass(frozen=True)
class Geometry:
    """Meshes of one level: the robot's parts in the frames of their links, the room, the objects, the
    markers.

    links (A,) and colors (A, 3): the link (-1 = base) and the sRGB colour of each of the robot's A parts.
    """

    meshes: tuple[Mesh, ...]
    links: NDArray[np.int64]
    colors: NDArray[np.float32]

    @property
    def objects(self) -> int:
        """Index of the first object's mesh."""
        return len(self.links) + len(ROOM)

    @property
    def markers(self) -> int:
        """Index of the first marker's mesh."""
        return self.objects + len(SHAPES)


def geometry_for(height: int, width: int) -> Geometry:
    """The geometry for pictures of height x width pixels; the same object whenever the level is the same."""
    longer = max(height, width)
    return level_geometry(next(i for i, level in enumerate(LEVELS) if longer <= level.size))


@cache
def level_geometry(index: int) -> Geometry:
    """The geometry of ``LEVELS[index]``, made or read from the disk cache when first needed."""
    level = LEVELS[index]
    parts = link_meshes(URDF, level.keep, level.tolerance)
    room = room_meshes()
    return Geometry(
        (*map(_in_link_frame, parts), *(room[name] for name in ROOM), *SHAPES.values(), *marker_meshes()),
        np.array([part.link for part in parts]),
        np.array([part.color for part in parts], np.float32),
    )


def _in_link_frame(part: LinkMesh) -> Mesh:
    rotation, mesh = to_matrices(part.orientation), part.mesh
    vertices = mesh.vertices @ rotation.T + part.position
    normals = mesh.normals @ rotation.T
    return Mesh(vertices.astype(np.float32), normals.astype(np.float32), mesh.uvs, mesh.faces)
