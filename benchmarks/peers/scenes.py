"""The scenes that all contenders draw, as RenderBatches; saved ones serve machines without PyBullet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers.contender import Contender, Unavailable
from simfactor.frames import GEOMETRY, HIDDEN, PER_IMAGE, PER_INSTANCE, RenderBatch

SIZES = (64, 84, 128, 224)
COUNT = 64  # random scenes of a batch
GEOMETRIES, APPEARANCES = 8, 16  # of the re-shading row
SEED = 0


@dataclass
class Scenes:
    """Random scenes of the space ``tabletop``, made when first asked for.

    ``folder`` holds what :meth:`save` wrote; without it they come from a studio, which needs PyBullet.
    """

    folder: Path | None = None
    _batches: dict[int, RenderBatch] = field(default_factory=dict)

    def tabletop(self, size: int) -> RenderBatch:
        """COUNT images of the tabletop scene, ``size`` pixels a side."""
        if size not in self._batches:
            self._batches[size] = self._load(f"{size}.npz") if self.folder else _photograph(size)
        return self._batches[size]

    def robot(self) -> RenderBatch:
        """The robot alone at 64 px, in plain colours, with about 4,000 triangles."""
        if self.folder:
            return self._load("robot.npz")
        return robot_alone(self.tabletop(64))

    def reshading(self, keep: tuple[str, ...] = ()) -> RenderBatch:
        """GEOMETRIES states at 64 px, each with APPEARANCES lights, colours, textures, backgrounds, in order.

        What ``keep`` names of the appearance stays the state's, too.
        """
        batch = self.tabletop(64)
        state = np.repeat(np.arange(GEOMETRIES), APPEARANCES)
        look = np.arange(len(state)) % len(batch)
        arrays: dict[str, Any] = {
            name: getattr(batch, name)[state if name in (*GEOMETRY, *keep) else look] for name in PER_IMAGE
        }
        return replace(batch, **arrays)

    def save(self, folder: Path) -> None:
        """Write what another machine needs to run the rows that draw batches."""
        folder.mkdir(parents=True, exist_ok=True)
        for size in SIZES:
            self.tabletop(size).save(folder / f"{size}.npz")
        self.robot().save(folder / "robot.npz")

    def _load(self, name: str) -> RenderBatch:
        path = Path(self.folder or ".") / name
        if not path.exists():
            raise Unavailable(f"{path} is missing; make it with --save-batches where PyBullet is installed")
        return RenderBatch.load(path)


@dataclass(frozen=True)
class Row:
    """A line of the table: ``open`` makes its contender, given the scenes and the name of our renderer.

    It raises Unavailable where the contender cannot run.
    """

    key: str
    label: str
    open: Callable[[Scenes, str], Contender]


def many(batch: RenderBatch, count: int) -> RenderBatch:
    """``count`` images from those of ``batch``, over and over, the camera each time a little elsewhere.

    So no two images are of equal geometry, and nothing can be reused between them.
    """
    chosen = batch[np.arange(count) % len(batch)]
    moved = np.random.default_rng(SEED).normal(0.0, 2e-3, chosen.camera_position.shape)
    return replace(chosen, camera_position=(chosen.camera_position + moved).astype(np.float32))


def triangles(batch: RenderBatch) -> float:
    """Triangles of the shown instances, mean over the images."""
    faces = np.array([len(mesh.faces) for mesh in batch.meshes])
    return float(np.where(batch.mesh == HIDDEN, 0, faces[batch.mesh]).sum(axis=1).mean())


def tabletop_rows() -> tuple[Any, NDArray[np.float64]]:
    """The space ``tabletop``, less what not every contender can draw, and COUNT of its rows."""
    from simfactor.factors import load_space

    space = load_space("tabletop").fix({"distractors": 0, "sensor_noise": 0})
    return space, space.sample(COUNT, SEED)


def robot_instances(batch: RenderBatch) -> NDArray[np.intp]:
    """The instances of the robot, which is the body with the most."""
    bodies, counts = np.unique(batch.segment[:, 0], return_counts=True)
    return np.flatnonzero(batch.segment[:, 0] == bodies[counts.argmax()])


def robot_alone(batch: RenderBatch) -> RenderBatch:
    """The robot only, with the meshes that ``link_meshes`` gives by default, whatever the images' size."""
    from scipy.spatial.transform import Rotation

    from simfactor.scene.meshes import link_meshes
    from simfactor.scene.robot import URDF

    links = link_meshes(URDF)
    first = {int(link): i for i, link in reversed(list(enumerate(batch.segment[:, 1]))) if link >= 0}
    first[-1] = int(robot_instances(batch)[0])
    chosen = np.array([first[part.link] for part in links])
    meshes = []
    for part in links:
        turn = Rotation.from_quat(part.orientation).as_matrix()
        vertices = (part.mesh.vertices @ turn.T + part.position).astype(np.float32)
        normals = (part.mesh.normals @ turn.T).astype(np.float32)
        meshes.append(replace(part.mesh, vertices=vertices, normals=normals))
    per_instance = ("position", "orientation", "scale", "color", "texture", "specular", "roughness")
    arrays: dict[str, Any] = {name: getattr(batch, name)[:, chosen] for name in per_instance}
    arrays |= {name: getattr(batch, name)[chosen] for name in PER_INSTANCE}
    tint = batch.color[:, chosen].max(axis=1, keepdims=True)
    arrays["color"] = (np.array([part.color for part in links], np.float32) * tint).astype(np.float32)
    mesh = np.tile(np.arange(len(links), dtype=np.int32), (len(batch), 1))
    return replace(batch, meshes=tuple(meshes), textures=(), mesh=mesh, **arrays)


def _photograph(size: int) -> RenderBatch:
    try:
        from simfactor.render import Studio

        space, rows = tabletop_rows()
        with Studio("tabletop", image_size=size) as studio:
            return studio.batch(space, rows)
    except ModuleNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed; give --batches") from error
