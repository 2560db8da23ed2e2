"""The variational autoencoders that learn from single images without labels.

All have a factorised Gaussian posterior and prior. They differ in what they ask of the code; how they are
written follows the papers, with the reduction of this package.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Posterior, Step, Terms
from simfactor.encoders.objectives.terms import reconstruction, residual_kl, sample


def ae(model: Model, batch: Batch, step: Step, *, likelihood: Likelihood = "bernoulli") -> Terms:
    """The plain autoencoder: the means are decoded, nothing is asked of the code."""
    posterior = model.posterior(batch.pixels)
    return {"reconstruction": reconstruction(batch.targets, model.logits(posterior.mean), likelihood)}


def vae(model: Model, batch: Batch, step: Step, *, likelihood: Likelihood = "bernoulli") -> Terms:
    """The variational autoencoder (Kingma & Welling 2014, eq. 10)."""
    return beta_vae(model, batch, step, beta=1.0, likelihood=likelihood)


def beta_vae(
    model: Model, batch: Batch, step: Step, *, beta: float = 4.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The beta-VAE (Higgins et al. 2017, eq. 4): a latent block that must be cheap, and pictures from it."""
    posterior = model.posterior(batch.pixels)
    logits = model.logits(sample(posterior, step.generator))
    return {
        "reconstruction": reconstruction(batch.targets, logits, likelihood),
        "kl": beta * residual_kl(posterior),
    }


def annealed_vae(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    gamma: float = 100.0,
    capacity: float = 25.0,
    rise: float = 0.8,
    likelihood: Likelihood = "bernoulli",
) -> Terms:
    """The beta-VAE with annealed capacity (Burgess et al. 2018, eq. 8): gamma |KL - C|.

    C rises linearly from 0 to ``capacity`` nats over the share ``rise`` of the training.
    """
    posterior = model.posterior(batch.pixels)
    logits = model.logits(sample(posterior, step.generator))
    allowed = capacity * min(1.0, step.progress / rise)
    return {
        "reconstruction": reconstruction(batch.targets, logits, likelihood),
        "capacity": gamma * (residual_kl(posterior) - allowed).abs(),
    }


def beta_tcvae(
    model: Model, batch: Batch, step: Step, *, beta: float = 6.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The beta-TCVAE (Chen et al. 2018, eq. 4): only the total correlation among latents costs more.

    The total correlation is estimated within the batch (:func:`total_correlation`), as in the paper with
    minibatch-weighted sampling; the constant that depends on the size of the data set is left out.
    """
    posterior = model.posterior(batch.pixels)
    latents = sample(posterior, step.generator)
    return {
        "reconstruction": reconstruction(batch.targets, model.logits(latents), likelihood),
        "kl": residual_kl(posterior),
        "total_correlation": (beta - 1.0) * total_correlation(latents, posterior),
    }


def dip_vae_i(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    off_diagonal: float = 10.0,
    diagonal: float = 100.0,
    likelihood: Likelihood = "bernoulli",
) -> Terms:
    """The DIP-VAE-I (Kumar et al. 2018, eq. 6): the covariance of the means should be the identity."""
    posterior = model.posterior(batch.pixels)
    logits = model.logits(sample(posterior, step.generator))
    return {
        "reconstruction": reconstruction(batch.targets, logits, likelihood),
        "kl": residual_kl(posterior),
        **_identity_terms(covariance(posterior.mean), off_diagonal, diagonal),
    }


def dip_vae_ii(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    off_diagonal: float = 10.0,
    diagonal: float = 10.0,
    likelihood: Likelihood = "bernoulli",
) -> Terms:
    """The DIP-VAE-II (Kumar et al. 2018, eq. 7): so should that of the latents, noise included."""
    posterior = model.posterior(batch.pixels)
    logits = model.logits(sample(posterior, step.generator))
    whole = covariance(posterior.mean) + posterior.log_variance.exp().mean(dim=0).diag()
    return {
        "reconstruction": reconstruction(batch.targets, logits, likelihood),
        "kl": residual_kl(posterior),
        **_identity_terms(whole, off_diagonal, diagonal),
    }


def total_correlation(latents: Tensor, posterior: Posterior) -> Tensor:
    """KL(q(z) || prod_j q(z_j)) estimated within a batch of Gaussian posteriors, scalar, nats.

    latents (n, L) drawn from posterior (n, L). Both q(z) and q(z_j) are mixtures over the batch (Chen et
    al. 2018, eq. S6 without the weights that cancel but for a constant).
    """
    mean, log_variance = posterior.mean, posterior.log_variance
    distance = (latents[:, None] - mean[None]).square() * (-log_variance[None]).exp()
    log_density = -0.5 * (distance + log_variance[None] + math.log(2 * math.pi))  # (n, n, L)
    joint = torch.logsumexp(log_density.sum(dim=2), dim=1)
    marginals = torch.logsumexp(log_density, dim=1).sum(dim=1)
    constant = (latents.shape[1] - 1) * math.log(len(latents))
    return (joint - marginals + constant).mean()


def covariance(values: Tensor) -> Tensor:
    """Covariance (L, L) over the batch of values (n, L)."""
    centred = values - values.mean(dim=0)
    return centred.T @ centred / len(values)


def _identity_terms(matrix: Tensor, off_diagonal: float, diagonal: float) -> Terms:
    on = matrix.diagonal()
    return {
        "off_diagonal": off_diagonal * (matrix.square().sum() - on.square().sum()),
        "diagonal": diagonal * (on - 1).square().sum(),
    }
