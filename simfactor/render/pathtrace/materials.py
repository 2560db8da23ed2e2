"""The surfaces of a batch as Mitsuba's materials."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simfactor.frames import UNTEXTURED, RenderBatch
from simfactor.render.pathtrace.lights import rgb
from simfactor.render.shading import bytes_to_linear, to_linear

MOST_SPECULAR = 0.98  # beyond it the index of refraction runs away


class Coat(NamedTuple):
    """What covers an instance in an image: sRGB colour, index of a texture, specular and roughness."""

    color: tuple[float, ...]
    texture: int
    specular: float
    roughness: float

    @staticmethod
    def of(batch: RenderBatch, i: int, instance: int) -> Coat:
        """The coat of an instance in image ``i``."""
        texture, specular, roughness = (
            getattr(batch, name)[i, instance].item() for name in ("texture", "specular", "roughness")
        )
        return Coat(tuple(batch.color[i, instance].tolist()), texture, specular, roughness)


def material(mi: Any, coat: Coat, batch: RenderBatch) -> dict[str, Any]:
    """The material of both sides of a surface.

    Without highlights it is Lambert's, the batch's own; with them Disney's principled one (Burley 2012,
    2015), whose index of refraction reflects the share ``specular`` of light that meets it head-on. What is
    reflected does not reach the pigment below, so a white surface gives back, to a few percent, what it gets.
    """
    color = to_linear(np.array(coat.color)) * (1.0 - coat.specular)
    albedo = rgb(color) if coat.texture == UNTEXTURED else _texture(mi, color, batch.textures[coat.texture])
    side: dict[str, Any]
    if coat.specular == 0.0:
        side = {"type": "diffuse", "reflectance": albedo}
    else:
        amplitude = np.sqrt(min(coat.specular, MOST_SPECULAR))
        refraction = float((1.0 + amplitude) / (1.0 - amplitude))  # Fresnel's equations at normal incidence
        side = {"type": "principled", "base_color": albedo, "roughness": coat.roughness, "eta": refraction}
    return {"type": "twosided", "side": side}


def _texture(mi: Any, color: Any, image: Any) -> dict[str, Any]:
    texels = np.ascontiguousarray(bytes_to_linear(image) * color.astype(np.float32))
    return {"type": "bitmap", "bitmap": mi.Bitmap(texels), "raw": True}
