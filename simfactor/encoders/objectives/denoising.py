"""The denoising autoencoder whose code DARLA measures pictures by (Higgins et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor

from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Step, Terms
from simfactor.encoders.objectives.terms import reconstruction

FEATURES = 100  # width of the code


def dae(model: Model, batch: Batch, step: Step, *, likelihood: Likelihood = "bernoulli") -> Terms:
    """The whole picture from one with a part missing: to fill it in, the code has to know what is there."""
    code = model.posterior(occluded(batch.pixels, step.generator)).mean
    return {"reconstruction": reconstruction(batch.targets, model.logits(code), likelihood)}


def occluded(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """pixels (n, 3, h, w) with a rectangle of each image black, two of its corners drawn uniformly."""
    count, _, height, width = pixels.shape
    corners = torch.rand(count, 2, 2, generator=generator, device=pixels.device).sort(dim=2).values
    down, across = (
        _between(low_high, size) for low_high, size in zip(corners.unbind(1), (height, width), strict=True)
    )
    return pixels.masked_fill(down[:, None, :, None] & across[:, None, None, :], 0.0)


def _between(low_high: Tensor, size: int) -> Tensor:
    """Which of ``size`` cells of [0, 1] have their centre between two numbers, (n, 2) -> (n, size) bool."""
    centres = (torch.arange(size, device=low_high.device) + 0.5) / size
    return (centres >= low_high[:, :1]) & (centres < low_high[:, 1:])
