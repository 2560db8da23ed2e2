"""Every factor's block anchored to its label, of all images or of some."""

from __future__ import annotations

import torch

from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Posterior, Step, Terms
from simfactor.encoders.objectives.terms import (
    anchors,
    block_anchors,
    reconstruction,
    residual_kl,
    sample,
    split_exact,
)

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
    terms = weighted(model, anchors(model.heads, posterior, batch), task_weight)
    decoded = max(1, round(DECODED_SHARE * len(batch.pixels)))
    shown = Posterior(*(tensor[:decoded] for tensor in posterior))
    exact, mean = split_exact(shown)
    latents = sample(shown._replace(mean=torch.cat([exact.detach(), mean], dim=1)), step.generator)
    terms["reconstruction"] = residual_weight * reconstruction(batch.targets, model.logits(latents))
    terms["residual_kl"] = residual_weight * beta * residual_kl(posterior)
    return terms


def semi_supervised(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    anchor_weight: float = 1000.0,
    task_weight: float = 1.0,
    beta: float = 4.0,
    likelihood: Likelihood = "bernoulli",
) -> Terms:
    """A beta-VAE with a Gaussian block a factor, whose means are anchored in the images that have labels.

    Locatello et al. 2020, "Disentangling factors of variation using few labels", eq. 3: all images pay the
    evidence bound, so those without labels shape the code as well. ``anchor_weight`` sets what one unit
    of :func:`block_anchors` is worth in nats.
    """
    posterior = model.posterior(batch.pixels)
    found = block_anchors(model.space, model.layout, posterior, batch)
    logits = model.logits(sample(posterior, step.generator))
    return {
        **{name: anchor_weight * error for name, error in weighted(model, found, task_weight).items()},
        "reconstruction": reconstruction(batch.targets, logits, likelihood),
        "kl": beta * residual_kl(posterior),
    }


def weighted(model: Model, errors: Terms, task_weight: float) -> Terms:
    """Errors of factors as terms ``anchor/<factor>``, those of task factors times ``task_weight``."""
    weights = {name: task_weight if model.space[name].role == "task" else 1.0 for name in errors}
    return {f"anchor/{name}": weights[name] * error for name, error in errors.items()}
