"""A studio takes the pictures: factor rows in, images out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace
from simfactor.frames import Images, RenderBatch
from simfactor.render.renderer import make_renderer, parse_renderer

Rows = NDArray[np.float64]

CHUNK = 256  # images whose poses and looks are held at once


@dataclass(frozen=True)
class StudioSpec:
    """How pictures are taken: small, picklable, the same on every machine.

    Args:
        scene: a name that ``simfactor.scene.open_scene`` knows (checked on opening).
        renderer: a name in ``RENDERERS``, with options if they are not the usual: ``pathtrace:samples=4``.
        image_size: height and width in pixels.
        device: where ``raster`` renders: ``cpu``, ``cuda`` or ``auto``; the others know ``cpu`` only. CPU and
            CUDA give the same images but for rounding.
    """

    scene: str = "tabletop"
    renderer: str = "raster"
    image_size: int = 64
    device: str = "cpu"

    def __post_init__(self) -> None:
        name = parse_renderer(self.renderer).name
        if self.device != "cpu" and name != "raster":
            raise SimfactorError(
                f"device={self.device!r}: the renderer {name!r} runs on the cpu only; "
                "choose the renderer 'raster' for CUDA."
            )
        if not isinstance(self.image_size, int) or self.image_size < 1:
            raise SimfactorError(
                f"image_size={self.image_size!r} must be a positive whole number, such as 64."
            )

    def open(self) -> Studio:
        """Open the scene and the renderer."""
        return Studio(self.scene, self.renderer, self.image_size, self.device)


class Studio:
    """An open scene with a renderer. A row is the only thing that decides an image: what it does not name has
    the scene's default, so neither earlier rows nor their number matter.

    Args: as of :class:`StudioSpec`. Raises SimfactorError for unknown names or a bad size.
    """

    def __init__(
        self, scene: str = "tabletop", renderer: str = "raster", image_size: int = 64, device: str = "cpu"
    ) -> None:
        from simfactor.scene import open_scene  # here, because it loads PyBullet

        self.spec = StudioSpec(scene, renderer, image_size, device)
        self.scene = open_scene(scene)
        on = {"device": device} if parse_renderer(renderer).name == "raster" else {}
        self.renderer = make_renderer(renderer, **on)

    def images(self, space: FactorSpace, rows: Rows) -> Images:
        """The images of ``rows`` (n, K), n of them.

        Raises SimfactorError, before any work, for a space of another scene, a factor that the scene does not
        have, or a row outside the space.
        """
        rows = self._check(space, rows)
        if len(rows) == 0:
            size = self.spec.image_size
            shape = (0, size, size)
            return Images(
                np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty((*shape, 2), np.int32)
            )
        return Images.concatenate([self.renderer.render(batch) for batch in self._batches(space, rows)])

    def batch(self, space: FactorSpace, rows: Rows) -> RenderBatch:
        """What the renderer is given for ``rows`` (n, K), n >= 1. Raises SimfactorError as :meth:`images`."""
        rows = self._check(space, rows)
        if len(rows) == 0:
            raise SimfactorError("a batch of 0 rows has no world to show; give at least one row.")
        return RenderBatch.concatenate(list(self._batches(space, rows)))

    def close(self) -> None:
        """Close scene and renderer; a second call does nothing."""
        self.scene.close()
        self.renderer.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check(self, space: FactorSpace, rows: Rows) -> Rows:
        if space.scene != self.spec.scene:
            raise SimfactorError(
                f"the factor space is for scene {space.scene!r}, this studio shows {self.spec.scene!r}; "
                f"open StudioSpec(scene={space.scene!r})."
            )
        for name in space.names:
            if name not in self.scene.factor_names:
                raise unknown_name(f"factor of scene {self.spec.scene!r}", name, self.scene.factor_names)
        return space.check(rows)

    def _batches(self, space: FactorSpace, rows: Rows) -> Iterator[RenderBatch]:
        size = self.spec.image_size
        state = self.scene.state(space.columns(rows))
        for start in range(0, len(rows), CHUNK):
            yield self.scene.show(state[start : start + CHUNK], size, size)
