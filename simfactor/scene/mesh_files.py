"""Mesh and texture files of any kind that PyBullet reads: OBJ, STL and COLLADA, as PyBullet reads them."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import collada
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from simfactor.errors import SimfactorError
from simfactor.frames import Byte
from simfactor.scene.obj import ObjGroup, read_obj

Corners = tuple[NDArray[np.float64], NDArray[np.float64]]  # positions (F, 3, 3) and uvs (F, 3, 2)

STL_FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
TEXTURE_KINDS = "png, jpg, bmp, gif, tga"


def read_mesh(path: str | Path, scale: Sequence[float] = (1.0, 1.0, 1.0)) -> ObjGroup:
    """All triangles of a mesh file as one soup of welded positions, in metres times ``scale`` (3,).

    As PyBullet does, the colours of the file are left out (those of the URDF count), the unit of a COLLADA
    file is applied and its up axis is not.

    Raises SimfactorError for a file that is missing, damaged, empty or of another kind.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise SimfactorError(
            f"mesh file {str(path)!r} is no {', '.join(READERS)} file; convert it, for instance to .obj."
        )
    if not path.is_file():
        raise SimfactorError(f"mesh file {str(path)!r} does not exist; check the path in the URDF.")
    positions, uvs = reader(path)
    if not len(positions):
        raise SimfactorError(f"mesh file {str(path)!r} holds no faces; export it as a triangle mesh.")
    if not np.isfinite(positions).all():
        raise SimfactorError(f"mesh file {str(path)!r} has positions that are no numbers; export it again.")
    return _weld(positions * np.asarray(scale, np.float64), uvs)


def read_texture(path: str | Path) -> Byte:
    """An image file as (H, W, 3) uint8 sRGB, without its alpha channel.

    Raises SimfactorError for a file that is missing or holds no image.
    """
    try:
        with Image.open(path) as image:
            return np.ascontiguousarray(image.convert("RGBA").convert("RGB"))
    except FileNotFoundError as error:
        raise SimfactorError(
            f"texture file {str(path)!r} does not exist; correct its name in the material file."
        ) from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise SimfactorError(
            f"texture file {str(path)!r} cannot be read ({error}); use an image of kind {TEXTURE_KINDS}."
        ) from error


def texture_file(path: str | Path, search: Sequence[Path] = ()) -> Path | None:
    """The texture (map_Kd) of the first material with one that an OBJ file uses: PyBullet's choice.

    It is looked up beside the OBJ file, then in the folders ``search``.
    """
    path = Path(path)
    if path.suffix.lower() != ".obj" or not path.is_file():
        return None
    maps: dict[str, str] = {}
    for line in path.read_text(errors="replace").splitlines():
        key, _, rest = line.strip().partition(" ")
        if key == "mtllib":
            maps |= _texture_maps(path.parent / rest.strip())
        elif key == "usemtl" and rest.strip() in maps:
            places = [folder / maps[rest.strip()] for folder in (path.parent, *search)]
            return next((place for place in places if place.is_file()), places[0])
    return None


def _texture_maps(path: Path) -> dict[str, str]:
    maps: dict[str, str] = {}
    name = ""
    for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
        key, _, rest = line.strip().partition(" ")
        if key == "newmtl":
            name = rest.strip()
        elif key == "map_Kd" and rest.strip():
            # options such as "-s 1 1 1" stand before the name
            maps[name] = (rest.split()[-1] if rest.strip().startswith("-") else rest.strip()).replace(
                "\\", "/"
            )
    return maps


def _read_obj(path: Path) -> Corners:
    groups = read_obj(path)
    positions = np.concatenate([group.positions[group.faces] for group in groups])
    return positions, np.concatenate([group.uvs for group in groups])


def _read_stl(path: Path) -> Corners:
    """Binary: 80 bytes, the count, and 50 bytes for each facet. ASCII: three lines "vertex x y z"."""
    content = path.read_bytes()
    count = int.from_bytes(content[80:84], "little")
    if len(content) == 84 + 50 * count:
        facets = np.frombuffer(content, STL_FACET, count, offset=84)
        return facets["corners"].astype(np.float64), np.zeros((count, 3, 2))
    lines = content.decode("ascii", errors="replace").splitlines()
    try:
        if not lines or not lines[0].lstrip().startswith("solid"):
            raise ValueError("its length does not fit a binary file, nor does it start with 'solid'")
        words = [line.split() for line in lines]
        corners = np.array([word[1:4] for word in words if word[:1] == ["vertex"]], np.float64)
        positions = corners.reshape(-1, 3, 3)
    except ValueError as error:
        raise _unreadable(path, "STL", error) from error
    return positions, np.zeros((len(positions), 3, 2))


def _read_collada(path: Path) -> Corners:
    parts: list[Corners] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # pycollada's use of numpy.matrix
            document = collada.Collada(str(path), ignore=[collada.DaeError])
            unit = document.assetInfo.unitmeter or 1.0
            for geometry in document.scene.objects("geometry") if document.scene else ():
                for primitive in geometry.primitives():
                    parts += _triangles(primitive, unit)
    except (collada.DaeError, ElementTree.ParseError, ValueError, IndexError, OSError) as error:
        raise _unreadable(path, "COLLADA", error) from error
    if not parts:
        return np.empty((0, 3, 3)), np.empty((0, 3, 2))
    return np.concatenate([p for p, _ in parts]), np.concatenate([u for _, u in parts])


def _triangles(primitive: Any, unit: float) -> list[Corners]:
    """The triangles of a bound COLLADA primitive; lines have none."""
    if not hasattr(primitive, "triangleset") and not hasattr(primitive, "normal_index"):
        return []
    triangles = primitive.triangleset() if hasattr(primitive, "triangleset") else primitive
    if triangles.vertex_index is None or not len(triangles.vertex_index):
        return []
    uvs = np.zeros((len(triangles.vertex_index), 3, 2))
    if triangles.texcoordset:
        uvs = triangles.texcoordset[0][triangles.texcoord_indexset[0]][..., :2]
    return [(np.asarray(triangles.vertex[triangles.vertex_index], np.float64) * unit, uvs)]


def _unreadable(path: Path, kind: str, error: Exception) -> SimfactorError:
    return SimfactorError(
        f"mesh file {str(path)!r} cannot be read as {kind} ({error}); export it again, for instance as .obj."
    )


def _weld(corners: NDArray[np.float64], uvs: NDArray[np.float64]) -> ObjGroup:
    """One soup of triangles (F, 3, 3); decimation must not tear seams open."""
    positions, inverse = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    faces = inverse.reshape(-1, 3)
    proper = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return ObjGroup(None, positions, faces[proper], uvs[proper])


READERS: dict[str, Callable[[Path], Corners]] = {".obj": _read_obj, ".stl": _read_stl, ".dae": _read_collada}
