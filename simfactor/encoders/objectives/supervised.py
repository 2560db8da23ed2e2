"""Every factor's block anchored to its label."""

from __future__ import annotations

import torch

from simfactor.encoders.objectives.objective import Batch, Model, Posterior, Step, Terms
from simfactor.encoders.objectives.terms import anchors, reconstruction, residual_kl, sample, split_exact

DECODED_SHARE = 0.25  # decoding costs more than encoding, and its weights need fewer images


def supervised(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    task_weight: float = 2.0,
    residual_weight: float = 1e-3,
    beta: float = 1.0,
) -> Terms:
    """Every factor's block anchored to its own factor, the residual block to what the picture needs besides.

    One ``anchor/<factor>`` term a factor (:func:`anchors`), those of task factors times ``task_weight``. The
    residual is a beta-VAE's latent block whose decoder is also given the factors' blocks, without a gradient
    into them: what the factors explain already is not worth its price there. ``residual_weight`` scales both
    its terms and keeps their thousands of nats from drowning the anchors. (Ours.)
    """
    posterior = model.posterior(batch.pixels)
    terms = weighted_anchors(model, posterior, batch, task_weight)
    decoded = max(1, round(DECODED_SHARE * len(batch.pixels)))
    shown = Posterior(*(tensor[:decoded] for tensor in posterior))
    exact, mean = split_exact(shown)
    latents = sample(shown._replace(mean=torch.cat([exact.detach(), mean], dim=1)), step.generator)
    terms["reconstruction"] = residual_weight * reconstruction(batch.targets, model.logits(latents))
    terms["residual_kl"] = residual_weight * beta * residual_kl(posterior)
    return terms


def weighted_anchors(model: Model, posterior: Posterior, batch: Batch, task_weight: float) -> Terms:
    """The anchors as terms ``anchor/<factor>``, those of task factors times ``task_weight``."""
    weights = {head.name: task_weight if head.factor.role == "task" else 1.0 for head in model.heads}
    found = anchors(model.heads, posterior, batch)
    return {f"anchor/{name}": weights[name] * error for name, error in found.items()}
