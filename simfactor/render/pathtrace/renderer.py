"""The path tracer: batches in, images as a camera would take them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.frames import Byte, Images, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.checks import check_batch, check_meshes, check_textures
from simfactor.render.noise import add_noise, scramble
from simfactor.render.pathtrace.environment import Environment, Surroundings
from simfactor.render.pathtrace.labels import albedo_bytes, look
from simfactor.render.pathtrace.lights import light_emitters
from simfactor.render.pathtrace.sensor import check_lens, full_grid, sensor
from simfactor.render.pathtrace.solids import Solid, Solids
from simfactor.render.pathtrace.variants import active, choose_variant, thread_count
from simfactor.render.shading import background, to_bytes
from simfactor.render.texture import Texture

Things = list[tuple[int, Solid]]


class PathTracer:
    """Renders batches with Mitsuba 3: paths of light with bounces, soft shadows and reflections.

    A matt surface in the open has the radiance that the shading model of a batch gives it; what comes on top
    is what other surfaces reflect and keep off. All things cast shadows, of all lights. What is left of the
    noise of sampling is decided by the image's ``noise_seed``. Depth, segments, normals and albedo are those
    of the pixels' centres through a pinhole.

    Args:
        samples: paths for each pixel, spread over a grid and so rounded up to a full one (5 become 6).
        max_depth: surfaces and lights along a path; 2 is direct light alone.
        aperture: radius of the lens in metres, focused at the distance of the camera's target; 0 = pinhole.
        environment: what lights the scene instead of the batch's sky and ground, or None.
        normals, albedo: whether to return them too.
        variant: of Mitsuba: ``scalar_rgb``, ``llvm_ad_rgb``, ``cuda_ad_rgb``, or ``auto``, the last of these
            that runs. The attribute ``variant`` says which it became. Others have other noise.
        threads: that share the work; the pictures do not depend on it.

    Raises SimfactorError for arguments that are not among these, and a variant that does not run here.
    """

    def __init__(
        self,
        samples: int = 16,
        max_depth: int = 6,
        aperture: float = 0.0,
        environment: Environment | str | Path | None = None,
        normals: bool = False,
        albedo: bool = False,
        variant: str = "scalar_rgb",
        threads: int = 1,
    ) -> None:
        for name, number in (("samples", samples), ("max_depth", max_depth), ("threads", threads)):
            if not isinstance(number, int) or number < 1:
                raise SimfactorError(f"{name}={number!r} must be a positive whole number.")
        if not 0.0 <= aperture < np.inf:
            raise SimfactorError(f"aperture={aperture!r} must be a radius in metres, 0 for a pinhole.")
        if isinstance(environment, str | Path):
            environment = Environment(environment)
        self.variant = choose_variant(variant)
        self.samples, self.max_depth, self.aperture = full_grid(samples), max_depth, float(aperture)
        self.normals, self.albedo, self.threads = normals, albedo, threads
        with active(self.variant) as mi:
            self._surroundings = Surroundings(mi, environment)
        self._meshes: tuple[Mesh, ...] | None = None
        self._textures: tuple[Byte, ...] | None = None
        self._solids = Solids(())

    def render(self, batch: RenderBatch) -> Images:
        """Render every image of ``batch``. Raises SimfactorError for a batch that cannot be drawn."""
        self._prepare(batch)
        size = (len(batch), batch.height, batch.width)
        rgb, depth = np.empty((*size, 3), np.uint8), np.empty(size, np.float32)
        segmentation = np.empty((*size, 2), np.int32)
        normals = np.empty((*size, 3), np.float32) if self.normals else None
        albedo = np.empty((*size, 3), np.uint8) if self.albedo else None
        labels = np.concatenate([batch.segment, [(-1, -1)]], dtype=np.int32)  # HIDDEN is the last
        with active(self.variant) as mi, thread_count(self.threads):
            for i in range(len(batch)):
                camera = Camera.of(batch, i)
                things = self._solids.arrange(mi, batch, i)
                seen = look(mi, camera, [(instance, solid.posed) for instance, solid in things])
                rgb[i] = self._photograph(mi, batch, i, camera, things)
                depth[i], segmentation[i] = seen.depth, labels[seen.instance]
                if normals is not None:
                    normals[i] = seen.normal
                if albedo is not None:
                    albedo[i] = albedo_bytes(batch, i, seen, self._pyramids)
        return Images(add_noise(rgb, batch.noise, batch.noise_seed), depth, segmentation, normals, albedo)

    def close(self) -> None:
        """Give the memory back; the next render takes it again."""
        self._meshes = self._textures = None
        self._solids = Solids(())

    def __enter__(self) -> PathTracer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _prepare(self, batch: RenderBatch) -> None:
        """Check ``batch``, and begin anew where meshes or textures are others."""
        if batch.meshes is not self._meshes or batch.textures is not self._textures:
            check_meshes(batch.meshes)
            check_textures(batch.textures)
            self._meshes, self._textures = batch.meshes, batch.textures
            self._solids = Solids(batch.meshes)
            self._pyramids: dict[int, Texture] = {}
        check_batch(batch)
        check_lens(batch, self.aperture)

    def _photograph(self, mi: Any, batch: RenderBatch, i: int, camera: Camera, things: Things) -> Byte:
        """The rgb (H, W, 3) of image ``i``, before the sensor's noise."""
        environment = self._surroundings.environment
        scene: dict[str, Any] = {"type": "scene", **light_emitters(mi, batch, i)}
        scene |= {f"thing{instance}": solid.shape for instance, solid in things}
        around = self._surroundings.emitter(mi, batch, i)
        if around is not None:
            scene["around"] = around
        unseen = environment is None or not environment.seen
        path = {"type": "path", "max_depth": self.max_depth, "hide_emitters": unseen}
        focus = float(np.linalg.norm(batch.camera_target[i].astype(np.float64) - camera.position))
        sampler = {"type": "multijitter", "sample_count": self.samples}
        rgba = mi.render(
            mi.load_dict(scene),
            sensor=sensor(mi, camera, sampler, focus, self.aperture),
            integrator=mi.load_dict(path),
            spp=self.samples,
            seed=int(scramble(batch.noise_seed[i : i + 1])[0]),
        )
        color, alpha = np.split(np.array(rgba), [3], axis=2)
        return to_bytes(batch.exposure[i] * color + (1.0 - alpha) * background(batch, i))
