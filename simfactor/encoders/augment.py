"""Photometric input augmentation: the light, the exposure and the sensor change, the geometry does not."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

EXPOSURE = 0.6  # brightness is scaled by exp(u), u uniform in +- this
TINT = 0.25  # each colour channel by another exp(u)
SHADING = 0.5  # a smooth field over the image by another exp(u), as light from elsewhere would
CONTRAST = 0.4  # contrast about the image's mean by 1 + u
NOISE = 0.04  # standard deviation of pixel noise, uniform in 0 .. this per image
FIELD_CELLS = 3


def photometric(pixels: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Another light for each image: pixels (n, 3, h, w) float in [0, 1] -> the same shape and range.

    Exposure, tint of the light, smooth shading, contrast and noise, one draw per image from ``generator`` (on
    the pixels' device). Nothing is fitted to any test domain: the ranges are wide and generic. ``strength``
    widens all of them.
    """
    count, device = len(pixels), pixels.device

    def uniform(scale: float, *shape: int) -> Tensor:
        return strength * scale * (2 * torch.rand(count, *shape, generator=generator, device=device) - 1)

    field = interpolate(
        uniform(SHADING, 1, FIELD_CELLS, FIELD_CELLS),
        size=pixels.shape[2:],
        mode="bilinear",
        align_corners=True,
    )
    gain = torch.exp(uniform(EXPOSURE, 1, 1, 1) + uniform(TINT, 3, 1, 1))
    lit = pixels * (gain * field.exp())
    contrast = 1 + uniform(CONTRAST, 1, 1, 1)
    middle = lit.mean(dim=(1, 2, 3), keepdim=True)
    level = strength * NOISE * torch.rand(count, 1, 1, 1, generator=generator, device=device)
    noise = torch.randn(pixels.shape, generator=generator, device=device)
    return torch.addcmul(lit * contrast + (1 - contrast) * middle, level, noise).clamp_(0, 1)
