"""The batch renderer: a rasteriser with deferred shading, the same kernels on CPU and CUDA."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import warp as wp

from simfactor.errors import SimfactorError
from simfactor.frames import Byte, Images, Mesh, RenderBatch
from simfactor.render.checks import check_batch, check_meshes, check_textures
from simfactor.render.raster.canvas import Canvas
from simfactor.render.raster.device import Memory, choose_device, quiet
from simfactor.render.raster.distinct import Distinct
from simfactor.render.raster.frame import BYTES_PER_SAMPLE, Frame, Settings
from simfactor.render.raster.pools import MeshPool, TexturePool
from simfactor.sensor import is_on

BUDGET = {"cpu": 64 << 20, "cuda": 8 << 30}  # bytes that are worked on at once
MOST_IMAGES = 16384  # in one piece


class RasterRenderer:
    """Renders batches in which every image has its own light, textures, colours, meshes and camera.

    Triangles are rasterised into a buffer of depth and triangle, which is shaded per pixel in linear light:
    perspective-correct mipmapped textures, several lights, shadows of the key light, highlights. Consecutive
    images that differ in appearance only (``frames.APPEARANCE``) are rasterised once.

    On the CPU the same batch gives the same bytes, whatever the number of threads.

    Args:
        device: ``cpu``, ``cuda`` or ``auto``, which is CUDA where there is one.
        shadows: whether the key light casts shadows.
        normals, albedo: whether to return them too.
        supersample: samples along each side of a pixel; 2 smooths edges at four times the work.
        threads: on the CPU, threads that share the images of a batch.

    Raises SimfactorError for arguments that are not among these, or a device that this machine lacks.
    """

    def __init__(
        self,
        device: str = "cpu",
        shadows: bool = True,
        normals: bool = False,
        albedo: bool = False,
        supersample: int = 1,
        threads: int = 1,
    ) -> None:
        if supersample not in (1, 2, 3, 4):
            raise SimfactorError(f"supersample={supersample!r} must be 1, 2, 3 or 4 samples a side.")
        if not isinstance(threads, int) or threads < 1:
            raise SimfactorError(f"threads={threads!r} must be a positive whole number.")
        self.device = choose_device(device)
        self.threads = threads if self.device == "cpu" else 1
        self._settings = Settings(shadows, normals, albedo, supersample, wide=self.device != "cpu")
        self._memories = [Memory(self.device) for _ in range(self.threads)]
        self._meshes: tuple[Mesh, ...] | None = None
        self._textures: tuple[Byte, ...] | None = None

    def render(self, batch: RenderBatch) -> Images:
        """Render every image of ``batch``. Raises SimfactorError for a batch that cannot be drawn."""
        return self._draw(batch).images()

    def render_tensors(self, batch: RenderBatch) -> dict[str, Any]:
        """As :meth:`render`, but torch tensors on the renderer's device, by output, without a copy.

        Raises SimfactorError as :meth:`render`, and where a sensor is on: it works on the host's arrays.
        """
        if is_on(batch.sensor).any():
            raise SimfactorError(
                "render_tensors shows what ideal cameras see, but this batch has sensors; use render, or "
                "leave the factors of the sensor out."
            )
        return self._draw(batch).tensors()

    @property
    def launches(self) -> dict[str, Any]:
        """The last launch of every kernel, by its name, for measuring: ``.launch()`` does it once more.

        They write to the images of the last render, which must still be there.
        """
        return self._memories[0].commands

    def close(self) -> None:
        """Give the memory back, but for textures that a process keeps; the next render takes it again."""
        self._memories = [Memory(self.device) for _ in range(self.threads)]
        self._meshes = self._textures = None

    def __enter__(self) -> RasterRenderer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _draw(self, batch: RenderBatch) -> Canvas:
        self._prepare(batch)
        wanted = self._settings
        canvas = Canvas.make(
            self.device, len(batch), batch.height, batch.width, wanted.normals, wanted.albedo
        )
        if not len(batch):
            return canvas
        distinct = Distinct.of(batch)
        pieces = distinct.pieces(*self._limits(batch))

        def draw(memory: Memory, mine: list[slice]) -> None:
            for images in mine:
                frame = Frame(memory, self._mesh_pool, self._texture_pool, self._settings)
                frame.draw(batch[images], canvas.part(images))

        with quiet(), wp.ScopedDevice(self.device):
            if self.threads == 1 or len(pieces) == 1:
                draw(self._memories[0], pieces)
            else:
                with ThreadPoolExecutor(self.threads) as pool:
                    shares = [pieces[k :: self.threads] for k in range(self.threads)]
                    list(pool.map(draw, self._memories, shares))
        return canvas

    def _prepare(self, batch: RenderBatch) -> None:
        """Bring meshes and textures to the device unless they are there, and check what is new."""
        if batch.meshes is not self._meshes:
            check_meshes(batch.meshes)
            self._mesh_pool = MeshPool.pack(batch.meshes, self.device)
            self._meshes = batch.meshes
        if batch.textures is not self._textures:
            check_textures(batch.textures)
            self._texture_pool = TexturePool.pack(batch.textures, self.device)
            self._textures = batch.textures
        check_batch(batch)
        self._mesh_pool.check_numbers(len(batch.segment))

    def _limits(self, batch: RenderBatch) -> tuple[int, int, int]:
        """How many geometries, shadow maps and images fit into a piece."""
        budget = BUDGET[self.device[:4].rstrip(":")] // 2
        samples = batch.height * batch.width * self._settings.samples**2
        geometries = budget // (samples * BYTES_PER_SAMPLE + self._mesh_pool.bytes_per_image(batch))
        maps = budget // (4 * self._settings.map_size(batch) ** 2)
        share = -(-len(batch) // self.threads)
        return (
            max(1, min(geometries, share)),
            max(1, maps),
            max(1, min(MOST_IMAGES, share, budget // samples // 24)),
        )
