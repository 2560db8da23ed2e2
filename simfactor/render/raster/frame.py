"""One piece of a batch on its way through the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from simfactor.frames import RenderBatch
from simfactor.render.noise import normal_grades, strengths
from simfactor.render.raster.device import Memory, on_device
from simfactor.render.raster.distinct import Distinct
from simfactor.render.raster.kernels import geometry, light, noise, shade, surface
from simfactor.render.raster.pools import MeshPool, TexturePool
from simfactor.render.shading import to_bytes

Array = NDArray[Any]

MAP_SCALE = 1.5  # texels of a shadow map along each side for a sample of the image
BYTES_PER_SAMPLE = 8 + 24  # depth and triangle; light and normals if a pixel has several samples
GUARD = 16  # image sizes from the image that points may lie and still be taken by their pixels
LANES = 128  # CUDA threads that share the triangles of an instance


@dataclass(frozen=True)
class Settings:
    """What a renderer was asked for."""

    shadows: bool
    normals: bool
    albedo: bool
    samples: int
    wide: bool  # many threads that do little each, as CUDA wants them

    def map_size(self, batch: RenderBatch) -> int:
        """Texels along each side of a shadow map."""
        return int(MAP_SCALE * self.samples * max(batch.height, batch.width, 16))


@cache
def _codes(device: str) -> Any:
    """The table from linear light to sRGB bytes."""
    return on_device(to_bytes(np.linspace(0.0, 1.0, 4096)), wp.uint8, device)


@cache
def _grades(device: str) -> Any:
    """The values that noise can take."""
    return on_device(normal_grades(), wp.float32, device)


@cache
def _empty(device: str, dtype: Any) -> Any:
    return wp.empty(0, dtype=dtype, device=device)


class Frame:
    """Draws images that fit into the memory together. Each step leaves its arrays for the next."""

    def __init__(self, memory: Memory, meshes: MeshPool, textures: TexturePool, settings: Settings) -> None:
        self._memory, self._meshes, self._textures, self._settings = memory, meshes, textures, settings
        self._device = memory.device
        self._wide = settings.wide

    def draw(self, batch: RenderBatch, out: dict[str, Any]) -> None:
        """Draw ``batch`` into the arrays of a canvas."""
        distinct = Distinct.of(batch)
        shapes = batch if len(distinct.first_geometry) == len(batch) else batch[distinct.first_geometry]
        self._samples = self._settings.samples
        self._height, self._width = batch.height * self._samples, batch.width * self._samples
        self._shift = max(1, (self._meshes.largest - 1).bit_length())
        self._instances = len(batch.segment)
        self._place(shapes)
        self._see(shapes, distinct, batch)
        self._cast(batch, distinct)
        self._dress(batch, distinct)
        self._label(batch, out)
        self._shade(batch, out)
        if batch.noise.any():
            self._add_noise(batch, out)

    def _lanes(self, most: int) -> int:
        return min(most, LANES) if self._wide else 1

    def _put(self, name: str, values: Array, dtype: Any) -> Any:
        return self._memory.put(name, values, dtype)

    def _place(self, shapes: RenderBatch) -> None:
        """Upload poses; where the projected points of every instance go."""
        self._mesh = self._put("mesh", shapes.mesh, wp.int32)
        self._position = self._put("position", shapes.position, wp.vec3)
        self._orientation = self._put("orientation", shapes.orientation, wp.quat)
        self._scale = self._put("scale", shapes.scale, wp.vec3)
        self._counts = self._meshes.vertex_counts[shapes.mesh]

    def _points(self, name: str, counts: Array) -> tuple[Any, Any]:
        """Room for ``counts`` points per instance, and where each instance's begin."""
        ends = np.cumsum(counts.reshape(-1))
        starts = self._put(f"{name}_starts", (ends - counts.reshape(-1)).astype(np.int32), wp.int32)
        return self._memory.take(name, int(ends[-1]) if len(ends) else 0, wp.vec4), starts

    def _see(self, shapes: RenderBatch, distinct: Distinct, batch: RenderBatch) -> None:
        """Which triangle every sample sees."""
        memory, pool, count = self._memory, self._meshes, len(shapes)
        slots = count * self._instances
        view = memory.take("view", 3 * count, wp.vec4)
        rows = memory.take("rows", 3 * slots, wp.vec4)
        self._cameras = memory.take("cameras", count, geometry.Camera)
        self._slots = memory.take("slots", slots, geometry.Slot)
        self._seen = memory.take("seen", count * self._height * self._width, wp.uint64)
        self._corner_points, starts = self._points("points", self._counts)
        textured = np.logical_or.reduceat(batch.texture >= 0, distinct.first_geometry).astype(np.int32)
        self._memory.launch(
            geometry.look,
            count,
            self._width,
            self._height,
            self._put("camera_position", shapes.camera_position, wp.vec3),
            self._put("camera_target", shapes.camera_target, wp.vec3),
            self._put("camera_up", shapes.camera_up, wp.vec3),
            self._put("focal", shapes.focal, wp.vec2),
            self._put("principal_point", shapes.principal_point, wp.vec2),
            view,
            self._cameras,
        )
        own = self._put("own", np.arange(count, dtype=np.int32), wp.int32)
        poses = (self._mesh, self._position, self._orientation, self._scale)
        self._memory.launch(geometry.place, slots, self._instances, own, *poses, view, rows)
        self._memory.launch(
            geometry.settle,
            slots,
            self._mesh,
            self._orientation,
            self._scale,
            self._put("textured", textured, wp.int32),
            starts,
            pool.face_start,
            self._slots,
        )
        lanes = self._lanes(pool.most_vertices)
        near = float(shapes.near)
        self._memory.launch(
            geometry.project,
            slots * lanes,
            lanes,
            near,
            GUARD * float(max(self._width, self._height)),
            self._mesh,
            starts,
            rows,
            pool.vertex_start,
            pool.vertices,
            self._corner_points,
        )
        # no triangle, and nearer than all beyond the far plane
        farthest = int(np.float32(1.0 / shapes.far).view(np.uint32)) << 32
        self._seen[: count * self._height * self._width].fill_(farthest)
        lanes = self._lanes(pool.largest)
        self._memory.launch(
            geometry.rasterise,
            slots * lanes,
            lanes,
            self._instances,
            self._width,
            self._height,
            near,
            self._shift,
            self._mesh,
            starts,
            pool.face_start,
            pool.corners,
            self._corner_points,
            self._seen,
        )

    def _cast(self, batch: RenderBatch, distinct: Distinct) -> None:
        """The shadow maps of the key lights."""
        memory, pool = self._memory, self._meshes
        count = len(distinct.first_map) if self._shadowed(batch) else 0
        self._map_size = size = self._settings.map_size(batch)
        self._maps = memory.take("maps", count, light.Map)
        self._heights = memory.take("heights", count * size * size, wp.uint32)
        if not count:
            return
        owners = distinct.geometry[distinct.first_map]
        geometries = self._put("map_geometry", owners, wp.int32)
        casts = self._put("casts", batch.casts.astype(np.int32), wp.int32)
        points, starts = self._points("map_points", np.where(batch.casts, self._counts[owners], 0))
        view = memory.take("map_view", 3 * count, wp.vec4)
        slots = count * self._instances
        rows = memory.take("map_rows", 3 * slots, wp.vec4)
        poses = (self._mesh, self._position, self._orientation, self._scale)
        direction = self._put("map_direction", batch.light_direction[distinct.first_map, 0], wp.vec3)
        self._memory.launch(
            light.fit,
            count,
            self._instances,
            size,
            direction,
            geometries,
            casts,
            *poses,
            pool.bounds,
            view,
            self._maps,
        )
        self._memory.launch(geometry.place, slots, self._instances, geometries, *poses, view, rows)
        lanes = self._lanes(pool.most_vertices)
        casters = (geometries, casts, self._mesh, starts)
        self._memory.launch(
            light.project_heights,
            slots * lanes,
            lanes,
            self._instances,
            *casters,
            rows,
            pool.vertex_start,
            pool.vertices,
            points,
        )
        self._heights[: count * size * size].zero_()
        lanes = self._lanes(pool.largest)
        self._memory.launch(
            light.rasterise_heights,
            slots * lanes,
            lanes,
            self._instances,
            size,
            *casters,
            pool.face_start,
            pool.corners,
            points,
            self._heights,
        )

    def _shadowed(self, batch: RenderBatch) -> bool:
        return bool(
            self._settings.shadows
            and batch.light_color.shape[1]
            and batch.light_color[:, 0].any()
            and batch.casts.any()
        )

    def _dress(self, batch: RenderBatch, distinct: Distinct) -> None:
        """Colours, lights and all else that makes an appearance."""
        memory, count = self._memory, len(batch)
        on = np.flatnonzero(batch.light_color.any(axis=(0, 2)))
        self._lights = int(on[-1]) + 1 if len(on) else 0
        self._coats = memory.take("coats", count * self._instances, shade.Coat)
        self._lamps = memory.take("lamps", count * self._lights, shade.Lamp)
        self._looks = memory.take("looks", count, shade.Look)
        self._geometry = self._put("geometry", distinct.geometry, wp.int32)
        shadow = distinct.map if self._shadowed(batch) else np.full(count, -1, np.int32)
        self._memory.launch(
            shade.cover,
            count * self._instances,
            self._put("color", batch.color, wp.vec3),
            self._put("texture", batch.texture, wp.int32),
            self._put("specular", batch.specular, wp.float32),
            self._put("roughness", batch.roughness, wp.float32),
            self._coats,
        )
        self._memory.launch(
            shade.light_up,
            count * self._lights,
            self._put("light_direction", batch.light_direction[:, : self._lights], wp.vec3),
            self._put("light_color", batch.light_color[:, : self._lights], wp.vec3),
            self._lamps,
        )
        self._memory.launch(
            shade.dress,
            count,
            self._geometry,
            self._put("map", shadow, wp.int32),
            self._put("softness", batch.light_softness, wp.float32),
            self._put("exposure", batch.exposure, wp.float32),
            self._put("sky", batch.sky, wp.vec3),
            self._put("ground", batch.ground, wp.vec3),
            self._put("background", batch.background, wp.vec3),
            self._put("backdrop", batch.backdrop, wp.int32),
            self._looks,
        )

    def _shade(self, batch: RenderBatch, out: dict[str, Any]) -> None:
        codes, none = _codes(self._device), _empty(self._device, wp.vec3)
        fine = self._samples > 1
        room = len(batch) * self._height * self._width
        light = self._memory.take("light", room, wp.vec3) if fine else none
        albedos = self._memory.take("albedos", room, wp.vec3) if fine and self._settings.albedo else none
        normals = self._memory.take("normals", room, wp.vec3) if fine and self._settings.normals else none
        lanes = self._width if self._wide else 1
        self._memory.launch(
            shade.shade,
            len(batch) * self._height * lanes,
            lanes,
            self._instances,
            self._lights,
            self._width,
            self._height,
            self._map_size,
            self._shift,
            self._looks,
            self._cameras,
            self._maps,
            self._heights,
            self._seen,
            self._slots,
            self._corner_points,
            self._meshes.corners,
            self._meshes.faces,
            self._coats,
            self._lamps,
            self._textures.texels,
            self._textures.levels,
            codes,
            light,
            albedos,
            out["rgb"],
            _empty(self._device, wp.uint8) if fine else out["albedo"],
            normals if fine else out["normals"],
        )
        if fine:
            lanes = batch.width if self._wide else 1
            self._memory.launch(
                shade.average,
                len(batch) * batch.height * lanes,
                lanes,
                batch.width,
                self._samples,
                codes,
                light,
                normals,
                albedos,
                out["depth"],
                out["rgb"],
                out["albedo"],
                out["normals"],
            )

    def _add_noise(self, batch: RenderBatch, out: dict[str, Any]) -> None:
        lanes = batch.width if self._wide else 1
        self._memory.launch(
            noise.add_noise,
            len(batch) * batch.height * lanes,
            lanes,
            batch.width,
            batch.height,
            self._put("noise", strengths(batch.noise), wp.float32),
            self._put("noise_seed", batch.noise_seed.astype(np.uint32), wp.uint32),
            _grades(self._device),
            out["rgb"],
        )

    def _label(self, batch: RenderBatch, out: dict[str, Any]) -> None:
        lanes = batch.width if self._wide else 1
        self._memory.launch(
            surface.label,
            len(batch) * batch.height * lanes,
            lanes,
            batch.width,
            batch.height,
            self._samples,
            self._shift,
            self._geometry,
            self._seen,
            self._put("segment", batch.segment, wp.vec2i),
            out["depth"],
            out["segmentation"],
        )
