"""PyBullet's software rasteriser (TinyRenderer) as a renderer of RenderBatch, with deferred shading.

TinyRenderer's own shading cannot follow a RenderBatch: it works on sRGB bytes, has a grey ambient term, one
highlight for all bodies, unfiltered textures, and shadows of at most 20 % from a map aimed at the world's
origin. So it only rasterises: one pass gives depth, instance and max(0, n . l) of white bodies, one the depth
seen from the light, one the uvs. :mod:`simfactor.render.shading` does the rest in linear light.

Not done: highlights (``RenderBatch.specular`` is ignored: no pass yields the normal), anti-aliased edges,
light that bounces between surfaces, shadows further from the camera's target than ``shadow.REACH``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, Images, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.codes import decode_lambert, decode_uv
from simfactor.render.shading import shade, to_bytes, to_linear
from simfactor.render.shadow import flat_plane, is_backdrop, light_camera, visibility
from simfactor.render.stage import Drawing, Stage
from simfactor.render.texture import Texture, footprints

Array = NDArray[np.floating[Any]]
Index = NDArray[np.intp]

MAP_SCALE = 1.0  # pixels of the shadow map for one of the image, along each side


class TinyRenderer:
    """Renders on the CPU without a display. Bodies are kept between calls as long as the meshes are the same.

    ``shadows=False`` saves the pass from the light, about a third of the time.
    """

    def __init__(self, shadows: bool = True) -> None:
        self.shadows = shadows
        self._stages: tuple[Stage, Stage] | None = None
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

    def _prepare(self, batch: RenderBatch) -> tuple[Stage, Stage]:
        if batch.textures is not self._images:
            self._images = batch.textures
            self._textures = {}
        if self._stages is None or batch.meshes is not self._meshes:
            self.close()
            self._meshes = batch.meshes
            self._planes = [flat_plane(mesh) for mesh in batch.meshes]
            self._stages = Stage(batch.meshes, coded=False), Stage(batch.meshes, coded=True)
        return self._stages

    def _image(self, batch: RenderBatch, i: int, white: Stage, coded: Stage) -> Drawing:
        camera = _camera(batch, i)
        light = batch.light_direction[i, 0].astype(np.float64)
        light /= np.linalg.norm(light)
        owner = white.arrange(batch, i, batch.mesh[i] != HIDDEN)
        rgb, depth, bodies = white.draw(camera, light)
        instance = np.where(bodies >= 0, owner[bodies], HIDDEN).reshape(-1)
        hit = np.flatnonzero(instance != HIDDEN)

        lambert = decode_lambert(rgb.reshape(-1, 3)[hit])
        albedo = to_linear(batch.color[i]).astype(np.float32)[instance]
        self._paint(albedo, batch, i, camera, instance, coded)
        visible = np.ones(len(hit), np.float32)
        if self.shadows:
            points = camera.points(hit, depth.reshape(-1)[hit])
            visible = self._lit(batch, i, camera, points, lambert, light, white)
        shaded = shade(albedo[hit], lambert, visible, batch.light_color[i, 0], batch.sky[i])
        linear = np.empty((len(instance), 3), np.float32)
        linear[:] = to_linear(batch.background[i, 0])
        linear[hit] = shaded

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
        coded: Stage,
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
        white: Stage,
    ) -> Array:
        """The share (P,) of the light that reaches each of ``points`` (P, 3)."""
        casts = batch.casts & (batch.mesh[i] != HIDDEN)
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
        float(2 * np.arctan(0.5 / batch.focal[i, 1])),
        batch.near,
        batch.far,
        batch.height,
        batch.width,
    )
