"""PyBullet's software rasteriser (TinyRenderer) as a renderer of RenderBatch, with deferred shading.

TinyRenderer's own shading cannot follow a RenderBatch: it works on sRGB bytes, has a grey ambient term, one
highlight for all bodies, unfiltered textures, and shadows of at most 20 % from a map aimed at the world's
origin. So it only rasterises: one pass gives depth, instance and max(0, n . l) of white bodies, one the depth
seen from the light, one the uvs. :mod:`simfactor.render.shading` does the rest in linear light.

Not done: highlights (``RenderBatch.specular`` is ignored: no pass yields the normal), anti-aliased edges,
light that bounces between surfaces, shadows further from the camera's target than ``shadow.REACH``.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pybullet
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, Images, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.codes import GAINS, decode_lambert, decode_uv, write_uv_code
from simfactor.render.shading import shade, to_bytes, to_linear
from simfactor.render.shadow import flat_plane, is_backdrop, light_camera, visibility
from simfactor.render.texture import Texture, footprints

Array = NDArray[np.floating[Any]]
Index = NDArray[np.intp]
Drawing = tuple[NDArray[np.uint8], Array, NDArray[np.int32]]

MAX_SHAPES = 500  # PyBullet never frees a visual shape (45 kB for 240 triangles): then start a new client
MAP_SCALE = 1.5  # pixels of the shadow map for one of the image, along each side


class TinyRenderer:
    """Renders on the CPU without a display. Bodies are kept between calls as long as the meshes are the same.

    ``shadows=False`` saves the pass from the light, about a third of the time.
    """

    def __init__(self, shadows: bool = True) -> None:
        self.shadows = shadows
        self._stages: tuple[_Stage, _Stage] | None = None
        self._meshes: tuple[Mesh, ...] = ()
        self._planes: list[tuple[Array, Array] | None] = []
        self._images: tuple[NDArray[np.uint8], ...] = ()
        self._textures: dict[int, Texture] = {}

    def render(self, batch: RenderBatch) -> Images:
        """Render every image of ``batch``. Raises SimfactorError for a camera without a direction."""
        white, coded = self._prepare(batch)
        shape = (len(batch), batch.height, batch.width)
        images = Images(
            np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty((*shape, 2), np.int32)
        )
        for i in range(len(batch)):
            image = self._image(batch, i, white, coded)
            images.rgb[i], images.depth[i], images.segmentation[i] = image
        return images

    def close(self) -> None:
        """Give the PyBullet clients back. The next render starts new ones."""
        for stage in self._stages or ():
            stage.close()
        self._stages = None

    def __enter__(self) -> TinyRenderer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _prepare(self, batch: RenderBatch) -> tuple[_Stage, _Stage]:
        if batch.textures is not self._images:
            self._images = batch.textures
            self._textures = {}
        if self._stages is None or batch.meshes is not self._meshes:
            self.close()
            self._meshes = batch.meshes
            self._planes = [flat_plane(mesh) for mesh in batch.meshes]
            self._stages = _Stage(batch.meshes, coded=False), _Stage(batch.meshes, coded=True)
        return self._stages

    def _image(self, batch: RenderBatch, i: int, white: _Stage, coded: _Stage) -> Drawing:
        camera = _camera(batch, i)
        light = batch.light_direction[i].astype(np.float64)
        light /= np.linalg.norm(light)
        owner = white.arrange(batch, i, batch.mesh[i] != HIDDEN)
        rgb, depth, bodies = white.draw(camera, light)
        instance = np.where(bodies >= 0, owner[bodies], HIDDEN).reshape(-1)
        hit = np.flatnonzero(instance != HIDDEN)

        lambert = decode_lambert(rgb.reshape(-1, 3)[hit])
        albedo = to_linear(batch.color[i])[instance]
        self._paint(albedo, batch, i, camera, instance, coded)
        visible = np.ones(len(hit), np.float32)
        if self.shadows:
            points = camera.points(hit, depth.reshape(-1)[hit])
            visible = self._lit(batch, i, camera, points, lambert, light, white)
        linear = np.empty((len(instance), 3), np.float32)
        linear[:] = to_linear(batch.background[i])
        linear[hit] = shade(albedo[hit], lambert, visible, batch.light_color[i], batch.ambient[i])

        size = (batch.height, batch.width)
        labels = np.concatenate([batch.segment, [(-1, -1)]], dtype=np.int32)  # HIDDEN is the last
        return to_bytes(linear).reshape(*size, 3), depth, labels[instance].reshape(*size, 2)

    def _paint(
        self,
        albedo: Array,
        batch: RenderBatch,
        i: int,
        camera: Camera,
        instance: Index,
        coded: _Stage,
    ) -> None:
        """Multiply the textures into ``albedo`` (H * W, 3)."""
        textures = np.append(batch.texture[i], UNTEXTURED)  # HIDDEN is the last
        shown = np.bincount(instance + 1, minlength=len(textures))[1:] > 0
        shown &= textures[:-1] != UNTEXTURED
        if not shown.any():
            return
        owner = coded.arrange(batch, i, shown)
        code, _, bodies = coded.draw(camera, None)
        seen = np.where(bodies >= 0, owner[bodies], HIDDEN)
        uv = decode_uv(code)
        width = footprints(uv, seen).reshape(-1)
        uv = uv.reshape(-1, 2)
        texture = np.where(seen.reshape(-1) == instance, textures[instance], UNTEXTURED)
        for t in np.unique(textures[:-1][shown]).tolist():
            pixels = np.flatnonzero(texture == t)
            if t not in self._textures:
                self._textures[t] = Texture(batch.textures[t])
            albedo[pixels] *= self._textures[t].sample(uv[pixels], width[pixels])

    def _lit(
        self,
        batch: RenderBatch,
        i: int,
        camera: Camera,
        points: Array,
        lambert: Array,
        light: Array,
        white: _Stage,
    ) -> Array:
        """The share (P,) of the light that reaches each of ``points`` (P, 3)."""
        casts = batch.mesh[i] != HIDDEN
        for instance in np.flatnonzero(casts):
            plane = self._planes[batch.mesh[i, instance]]
            if plane is not None:
                pose = (batch.position[i, instance], batch.orientation[i, instance], batch.scale[i, instance])
                casts[instance] = not is_backdrop(plane, pose, light, points)
        white.arrange(batch, i, casts)
        resolution = round(MAP_SCALE * max(camera.height, camera.width))
        map_camera = light_camera(camera, batch.camera_target[i].astype(np.float64), light, resolution)
        _, depth, _ = white.draw(map_camera, light)
        return visibility(points, lambert, map_camera, depth)


def _camera(batch: RenderBatch, i: int) -> Camera:
    return Camera.look_at(
        batch.camera_position[i],
        batch.camera_target[i],
        batch.camera_up[i],
        float(batch.fov[i]),
        batch.near,
        batch.far,
        batch.height,
        batch.width,
    )


@dataclass
class _Body:
    uid: int
    scale: tuple[float, ...]
    pose: tuple[float, ...] = ()


class _Stage:
    """A PyBullet client with a body for each (instance, mesh) that was ever drawn; it shows some of them.

    The bodies are white, or ``coded``: they wear the texture that tells the uv.
    """

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
        self._shapes: dict[tuple[int, tuple[float, ...]], int] = {}
        self._bodies: dict[tuple[int, int], _Body] = {}
        self._shown: dict[int, int] = {}  # instance -> mesh
        self._owner = np.empty(0, np.intp)  # instance of each body id
        self._state = np.empty((0, 11), np.float32)  # mesh, pose and scale that each instance was last given
        if self._coded:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "code.tga"
                write_uv_code(path)
                self._code = pybullet.loadTexture(str(path), physicsClientId=self.client)

    def close(self) -> None:
        pybullet.disconnect(self.client)

    def arrange(self, batch: RenderBatch, i: int, drawn: NDArray[np.bool_]) -> Index:
        """Show the ``drawn`` (I,) instances as in image ``i``; returns the instance of each body id."""
        if len(self._shapes) >= MAX_SHAPES:
            self.close()
            self._connect()
        mesh = np.where(drawn, batch.mesh[i], HIDDEN)[:, None]
        state = np.concatenate([mesh, batch.position[i], batch.orientation[i], batch.scale[i]], axis=1)
        if self._state.shape == state.shape:
            changed = np.flatnonzero((state != self._state).any(axis=1))
        else:
            changed = np.arange(len(state))
        for instance in changed.tolist():
            row = state[instance].tolist()
            self._place(instance, int(row[0]), tuple(row[1:8]), tuple(row[8:]))
        self._state = state
        return self._owner

    def draw(self, camera: Camera, light: Array | None) -> Drawing:
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
        depth = far * near / (far - (far - near) * buffer)
        depth[bodies < 0] = np.inf
        return rgba[..., :3], depth, bodies

    def _place(self, instance: int, mesh: int, pose: tuple[float, ...], scale: tuple[float, ...]) -> None:
        before = self._shown.pop(instance, HIDDEN)
        if before not in (mesh, HIDDEN):
            self._fade(self._bodies[instance, before], 0.0)
        if mesh == HIDDEN:
            return
        body = self._body(instance, mesh, scale)
        if before != mesh:
            self._fade(body, 1.0)
        if pose != body.pose:
            pybullet.resetBasePositionAndOrientation(
                body.uid, pose[:3], pose[3:], physicsClientId=self.client
            )
            body.pose = pose
        self._shown[instance] = mesh

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
        shape = self._shapes[mesh, scale]
        uid = pybullet.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self.client)
        if self._coded:
            pybullet.changeVisualShape(uid, -1, textureUniqueId=self._code, physicsClientId=self.client)
        body = self._bodies[instance, mesh] = _Body(uid, scale)
        self._owner = np.append(self._owner, np.full(max(0, uid + 1 - len(self._owner)), HIDDEN))
        self._owner[uid] = instance
        return body

    def _fade(self, body: _Body, alpha: float) -> None:
        # at an alpha of 0 a body costs nothing; parked far away it would cost all its triangles
        pybullet.changeVisualShape(body.uid, -1, rgbaColor=(1, 1, 1, alpha), physicsClientId=self.client)
