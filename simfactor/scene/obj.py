"""Read Wavefront OBJ files, one polygon soup per material colour. Geometry only: positions, uvs, colours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError

Color = tuple[float, float, float]
Corner = tuple[int, int]  # index of the position, index of the uv (-1 = none)


@dataclass(frozen=True)
class ObjGroup:
    """The triangles of one colour. ``color`` is the material's Kd, or None where the file names no material.

    positions (V, 3) and faces (F, 3) index each other; uvs (F, 3, 2) are per corner, zero where not given.
    """

    color: Color | None
    positions: NDArray[np.float64]
    faces: NDArray[np.int64]
    uvs: NDArray[np.float64]


def read_obj(path: Path) -> list[ObjGroup]:
    """Read ``path``; polygons are split into fans, groups of equal colour are joined, in order of appearance.

    Raises SimfactorError if the file is missing, holds no faces or has a broken line.
    """
    if not path.is_file():
        raise SimfactorError(f"mesh file {str(path)!r} does not exist; check the path in the URDF.")
    positions: list[list[float]] = []
    uvs: list[list[float]] = []
    materials: dict[str, Color] = {}
    color: Color | None = None
    corners: dict[Color | None, list[list[Corner]]] = {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        key, _, rest = line.strip().partition(" ")
        try:
            if key == "v":
                positions.append([float(word) for word in rest.split()[:3]])
            elif key == "vt":
                uvs.append([float(word) for word in rest.split()[:2]])
            elif key == "f":
                polygon = [_corner(word, len(positions), len(uvs)) for word in rest.split()]
                fan = [[polygon[0], polygon[i], polygon[i + 1]] for i in range(1, len(polygon) - 1)]
                corners.setdefault(color, []).extend(fan)
            elif key == "mtllib":
                materials |= read_mtl(path.parent / rest.strip())
            elif key == "usemtl":
                color = materials.get(rest.strip())
        except (ValueError, IndexError) as error:
            raise SimfactorError(
                f"{path}:{number}: cannot read {line.strip()!r} as OBJ ({error})."
            ) from error
    if not corners:
        raise SimfactorError(f"mesh file {str(path)!r} holds no faces; export it as a triangle mesh.")
    table = np.array(positions)
    uv_table = np.array([*uvs, [0.0, 0.0]])  # the last row serves corners without uv (index -1)
    return [_group(color, np.array(faces), table, uv_table) for color, faces in corners.items()]


def read_mtl(path: Path) -> dict[str, Color]:
    """The diffuse colours (Kd) of a material file; empty if the file is missing, as PyBullet treats it."""
    colors: dict[str, Color] = {}
    name = ""
    for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
        words = line.split()
        if words[:1] == ["newmtl"]:
            name = " ".join(words[1:])
            colors[name] = (1.0, 1.0, 1.0)
        elif words[:1] == ["Kd"]:
            colors[name] = (float(words[1]), float(words[2]), float(words[3]))
    return colors


def _corner(word: str, positions: int, uvs: int) -> Corner:
    """``v``, ``v/vt``, ``v//vn`` or ``v/vt/vn``; counted from 1, or back from the end where negative."""
    parts = word.split("/")
    at = int(parts[0])
    uv = int(parts[1]) if len(parts) > 1 and parts[1] else 0
    at = at - 1 if at > 0 else positions + at
    uv = uv - 1 if uv >= 0 else uvs + uv
    if not (0 <= at < positions and -1 <= uv < uvs):
        raise IndexError(f"vertex {word} is not defined above this line")
    return at, uv


def _group(
    color: Color | None, corners: NDArray[np.int64], table: NDArray[np.float64], uv_table: NDArray[np.float64]
) -> ObjGroup:
    """Weld the positions that the corners (F, 3, 2) use: decimation must not tear seams open."""
    positions, inverse = np.unique(table[corners[..., 0]].reshape(-1, 3), axis=0, return_inverse=True)
    faces = inverse.reshape(-1, 3)
    proper = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return ObjGroup(color, positions, faces[proper], uv_table[corners[..., 1]][proper])
