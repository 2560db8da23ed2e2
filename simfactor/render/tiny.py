"""PyBullet's software rasteriser (TinyRenderer) as a renderer of RenderBatch, with deferred shading.

TinyRenderer's own shading cannot follow a RenderBatch: it works on sRGB bytes, has one light, a grey ambient
term, one highlight for all bodies, unfiltered textures, and shadows of at most 20 % from a map aimed at the
world's origin. So it only rasterises, bodies in colours that are codes (:mod:`simfactor.render.codes`): one
pass tells depth, instance and max(0, n . l), or six passes with a light along each axis the normals, one the
uvs, one the depth seen from the light. :mod:`simfactor.render.shading` does the rest in linear light.

It is slow, and meant to be right: what the faster renderers are held against. Not done: anti-aliased edges
and light that bounces between surfaces.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, Images, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.codes import decode_lambert, decode_uv
from simfactor.render.noise import add_noise
from simfactor.render.shading import (
    Lighting,
    Surface,
    background,
    shade,
    shade_matt,
    to_bytes,
    to_linear,
)
from simfactor.render.shadow import caster_corners, light_directions, visibility
from simfactor.render.stage import Stage
from simfactor.render.texture import Texture, footprints

Array = NDArray[np.floating[Any]]
Index = NDArray[np.intp]

MAP_SCALE = 2.0  # texels of the shadow map for the width of a pixel at the image's median depth
AXES = np.concatenate([np.eye(3), -np.eye(3)])


class _Seen(NamedTuple):
    """What the rasteriser tells of an image: the instance of each pixel (H * W,), or HIDDEN; where it is one
    (P,); there, normals (P, 3) if they were asked for, and max(0, n . l) of light 0 (P,); depth (H, W)."""

    instance: Index
    hit: Index
    normal: Array | None
    lambert: Array
    depth: Array


class TinyRenderer:
    """Renders on the CPU without a display. Bodies are kept between calls as long as the meshes are the same.

    ``shadows=False`` saves the pass from the light. ``normals`` and ``albedo`` ask for these outputs. Images
    with a sky unlike the ground, a second light or highlights take five more passes, those with soft shadows
    ``shadow.SOFT_DIRECTIONS``.
    """

    def __init__(self, shadows: bool = True, normals: bool = False, albedo: bool = False) -> None:
        self.shadows = shadows
        self.normals = normals
        self.albedo = albedo
        self._stages: tuple[Stage, Stage] | None = None
        self._meshes: tuple[Mesh, ...] = ()
        self._images: tuple[NDArray[np.uint8], ...] = ()
        self._textures: dict[int, Texture] = {}

    def render(self, batch: RenderBatch) -> Images:
        """Render every image of ``batch``. Raises SimfactorError for a camera without a direction."""
        stages = self._prepare(batch)
        return Images.concatenate([self._image(batch, i, *stages) for i in range(len(batch))])

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
            self._stages = Stage(batch.meshes, coded=False), Stage(batch.meshes, coded=True)
        return self._stages

    def _image(self, batch: RenderBatch, i: int, white: Stage, coded: Stage) -> Images:
        camera, lighting = Camera.of(batch, i), Lighting.of(batch, i)
        seen = self._see(batch, i, camera, lighting, white)
        instance, hit = seen.instance, seen.hit
        albedo = np.append(to_linear(batch.color[i]), np.zeros((1, 3)), axis=0).astype(np.float32)[instance]
        self._paint(albedo, batch, i, camera, instance, coded)

        linear = background(batch, i).reshape(-1, 3).astype(np.float32)
        points = camera.points(hit, seen.depth.reshape(-1)[hit])
        visible = self._visible(batch, i, camera, seen, points, white)
        if seen.normal is None:
            linear[hit] = shade_matt(albedo[hit], seen.lambert, visible, lighting)
        else:
            view = camera.position - points
            view /= np.linalg.norm(view, axis=1, keepdims=True)
            shown = instance[hit]
            material = batch.specular[i, shown], batch.roughness[i, shown]
            linear[hit] = shade(Surface(albedo[hit], seen.normal, view, *material), lighting, visible)

        size = (1, batch.height, batch.width)
        labels = np.concatenate([batch.segment, [(-1, -1)]], dtype=np.int32)  # HIDDEN is the last
        normals = None
        if seen.normal is not None and self.normals:
            table = np.zeros((len(instance), 3), np.float32)
            table[hit] = seen.normal
            normals = table.reshape(*size, 3)
        return Images(
            rgb=add_noise(
                to_bytes(linear).reshape(*size, 3), batch.noise[i : i + 1], batch.noise_seed[i : i + 1]
            ),
            depth=seen.depth[None],
            segmentation=labels[instance].reshape(*size, 2),
            normals=normals,
            albedo=to_bytes(albedo).reshape(*size, 3) if self.albedo else None,
        )

    def _see(self, batch: RenderBatch, i: int, camera: Camera, lighting: Lighting, white: Stage) -> _Seen:
        shown = batch.mesh[i] != HIDDEN
        owner = white.arrange(batch, i, shown)
        directional = (batch.sky[i] != batch.ground[i]).any() or batch.light_color[i, 1:].any()
        glossy = batch.specular[i, shown].any() and batch.light_color[i].any()
        lights = AXES if self.normals or directional or glossy else lighting.direction[:1]
        drawings = [white.draw(camera, light) for light in lights]
        _, depth, bodies = drawings[0]
        instance = np.where(bodies >= 0, owner[bodies], HIDDEN).reshape(-1)
        hit = np.flatnonzero(instance != HIDDEN)
        facing = [decode_lambert(rgb.reshape(-1, 3)[hit]) for rgb, _, _ in drawings]
        if len(facing) == 1:
            return _Seen(instance, hit, None, facing[0], depth)
        normal = np.stack([facing[axis] - facing[axis + 3] for axis in range(3)], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return _Seen(instance, hit, normal, np.maximum(normal @ lighting.direction[0], 0.0), depth)

    def _visible(
        self, batch: RenderBatch, i: int, camera: Camera, seen: _Seen, points: Array, white: Stage
    ) -> Array:
        """The share (P,) of light 0 that reaches each of ``points`` (P, 3)."""
        casts = batch.casts & (batch.mesh[i] != HIDDEN)
        if not (self.shadows and casts.any() and len(points) and batch.light_color[i, 0].any()):
            return np.ones(len(points))
        white.arrange(batch, i, casts)
        light = Lighting.of(batch, i).direction[0]
        directions = light_directions(light, float(batch.light_softness[i]))
        pixel = np.median(seen.depth.reshape(-1)[seen.hit]) / (camera.focal[1] * camera.height)
        casters = caster_corners(batch, i, casts)
        return visibility(points, seen.lambert, casters, directions, float(pixel) / MAP_SCALE, white.draw)

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
