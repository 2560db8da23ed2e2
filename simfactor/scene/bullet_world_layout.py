"""What of a PyBullet world stays the same between snapshots: shapes, textures and their places on links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import UNTEXTURED, Byte, Int, Mesh
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.mesh_files import read_texture, texture_file
from simfactor.scene.shapes import checkers, is_backdrop, mesh_of_file, primitive, scaled
from simfactor.scene.visuals import Row, Visual, folders_of, read_visual

Place = int | tuple[int, int]  # a body, or one link (-1 = base) of a body
Picture = str | Path | Byte
MeshSource = str | Path | Mesh

CHECKERS = checkers()
TEXTURED_DETAIL = 2  # times the triangles: a pattern is distorted long before the outline is


@dataclass(frozen=True)
class Extras:
    """What PyBullet cannot be asked for and the user gives; see BulletWorld."""

    textures: Mapping[Place, Picture | None] = field(default_factory=dict)
    meshes: Mapping[Place, MeshSource] = field(default_factory=dict)
    search: Sequence[Path] = ()


class Layout:
    """The I instances of a world, one for each visual shape, in PyBullet's order."""

    def __init__(self, rows: Sequence[Row], client: int, extras: Extras) -> None:
        self.extras = extras
        self.visuals = [read_visual(row, client, extras.search) for row in rows]
        self.segment: Int = np.array([(v.body, v.link) for v in self.visuals], np.int32).reshape(-1, 2)
        self.local = np.array([v.frame for v in self.visuals]).reshape(-1, 4, 4)
        self._check_meshes()
        self._pictures: dict[object, int] = {}
        textures: list[Byte] = []
        self.texture: Int = np.array([self._texture(v, textures) for v in self.visuals], np.int32)
        self.textures = tuple(textures)
        self._shapes: list[tuple[Visual, int]] = []  # one of all visuals with the same mesh, and its detail
        details = np.where(self.texture == UNTEXTURED, 1, TEXTURED_DETAIL).tolist()
        pairs = zip(self.visuals, details, strict=True)
        self.mesh: Int = np.array([self._shape(v, detail) for v, detail in pairs], np.int32)
        self._levels: dict[int, tuple[tuple[Mesh, ...], NDArray[np.bool_]]] = {}

    def level(self, triangles: int) -> tuple[tuple[Mesh, ...], NDArray[np.bool_]]:
        """The meshes at a level of detail, always the same objects, and which instances cast shadows (I,)."""
        if triangles not in self._levels:
            meshes = tuple(self._mesh(visual, triangles * detail) for visual, detail in self._shapes)
            flat = np.array([is_backdrop(mesh) for mesh in meshes], bool)
            self._levels[triangles] = meshes, ~flat[self.mesh]
        return self._levels[triangles]

    def check_places(self) -> None:
        """Raise SimfactorError if textures or meshes were given for a body or link that shows no shape."""
        links = {(v.body, v.link) for v in self.visuals}
        known = links | {body for body, _ in links}
        for name, places in (("textures", self.extras.textures), ("meshes", self.extras.meshes)):
            for place in places:
                if place not in known:
                    raise SimfactorError(
                        f"{name} has the key {place!r}; allowed are the bodies and (body, link) pairs that "
                        f"show a shape: {_listed(known)}. A texture's id is no key: PyBullet does not tell "
                        "which bodies wear it."
                    )

    def _check_meshes(self) -> None:
        unread = [(v.body, v.link) for v in self.visuals if v.kind == p.GEOM_MESH and v.file is None]
        for body, link in unread:
            if _at(self.extras.meshes, body, link) is None:
                raise SimfactorError(
                    f"link {link} of body {body} is a mesh made from vertices, which PyBullet does not give "
                    f"out; pass meshes={{({body}, {link}): a file or a Mesh}}."
                )
            if unread.count((body, link)) > 1:
                raise SimfactorError(
                    f"link {link} of body {body} has several meshes made from vertices, which meshes cannot "
                    "tell apart; make one mesh of them, or put them on links of their own."
                )

    def _shape(self, visual: Visual, detail: int) -> int:
        for i, (other, its_detail) in enumerate(self._shapes):
            same = (visual.kind, visual.dimensions, visual.file) == (other.kind, other.dimensions, other.file)
            if same and detail == its_detail and self._given(visual) is self._given(other):
                return i
        self._shapes.append((visual, detail))
        return len(self._shapes) - 1

    def _given(self, visual: Visual) -> MeshSource | None:
        if visual.kind != p.GEOM_MESH or visual.file is not None:
            return None
        return _at(self.extras.meshes, visual.body, visual.link)

    def _mesh(self, visual: Visual, triangles: int) -> Mesh:
        given = self._given(visual)
        if isinstance(given, Mesh):
            return scaled(given, visual.dimensions)
        if given is not None:
            return mesh_of_file(Path(given), visual.dimensions, triangles)
        if visual.file is not None:
            return mesh_of_file(visual.file, visual.dimensions, triangles)
        return primitive(visual.kind, visual.dimensions, triangles)

    def _texture(self, visual: Visual, textures: list[Byte]) -> int:
        """The index of a visual's texture, which is added to ``textures`` if it is new."""
        picture = self._picture(visual)
        if picture is None:
            return UNTEXTURED
        key = id(picture) if isinstance(picture, np.ndarray) else picture
        if key not in self._pictures:
            self._pictures[key] = len(textures)
            textures.append(_pixels(picture))
        return self._pictures[key]

    def _picture(self, visual: Visual) -> Picture | None:
        for place in ((visual.body, visual.link), visual.body):
            if place in self.extras.textures:
                return self.extras.textures[place]
        if visual.kind == p.GEOM_PLANE:
            return CHECKERS
        if not visual.textured or visual.file is None:
            return None
        return texture_file(visual.file, folders_of(self.extras.search))


def _at(given: Mapping[Place, MeshSource], body: int, link: int) -> MeshSource | None:
    return given.get((body, link), given.get(body))


def _pixels(picture: Picture) -> Byte:
    if not isinstance(picture, np.ndarray):
        return read_texture(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise SimfactorError(
            f"a texture is an array {picture.shape} of {picture.dtype}; give (H, W, 3) uint8 sRGB, or a file."
        )
    return picture


def _listed(places: Iterable[Place]) -> str:
    return ", ".join(str(place) for place in sorted(places, key=str))
