"""Weak supervision by pairs: two images that differ in few factors share what did not change.

The first m images of a batch are before, the last m after the change. Posteriors of shared latents are
averaged before anything is drawn from them, so that both images are decoded from the same numbers there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import pad

from simfactor.encoders.layout import RESIDUAL
from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Posterior, Step, Terms
from simfactor.encoders.objectives.terms import reconstruction, residual_kl, sample

Average: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def ada_gvae(
    model: Model, batch: Batch, step: Step, *, beta: float = 1.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The Ada-GVAE (Locatello et al. 2020, section 5): which latents are shared is told by the posteriors."""
    return _averaged(model, batch, step, mean_of_both, False, beta, likelihood)


def ada_mlvae(
    model: Model, batch: Batch, step: Step, *, beta: float = 1.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The Ada-ML-VAE (Locatello et al. 2020): the same with the product of the two posteriors."""
    return _averaged(model, batch, step, product_of_both, False, beta, likelihood)


def group_vae(
    model: Model, batch: Batch, step: Step, *, beta: float = 1.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The Group-VAE (Hosoya 2019) with known changes: all but the changed factors' blocks are shared."""
    return _averaged(model, batch, step, mean_of_both, True, beta, likelihood)


def ml_vae(
    model: Model, batch: Batch, step: Step, *, beta: float = 1.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The ML-VAE (Bouchacourt et al. 2018) with known changes: the same with the product of posteriors."""
    return _averaged(model, batch, step, product_of_both, True, beta, likelihood)


def probably_shared(posterior: Posterior) -> Tensor:
    """Latents (m, L) whose posteriors differ less than half way from the most alike to the least alike.

    The measure is KL(q(z|before) || q(z|after)) (Locatello et al. 2020, eq. 4 and the threshold below it).
    """
    (mean_a, mean_b), (log_a, log_b) = _halves(posterior.mean), _halves(posterior.log_variance)
    apart = (log_a - log_b).exp() + (mean_b - mean_a).square() * (-log_b).exp() - 1 + log_b - log_a
    least, most = apart.amin(dim=1, keepdim=True), apart.amax(dim=1, keepdim=True)
    return apart < (least + most) / 2


def changed_dims(model: Model, batch: Batch) -> Tensor:
    """The latents (m, L) that belong to the factors in which the images of a pair differ."""
    assert batch.changed is not None
    owners = [
        len(model.space) if block.name == RESIDUAL else model.space.index(block.name)
        for block in model.layout.blocks
        for _ in range(block.width)
    ]
    return pad(batch.changed, (0, 1))[:, owners]  # the column that is added is the residual's: unchanged


def average(posterior: Posterior, shared: Tensor, how: Average) -> Posterior:
    """The Gaussian posteriors of m pairs (2m, L), with those of ``shared`` latents (m, L) replaced by one."""
    mean, log_variance = how(posterior.mean, posterior.log_variance)
    both = torch.cat([shared, shared])
    return Posterior(
        posterior.outputs,
        torch.where(both, torch.cat([mean, mean]), posterior.mean),
        torch.where(both, torch.cat([log_variance, log_variance]), posterior.log_variance),
    )


def mean_of_both(mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """Averages of means and of variances (Hosoya 2019, eq. 6): (2m, L) twice -> (m, L) twice."""
    (mean_a, mean_b), (log_a, log_b) = _halves(mean), _halves(log_variance)
    return (mean_a + mean_b) / 2, torch.logaddexp(log_a, log_b) - torch.log(torch.tensor(2.0))


def product_of_both(mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """The mean weighted by precision and the harmonic mean of the variances: (2m, L) twice -> (m, L) twice.

    The normalised geometric mean of both densities, as Locatello et al. 2020 compute the ML-VAE's product
    (Bouchacourt et al. 2018, eq. 5): two equal posteriors stay what they are.
    """
    (mean_a, mean_b), (log_a, log_b) = _halves(mean), _halves(log_variance)
    weight = torch.sigmoid(log_b - log_a)  # precision of a over the sum of both
    log_mean = torch.log(torch.tensor(2.0)) - torch.logaddexp(-log_a, -log_b)
    return weight * mean_a + (1 - weight) * mean_b, log_mean


def _averaged(
    model: Model,
    batch: Batch,
    step: Step,
    how: Average,
    known: bool,
    beta: float,
    likelihood: Likelihood,
) -> Terms:
    """A beta-VAE's terms after averaging what is shared: ``known``, or told by the posteriors."""
    apart = model.posterior(batch.pixels)
    shared = ~changed_dims(model, batch) if known else probably_shared(apart)
    posterior = average(apart, shared, how)
    logits = model.logits(sample(posterior, step.generator))
    return {
        "reconstruction": reconstruction(batch.targets, logits, likelihood),
        "kl": beta * residual_kl(posterior),
    }


def _halves(tensor: Tensor) -> tuple[Tensor, Tensor]:
    before, after = tensor.chunk(2)
    return before, after
