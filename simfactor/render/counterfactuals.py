"""The same scenes, had they looked different."""

from __future__ import annotations

from dataclasses import replace

from simfactor.errors import SimfactorError
from simfactor.frames import APPEARANCE, Images, RenderBatch
from simfactor.render.renderer import Renderer


def render_counterfactuals(renderer: Renderer, batch: RenderBatch, appearance: RenderBatch) -> Images:
    """Render the geometry of every image of ``batch`` (N) under K appearances of its own.

    Lights, colours, textures, materials, background, exposure and noise (``frames.APPEARANCE``) come from
    ``appearance``, a batch of N * K images of the same world: those from n * K on are for image n of
    ``batch``. Poses and cameras come from ``batch``. The renderer ``raster`` rasterises each geometry once,
    and a shadow map only where the key light's direction changes.

    Returns N * K images in the order of ``appearance``. Raises SimfactorError if the batches do not fit.
    """
    count, times = len(batch), len(appearance) // max(len(batch), 1)
    if len(appearance) != count * times or (len(appearance) and not count):
        raise SimfactorError(
            f"{len(appearance)} appearances for {count} images: give K for each, so a multiple of {count}."
        )
    if appearance.textures is not batch.textures or len(appearance.segment) != len(batch.segment):
        raise SimfactorError(
            "batch and appearance must be of one world: make the appearances from the batch, "
            "as in dataclasses.replace(batch.repeat(K), light_color=...), or with the same studio."
        )
    shapes = batch.repeat(times)
    return renderer.render(replace(shapes, **{name: getattr(appearance, name) for name in APPEARANCE}))
