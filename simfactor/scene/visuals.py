"""What PyBullet draws, one entry per visual shape of a link, and the triangle meshes of these shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pybullet_data
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.rotation import to_matrices

Row = tuple[Any, ...]

SOFT_BODY = 3  # of getDynamicsInfo(...)[10]
FROMTO_MARGIN = 0.04  # metres around the collision shape of a MuJoCo capsule
KINDS = {  # of shapes that are drawn
    p.GEOM_SPHERE: "sphere",
    p.GEOM_BOX: "box",
    p.GEOM_CYLINDER: "cylinder",
    p.GEOM_CAPSULE: "capsule",
    p.GEOM_MESH: "mesh",
    p.GEOM_PLANE: "plane",
}


@dataclass(frozen=True)
class Visual:
    """One visual shape of a link.

    ``kind`` and ``dimensions`` are PyBullet's (for a mesh: its scale); ``frame`` (4, 4) stands in the link's
    URDF frame; ``file`` is the mesh file, None for other shapes and for a mesh made from vertices;
    ``textured`` says that PyBullet took a texture from the mesh's material file.
    """

    body: int
    link: int
    kind: int
    dimensions: tuple[float, float, float]
    frame: NDArray[np.float64]
    file: Path | None
    textured: bool


def visual_rows(body: int, client: int) -> tuple[Row, ...]:
    """The rows of ``getVisualShapeData``, in its order; [7] is the colour, all else stays while a body lives.

    A body without visual shapes is drawn by its collision shapes, which PyBullet then lists here.
    """
    flag = p.VISUAL_SHAPE_DATA_TEXTURE_UNIQUE_IDS
    return p.getVisualShapeData(body, flag, physicsClientId=client)


def read_visual(row: Row, client: int, search: Sequence[Path]) -> Visual:
    """A row of :func:`visual_rows`; relative mesh files are looked up in the folders ``search``.

    Raises SimfactorError for a kind of shape that has no rigid mesh, and for a mesh file that is not found.
    """
    body, link, kind = row[:3]
    if p.getDynamicsInfo(body, -1, physicsClientId=client)[10] == SOFT_BODY:
        raise _not_drawn(body, link, "a soft body")
    if kind not in KINDS:
        name = "a heightfield" if kind == p.GEOM_HEIGHTFIELD else f"of PyBullet's kind {kind}"
        raise _not_drawn(body, link, name)
    if kind == p.GEOM_CAPSULE and _is_fromto(row, client):
        raise _not_drawn(body, link, "a MuJoCo capsule given by fromto, whose direction is not told")
    frame = np.eye(4)
    frame[:3, :3] = to_matrices(np.array(row[6]))
    frame[:3, 3] = row[5]
    if kind == p.GEOM_PLANE:
        frame[:3, :3] = frame[:3, :3] @ _facing(_plane_normal(body, link, client))
    file = None
    if kind == p.GEOM_MESH and row[4]:
        file = _found(row[4].decode(), search, body, link)
    return Visual(body, link, kind, row[3], frame, file, kind == p.GEOM_MESH and row[8] >= 0)


def _not_drawn(body: int, link: int, what: str) -> SimfactorError:
    return SimfactorError(
        f"link {link} of body {body} is {what}: PyBullet does not give out what it draws there. Allowed are "
        f"rigid {', '.join(KINDS.values())} shapes; render this world with pybullet.getCameraImage."
    )


def _is_fromto(row: Row, client: int) -> bool:
    """Whether a capsule was loaded from MJCF's ``fromto``: PyBullet then lists it along z at the origin.

    Its collision shape is then two spheres in a margin; the box around them gives it away.
    """
    body, link, _, (length, radius, _), _, position, orientation = row[:7]
    if position != (0.0, 0.0, 0.0) or orientation != (0.0, 0.0, 0.0, 1.0):
        return False
    low, high = np.array(p.getAABB(body, link, physicsClientId=client))
    reach = (high - low) / 2 - FROMTO_MARGIN - radius
    return bool((reach > -2e-3).all() and abs(np.linalg.norm(reach) - length / 2) < 2e-3)


def folders_of(search: Sequence[Path]) -> list[Path]:
    """Where relative names of files are looked up: the working folder, ``search``, and pybullet_data."""
    return [Path(), *search, Path(pybullet_data.getDataPath())]


def _found(name: str, search: Sequence[Path], body: int, link: int) -> Path:
    folders = folders_of(search)
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise SimfactorError(
        f"link {link} of body {body} has the mesh file {name!r}, which is in none of "
        f"{[str(folder) for folder in folders]}; pass its folder in search=[...]."
    )


def _plane_normal(body: int, link: int, client: int) -> NDArray[np.float64]:
    """The normal (3,) of a plane, which only its collision shape tells; +z where it has none."""
    shapes = p.getCollisionShapeData(body, link, physicsClientId=client)
    normals = [shape[3] for shape in shapes if shape[2] == p.GEOM_PLANE]
    return np.array(normals[0] if normals else (0.0, 0.0, 1.0))


def _facing(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """A rotation (3, 3) that turns +z to ``normal``, and is the identity for +z."""
    z = normal / np.linalg.norm(normal)
    side = np.array([1.0, 0.0, 0.0]) if abs(z[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    y = np.cross(z, side)
    y /= np.linalg.norm(y)
    return np.stack([np.cross(y, z), y, z], axis=1)
