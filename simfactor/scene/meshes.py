"""The visual meshes of a URDF, one per link and colour, with few triangles: made once, kept on disk."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import Mesh
from simfactor.scene.cache import cached_arrays
from simfactor.scene.decimate import TOLERANCE, decimate
from simfactor.scene.obj import Color, read_obj

FORMAT = 7  # raise it whenever the same sources give other meshes


@dataclass(frozen=True)
class LinkMesh:
    """One colour of one visual: ``mesh`` at position (3,), orientation (4,) xyzw in the frame of ``link``.

    ``link`` counts as PyBullet does (-1 is the base); the frame is the link's URDF frame, not its centre of
    mass (``getLinkState(...)[4:6]``). ``color`` (3,) is sRGB in [0, 1].
    """

    link: int
    mesh: Mesh
    color: NDArray[np.float32]
    position: NDArray[np.float32]
    orientation: NDArray[np.float32]


@dataclass(frozen=True)
class _Visual:
    link: int
    file: Path
    scale: tuple[float, ...]
    color: Color
    position: tuple[float, ...]
    rpy: tuple[float, ...]


def link_meshes(urdf_path: str | Path, keep: float = 0.01, tolerance: float = TOLERANCE) -> list[LinkMesh]:
    """Every visual of a URDF, split by material colour and decimated to about the fraction ``keep``.

    More is kept where the ends of a part would move by ``tolerance`` metres or more.

    Colours are the diffuse colours (Kd) of the OBJ's material file, or the URDF's where there is none. The
    result is cached on disk (``$XDG_CACHE_HOME`` or ``~/.cache``), under a hash of the sources.

    Raises SimfactorError for a missing or broken file, a visual that is no OBJ mesh, keep outside (0, 1],
    or a negative tolerance.
    """
    if not 0.0 < keep <= 1.0:
        raise SimfactorError(f"keep={keep!r} is outside (0, 1]; it is the fraction of triangles to keep.")
    if not tolerance >= 0.0:
        raise SimfactorError(f"tolerance={tolerance!r} must be 0 metres or more.")
    path = Path(urdf_path)
    visuals = _visuals(path)
    key = _fingerprint(path, visuals, keep, tolerance)
    arrays = cached_arrays(f"meshes-{key}", lambda: _pack(_build(visuals, keep, tolerance)))
    return _unpack(arrays)


def link_indices(robot: ElementTree.Element) -> dict[str, int]:
    """PyBullet's index of every link: depth first from the base (-1), children in the order of the joints."""
    joints = [
        (_child(j, "parent").get("link", ""), _child(j, "child").get("link", ""))
        for j in robot.findall("joint")
    ]
    children = {child for _, child in joints}
    roots = [link.get("name", "") for link in robot.findall("link") if link.get("name") not in children]
    if len(roots) != 1:
        raise SimfactorError(f"a URDF needs exactly one root link, this one has {len(roots)}: {roots}.")
    indices: dict[str, int] = {}
    pending = list(roots)
    while pending:
        name = pending.pop()
        indices[name] = len(indices) - 1
        pending += [child for parent, child in reversed(joints) if parent == name]
    loose = {link.get("name", "") for link in robot.findall("link")} ^ indices.keys()
    if loose:
        raise SimfactorError(f"links {sorted(loose)} do not hang on root {roots[0]!r}; check the joints.")
    return indices


def _visuals(path: Path) -> list[_Visual]:
    if not path.is_file():
        raise SimfactorError(f"URDF {str(path)!r} does not exist; give the path of a .urdf file.")
    try:
        robot = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise SimfactorError(f"{path} is not a URDF: {error}.") from error
    indices = link_indices(robot)
    named = {m.get("name", ""): m for m in robot.iter("material") if m.find("color") is not None}
    return [
        _visual(path, indices[link.get("name", "")], visual, named)
        for link in robot.findall("link")
        for visual in link.findall("visual")
    ]


def _visual(
    path: Path, link: int, visual: ElementTree.Element, named: dict[str, ElementTree.Element]
) -> _Visual:
    mesh = _child(visual, "geometry").find("mesh")
    if mesh is None or not mesh.get("filename", "").lower().endswith(".obj"):
        raise SimfactorError(
            f"{path}: only OBJ visuals are read; convert the visual of link {link} to an OBJ mesh."
        )
    origin = visual.find("origin")
    material = visual.find("material")
    if material is not None:
        material = named.get(material.get("name", ""), material)
    color = material.find("color") if material is not None else None
    rgba = _numbers(color, "rgba", "1 1 1 1")
    return _Visual(
        link,
        path.parent / mesh.get("filename", "").removeprefix("package://"),
        _numbers(mesh, "scale", "1 1 1"),
        (rgba[0], rgba[1], rgba[2]),
        _numbers(origin, "xyz", "0 0 0"),
        _numbers(origin, "rpy", "0 0 0"),
    )


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = element.find(tag)
    if found is None:
        raise SimfactorError(f"the URDF element <{element.tag}> lacks its <{tag}>; add it.")
    return found


def _numbers(element: ElementTree.Element | None, attribute: str, default: str) -> tuple[float, ...]:
    return tuple(
        float(word) for word in (default if element is None else element.get(attribute, default)).split()
    )


def _build(visuals: list[_Visual], keep: float, tolerance: float) -> list[LinkMesh]:
    parts = []
    for visual in visuals:
        for group in read_obj(visual.file):
            scaled = replace(group, positions=group.positions * visual.scale)
            parts.append(
                LinkMesh(
                    visual.link,
                    decimate(scaled, keep, tolerance),
                    np.array(visual.color if group.color is None else group.color, np.float32),
                    np.array(visual.position, np.float32),
                    _quaternion(*visual.rpy),
                )
            )
    return parts


def _quaternion(roll: float, pitch: float, yaw: float) -> NDArray[np.float32]:
    """xyzw of the URDF's fixed-axis roll, pitch, yaw: R = Rz(yaw) Ry(pitch) Rx(roll)."""
    (sr, sp, sy), (cr, cp, cy) = (
        np.sin([roll / 2, pitch / 2, yaw / 2]),
        np.cos([roll / 2, pitch / 2, yaw / 2]),
    )
    return np.array(
        [
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
            cr * cp * cy + sr * sp * sy,
        ],
        np.float32,
    )


def _fingerprint(path: Path, visuals: list[_Visual], keep: float, tolerance: float) -> str:
    digest = hashlib.sha256(json.dumps([FORMAT, keep, tolerance]).encode())
    sources = {file for visual in visuals for file in visual.file.parent.glob(visual.file.stem + ".*")}
    for source in [path, *sorted(sources)]:
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def _pack(parts: list[LinkMesh]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "link": np.array([p.link for p in parts]),
        "color": np.array([p.color for p in parts]),
        "position": np.array([p.position for p in parts]),
        "orientation": np.array([p.orientation for p in parts]),
    }
    for i, part in enumerate(parts):
        arrays |= {f"{i}.{name}": value for name, value in vars(part.mesh).items()}
    return arrays


def _unpack(arrays: dict[str, NDArray[Any]]) -> list[LinkMesh]:
    rows = zip(arrays["link"], arrays["color"], arrays["position"], arrays["orientation"], strict=True)
    return [
        LinkMesh(
            int(link),
            Mesh(**{field.name: arrays[f"{i}.{field.name}"] for field in fields(Mesh)}),
            color,
            position,
            orientation,
        )
        for i, (link, color, position, orientation) in enumerate(rows)
    ]
