"""Render any PyBullet world: its bodies as they stand now, as the struct of arrays that renderers take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, UNTEXTURED, RenderBatch
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.bullet_world_layout import Extras, Layout, MeshSource, Picture, Place
from simfactor.scene.bullet_world_poses import Pose, Poses
from simfactor.scene.rotation import to_quaternions
from simfactor.scene.shapes import triangles_for
from simfactor.scene.viewpoint import Sun, Viewpoint
from simfactor.scene.visuals import Row, visual_rows

Array = NDArray[np.float64]
T = TypeVar("T")

SPECULAR, ROUGHNESS = 0.1, 0.5  # PyBullet does not tell a body's; change the batch's arrays to have others
SKY = ((0.62, 0.72, 0.85), (0.86, 0.88, 0.9))  # sRGB of the background's top and bottom row


class BulletWorld:
    """Takes snapshots of the world in a PyBullet client, whatever is in it.

    Visual shapes are read once, and again by themselves when bodies come or go. One instance is one visual
    shape; its colour is that of ``getVisualShapeData``, times its texture. A shape of alpha 0 is hidden, any
    other alpha is drawn opaque. Planes, and flat meshes wider than 20 m, cast no shadow.

    Args:
        client: the ``physicsClientId``.
        textures: a picture file or an array (H, W, 3) uint8 for each body, or (body, link), whose texture was
            set with changeVisualShape, which PyBullet cannot be asked for; None where it was taken away.
            Textures of material files need not be given.
        meshes: a file or Mesh, before ``meshScale``, for each body, or (body, link), with a visual shape that
            was made from vertices, which PyBullet cannot be asked for either.
        inertial: the inertial frame of the base, position (3,) and orientation (4,) xyzw in its URDF frame,
            for each body made with useMaximalCoordinates.
        search: folders of mesh files with relative names; the working folder and pybullet_data are known.

    Raises SimfactorError if a shape cannot be drawn (a heightfield, a soft body), a file is missing, or
    ``textures`` and ``meshes`` do not fit the bodies.
    """

    def __init__(
        self,
        client: int,
        *,
        textures: Mapping[Place, Picture | None] | None = None,
        meshes: Mapping[Place, MeshSource] | None = None,
        inertial: Mapping[int, Pose] | None = None,
        search: Sequence[str | Path] = (),
    ) -> None:
        if not p.isConnected(client):
            raise SimfactorError(
                f"client={client!r} is no connected PyBullet client; use p.connect(p.DIRECT)."
            )
        self.client = client
        self._extras = Extras(textures or {}, meshes or {}, [Path(folder) for folder in search])
        self._inertial = dict(inertial or {})
        self.refresh()
        self._layout.check_places()

    def refresh(self) -> None:
        """Read all visual shapes again. Needed only after mesh or texture files changed on disk."""
        self._read(self._rows())

    def snapshot(
        self,
        height: int,
        width: int,
        camera: Viewpoint | Sequence[Viewpoint] | None = None,
        light: Sun | Sequence[Sun] | None = None,
        triangles: int | None = None,
    ) -> RenderBatch:
        """The world as it is now: one image, or one for each of several cameras or lights.

        ``camera`` is by default two metres from the origin. Mesh files with more than ``triangles`` triangles
        are decimated to about as many, by default 8 for each pixel of the image's longer side.

        Raises SimfactorError for an empty image, cameras and lights that do not pair up, or a damaged mesh.
        """
        rows = self._current()
        return self._batch(self._poses.now()[None], rows, (height, width), camera, light, triangles)

    def batch(
        self,
        height: int,
        width: int,
        joint_positions: Mapping[int, ArrayLike] | None = None,
        base_poses: Mapping[int, Pose] | None = None,
        camera: Viewpoint | Sequence[Viewpoint] | None = None,
        light: Sun | Sequence[Sun] | None = None,
        triangles: int | None = None,
    ) -> RenderBatch:
        """N images of the world as it would be, without moving anything in it.

        ``joint_positions`` gives for some bodies (N, J) radians and metres of the joints that move, in
        PyBullet's order; ``base_poses`` gives for some bodies positions (N, 3) and orientations (N, 4) xyzw,
        with the meaning of resetBasePositionAndOrientation. All else is as in :meth:`snapshot`.

        Raises SimfactorError as snapshot does, for unknown bodies, and for arrays whose shapes do not fit.
        """
        rows = self._current()
        frames = self._poses.moved(joint_positions or {}, base_poses or {})
        return self._batch(frames, rows, (height, width), camera, light, triangles)

    def _rows(self) -> list[Row]:
        count = p.getNumBodies(physicsClientId=self.client)
        bodies = [p.getBodyUniqueId(i, physicsClientId=self.client) for i in range(count)]
        return [row for body in bodies for row in visual_rows(body, self.client)]

    def _current(self) -> list[Row]:
        """The rows of all visual shapes; they are laid out anew if they are others than last time."""
        rows = self._rows()
        if [_identity(row) for row in rows] != self._identities:
            self._read(rows)
        return rows

    def _read(self, rows: list[Row]) -> None:
        self._layout = Layout(rows, self.client, self._extras)
        bodies = list(dict.fromkeys(row[0] for row in rows))
        self._poses = Poses(bodies, self.client, self._inertial)
        self._table = self._poses.rows(self._layout.segment)
        self._identities = [_identity(row) for row in rows]

    def _batch(
        self,
        frames: Array,
        rows: list[Row],
        size: tuple[int, int],
        camera: Viewpoint | Sequence[Viewpoint] | None,
        light: Sun | Sequence[Sun] | None,
        triangles: int | None,
    ) -> RenderBatch:
        if min(size) < 1:
            raise SimfactorError(f"the image would be {size[0]} x {size[1]} pixels; give at least 1 x 1.")
        if triangles is not None and triangles < 1:
            raise SimfactorError(f"triangles={triangles} is not positive; use None for the default.")
        cameras, lights = _listed(camera, Viewpoint.orbit()), _listed(light, Sun())
        count = _common(len(frames), len(cameras), len(lights))
        layout = self._layout
        meshes, casts = layout.level(triangles or triangles_for(*size))
        placed = frames[:, self._table] @ layout.local
        color = np.array([row[7] for row in rows], np.float32).reshape(-1, 4)
        shown = np.where(color[:, 3] > 0.0, layout.mesh, HIDDEN).astype(np.int32)
        return RenderBatch(
            meshes=meshes,
            textures=layout.textures,
            segment=layout.segment,
            casts=casts,
            mesh=_rows_of(count, shown[None]),
            position=_rows_of(count, placed[..., :3, 3]),
            orientation=_rows_of(count, to_quaternions(placed[..., :3, :3])),
            scale=np.ones((count, len(rows), 3), np.float32),
            color=_rows_of(count, color[None, :, :3]),
            texture=_rows_of(count, layout.texture[None]),
            specular=np.full((count, len(rows)), SPECULAR, np.float32),
            roughness=np.full((count, len(rows)), ROUGHNESS, np.float32),
            background=_rows_of(count, [SKY]),
            backdrop=np.full(count, UNTEXTURED, np.int32),
            exposure=np.ones(count, np.float32),
            noise=np.zeros(count, np.float32),
            noise_seed=np.zeros(count, np.uint32),
            near=cameras[0].near,
            far=cameras[0].far,
            height=size[0],
            width=size[1],
            **_optics(count, cameras, lights),
        )


def _optics(count: int, cameras: Sequence[Viewpoint], lights: Sequence[Sun]) -> dict[str, Any]:
    """The fields of cameras and lights."""
    if len({(camera.near, camera.far) for camera in cameras}) > 1:
        raise SimfactorError(
            "all cameras of a batch share near and far; give them the same, or render apart."
        )
    direction = np.array([light.direction for light in lights], np.float64)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    values = {
        "camera_position": [camera.position for camera in cameras],
        "camera_target": [camera.target for camera in cameras],
        "camera_up": [camera.up for camera in cameras],
        "focal": [camera.focal for camera in cameras],
        "principal_point": [camera.principal_point for camera in cameras],
        "light_direction": direction[:, None],
        "light_color": [[light.color] for light in lights],
        "light_softness": [light.softness for light in lights],
        "sky": [light.sky for light in lights],
        "ground": [light.ground for light in lights],
    }
    return {name: _rows_of(count, value) for name, value in values.items()}


def _identity(row: Row) -> tuple[Any, ...]:
    """All of a row of getVisualShapeData but its colour."""
    return (*row[:7], row[8])


def _listed(given: T | Sequence[T] | None, default: T) -> Sequence[T]:
    if given is None:
        return [default]
    return given if isinstance(given, Sequence) else [given]


def _common(poses: int, cameras: int, lights: int) -> int:
    count = max(poses, cameras, lights)
    if {poses, cameras, lights} - {1, count} or not cameras * lights:
        raise SimfactorError(
            f"there are {poses} poses, {cameras} cameras and {lights} lights; give the same number of each, "
            "or one for all images."
        )
    return count


def _rows_of(count: int, values: Any) -> Any:
    """float32, or int32 as it is, with one row for each image."""
    array = np.asarray(values)
    array = array if array.dtype == np.int32 else array.astype(np.float32)
    return np.repeat(array, count, axis=0) if len(array) != count else array
