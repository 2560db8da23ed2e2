"""PyBullet's software rasteriser (TinyRenderer) as a renderer of RenderBatch, with deferred shading.

TinyRenderer's own shading cannot follow a RenderBatch: it works on sRGB bytes, has a grey ambient term, one
highlight for all bodies, unfiltered textures, and shadows of at most 20 % from a map aimed at the world's
origin. So it only rasterises: one pass gives depth, instance and max(0, n . l) of white bodies, one the depth
seen from the light, one the uvs. :mod:`simfactor.render.shading` does the rest in linear light.

Not done: highlights (``RenderBatch.specular`` is ignored: no pass yields the normal), anti-aliased edges,
light that bounces between surfaces.
"""

from __future__ import annotations

import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, Images, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.shading import shade, to_bytes, to_linear
from simfactor.render.shadow import flat_plane, is_backdrop, light_camera, visibility
from simfactor.render.texture import Texture, footprints
from simfactor.scene.bullet import pybullet

Array = NDArray[np.float64]

MAX_SHAPES = 500  # PyBullet never frees a visual shape (45 kB for 240 triangles): then start a new client
GAINS = (1.0, 4.0, 16.0)  # of max(0, n . l) in the three colour channels: 12 bits for the dark end
MAP_SCALE = 2  # pixels of the shadow map for one of the image
UV_CODES = 512  # steps of uv that the code texture tells apart


class TinyRenderer:
    """Renders on the CPU without a display. Bodies are kept between calls as long as the meshes are the same.

    ``shadows=False`` saves the pass from the light, about a third of the time.
    """

    def __init__(self, shadows: bool = True) -> None:
        self.shadows = shadows
        self._solid: _Stage | None = None  # white bodies
        self._coded: _Stage | None = None  # bodies whose texture encodes the uv
        self._meshes: tuple[Mesh, ...] = ()
        self._planes: list[tuple[Array, Array] | None] = []
        self._images: tuple[NDArray[np.uint8], ...] = ()
        self._textures: dict[int, Texture] = {}

    def render(self, batch: RenderBatch) -> Images:
        """Render every image of ``batch``."""
        self._prepare(batch)
        shape = (len(batch), batch.height, batch.width)
        images = Images(
            np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty((*shape, 2), np.int32)
        )
        for i in range(len(batch)):
            images.rgb[i], images.depth[i], images.segmentation[i] = self._image(batch, i)
        return images

    def close(self) -> None:
        """Give the PyBullet clients back. The next render starts new ones."""
        for stage in (self._solid, self._coded):
            if stage is not None:
                stage.close()
        self._solid = self._coded = None

    def __enter__(self) -> TinyRenderer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _prepare(self, batch: RenderBatch) -> None:
        if self._solid is None or batch.meshes is not self._meshes:
            self.close()
            self._meshes = batch.meshes
            self._planes = [flat_plane(mesh) for mesh in batch.meshes]
            self._solid, self._coded = _Stage(batch.meshes, coded=False), _Stage(batch.meshes, coded=True)
        if batch.textures is not self._images:
            self._images = batch.textures
            self._textures = {}

    def _image(self, batch: RenderBatch, i: int) -> tuple[NDArray[np.uint8], Array, NDArray[np.int32]]:
        assert self._solid is not None
        camera = Camera.look_at(
            batch.camera_position[i],
            batch.camera_target[i],
            batch.camera_up[i],
            float(batch.fov[i]),
            batch.near,
            batch.far,
            batch.height,
            batch.width,
        )
        light = batch.light_direction[i].astype(np.float64)
        light /= np.linalg.norm(light)
        owner = self._solid.arrange(batch, i, np.flatnonzero(batch.mesh[i] != HIDDEN))
        coded_lambert, depth, bodies = self._solid.draw(camera, light)
        hit = bodies >= 0
        instance = np.where(hit, owner[bodies], HIDDEN)

        linear = np.empty((*hit.shape, 3))
        linear[~hit] = to_linear(batch.background[i].astype(np.float64))
        lambert = _decode_lambert(coded_lambert[hit])
        visible = np.ones(len(lambert))
        if self.shadows:
            visible = self._lit(batch, i, camera, camera.points(depth)[hit], lambert, light)
        albedo = self._albedo(batch, i, camera, instance)[hit]
        linear[hit] = shade(
            albedo,
            lambert,
            visible,
            batch.light_color[i].astype(np.float64),
            batch.ambient[i].astype(np.float64),
        )
        segmentation = np.where(hit[..., None], batch.segment[instance], -1)
        return to_bytes(linear), depth, segmentation

    def _lit(
        self, batch: RenderBatch, i: int, camera: Camera, points: Array, lambert: Array, light: Array
    ) -> Array:
        """The share (P,) of the light that reaches each of ``points`` (P, 3)."""
        assert self._solid is not None
        casts = batch.mesh[i] != HIDDEN
        for instance in np.flatnonzero(casts):
            plane = self._planes[batch.mesh[i, instance]]
            pose = (
                a[i, instance].astype(np.float64) for a in (batch.position, batch.orientation, batch.scale)
            )
            casts[instance] = plane is None or not is_backdrop(plane, tuple(pose), light, points)
        self._solid.arrange(batch, i, np.flatnonzero(casts))
        resolution = MAP_SCALE * max(camera.height, camera.width)
        map_camera = light_camera(camera, batch.camera_target[i].astype(np.float64), light, resolution)
        _, depth, _ = self._solid.draw(map_camera, light)
        return visibility(points, lambert, map_camera, depth)

    def _albedo(self, batch: RenderBatch, i: int, camera: Camera, instance: NDArray[np.intp]) -> Array:
        """Linear albedo (H, W, 3); without meaning where nothing is hit."""
        albedo = to_linear(batch.color[i].astype(np.float64))[instance]
        texture = np.where(instance == HIDDEN, UNTEXTURED, batch.texture[i][instance])
        textured = np.unique(instance[texture != UNTEXTURED])
        if len(textured) == 0:
            return albedo
        assert self._coded is not None
        owner = self._coded.arrange(batch, i, textured)
        code, _, bodies = self._coded.draw(camera, None)
        seen = np.where(bodies >= 0, owner[bodies], HIDDEN)
        uv = _decode_uv(code)
        width = footprints(uv, seen)
        for t in np.unique(texture[texture != UNTEXTURED]).tolist():
            pixels = (texture == t) & (seen == instance)
            if t not in self._textures:
                self._textures[t] = Texture(batch.textures[t])
            albedo[pixels] *= self._textures[t].sample(uv[pixels], width[pixels])
        return albedo


@dataclass
class _Body:
    """A body of a stage and the state it was last given."""

    uid: int
    scale: tuple[float, ...]
    pose: tuple[float, ...] = ()
    shown: bool = True


class _Stage:
    """A PyBullet client with one body per (instance, mesh) that was ever drawn; it shows some of them."""

    def __init__(self, meshes: tuple[Mesh, ...], coded: bool) -> None:
        self._coded = coded
        self._geometry = [
            {
                "vertices": mesh.vertices.tolist(),
                "normals": mesh.normals.tolist(),
                "uvs": mesh.uvs.tolist(),
                "indices": mesh.faces.reshape(-1).tolist(),
            }
            for mesh in meshes
        ]
        self._connect()

    def _connect(self) -> None:
        self.client = pybullet.connect(pybullet.DIRECT)
        self._bodies: dict[tuple[int, int], _Body] = {}
        self._shapes: dict[tuple[int, tuple[float, ...]], int] = {}
        self._code = _load_code(self.client) if self._coded else -1

    def close(self) -> None:
        pybullet.disconnect(self.client)

    def arrange(self, batch: RenderBatch, i: int, drawn: NDArray[np.intp]) -> NDArray[np.intp]:
        """Show the ``drawn`` instances as in image ``i``; returns the instance of each body id."""
        if len(self._shapes) >= MAX_SHAPES:
            self.close()
            self._connect()
        wanted = [(instance, int(batch.mesh[i, instance])) for instance in drawn.tolist()]
        for key in self._bodies.keys() - wanted:
            self._show(self._bodies[key], False)
        poses = np.concatenate([batch.position[i], batch.orientation[i]], axis=1).tolist()
        scales = batch.scale[i].tolist()
        for instance, mesh in wanted:
            body = self._body(instance, mesh, tuple(scales[instance]))
            self._show(body, True)
            self._move(body, tuple(poses[instance]))
        owner = np.full(1 + max((body.uid for body in self._bodies.values()), default=0), HIDDEN)
        for (instance, _), body in self._bodies.items():
            owner[body.uid] = instance
        return owner

    def draw(self, camera: Camera, light: Array | None) -> tuple[NDArray[np.uint8], Array, NDArray[np.int32]]:
        """rgb (H, W, 3), depth (H, W) metres, body ids (H, W); inf and -1 where nothing is hit.

        rgb is max(0, n . l) times the gains, or the texture as it is if there is no light.
        """
        # light arguments are sticky, so all are given; samples lie on pixel corners, hence the shift
        _, _, rgba, buffer, bodies = pybullet.getCameraImage(
            camera.width,
            camera.height,
            viewMatrix=camera.view_matrix(),
            projectionMatrix=camera.projection_matrix(shift=0.5),
            lightDirection=(0.0, 0.0, 1.0) if light is None else light.tolist(),
            lightColor=GAINS,
            lightDistance=1.0,
            shadow=0,
            lightAmbientCoeff=float(light is None),
            lightDiffuseCoeff=float(light is not None),
            lightSpecularCoeff=0.0,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=self.client,
        )
        near, far = camera.near, camera.far
        depth = far * near / (far - (far - near) * buffer.astype(np.float64))
        depth[bodies < 0] = np.inf
        return rgba[..., :3], depth, bodies

    def _body(self, instance: int, mesh: int, scale: tuple[float, ...]) -> _Body:
        body = self._bodies.get((instance, mesh))
        if body is not None and body.scale == scale:
            return body
        if body is not None:  # a visual shape cannot be rescaled
            pybullet.removeBody(body.uid, physicsClientId=self.client)
        if (mesh, scale) not in self._shapes:
            self._shapes[mesh, scale] = pybullet.createVisualShape(
                pybullet.GEOM_MESH,
                meshScale=scale,
                rgbaColor=(1, 1, 1, 1),
                physicsClientId=self.client,
                **self._geometry[mesh],
            )
        uid = pybullet.createMultiBody(
            baseVisualShapeIndex=self._shapes[mesh, scale], physicsClientId=self.client
        )
        if self._coded:
            pybullet.changeVisualShape(uid, -1, textureUniqueId=self._code, physicsClientId=self.client)
        body = self._bodies[instance, mesh] = _Body(uid, scale)
        return body

    def _show(self, body: _Body, shown: bool) -> None:
        if body.shown != shown:
            # an alpha of 0 costs nothing; a body parked far away would cost all its triangles
            rgba = (1, 1, 1, float(shown))
            pybullet.changeVisualShape(body.uid, -1, rgbaColor=rgba, physicsClientId=self.client)
            body.shown = shown

    def _move(self, body: _Body, pose: tuple[float, ...]) -> None:
        if body.pose != pose:
            pybullet.resetBasePositionAndOrientation(
                body.uid, pose[:3], pose[3:], physicsClientId=self.client
            )
            body.pose = pose


def _load_code(client: int) -> int:
    """A texture whose colours say where they stand: row and column, nine bits each."""
    row, column = np.divmod(np.arange(UV_CODES**2), UV_CODES)
    rgb = np.stack([row >> 1, column >> 1, (row & 1) << 1 | (column & 1)], axis=-1).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "code.tga"
        header = struct.pack(
            "<3B9x2H2B", 0, 0, 2, UV_CODES, UV_CODES, 24, 0x20
        )  # true colour, first row on top
        path.write_bytes(header + rgb[:, ::-1].tobytes())
        return pybullet.loadTexture(str(path), physicsClientId=client)


def _decode_uv(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    row = rgb[..., 0] * np.float32(2) + (rgb[..., 2] >> 1)
    column = rgb[..., 1] * np.float32(2) + (rgb[..., 2] & 1)
    return np.stack([(column + 0.5) / UV_CODES, 1.0 - (row + 0.5) / UV_CODES], axis=-1).astype(np.float32)


def _decode_lambert(rgb: NDArray[np.uint8]) -> Array:
    """max(0, n . l) from the three gains: the highest that does not clip is the finest."""
    value = np.where(
        rgb[:, 2] < 255, rgb[:, 2] / GAINS[2], np.where(rgb[:, 1] < 255, rgb[:, 1] / GAINS[1], rgb[:, 0])
    )
    return np.minimum(value / 254.5, 1.0)
