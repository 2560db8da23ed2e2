"""The FactorVAE: a VAE whose latents a critic must not tell from independent ones (Kim & Mnih 2018).

The critic is a second player with an optimiser of its own. In every step the VAE lowers its loss against the
critic as it is, then the critic learns from the same images (algorithm 2, where the permuted latents are
those of another batch).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.networks.critics import LatentCritic
from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Step, Terms
from simfactor.encoders.objectives.terms import reconstruction, residual_kl, sample


def factor_vae(
    model: Model, batch: Batch, step: Step, *, gamma: float = 10.0, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """The VAE's loss and ``gamma`` times the total correlation of its latents (Kim & Mnih 2018, eq. 2 and 3).

    The critic's logit is the log of how much likelier a latent is under q(z) than under the product of its
    marginals; its mean over latents of q(z) estimates the total correlation in nats.
    """
    posterior = model.posterior(batch.pixels)
    latents = sample(posterior, step.generator)
    return {
        "reconstruction": reconstruction(batch.targets, model.logits(latents), likelihood),
        "kl": residual_kl(posterior),
        "total_correlation": gamma * model.extras["critic"](latents).mean(),
    }


def critic(model: Model, batch: Batch, step: Step) -> Terms:
    """The critic's part of algorithm 2 (:func:`told_apart`), on new samples of the latents."""
    with torch.no_grad():
        latents = sample(model.posterior(batch.pixels), step.generator)
    return told_apart(model.extras["critic"], latents, step.generator)


def told_apart(judge: nn.Module, latents: Tensor, generator: torch.Generator) -> Terms:
    """Cross-entropy in nats of telling latents (n, L) from permuted ones; 2 log 2 is not being able to."""
    return {
        "latents": softplus(-judge(latents)).mean(),
        "permuted": softplus(judge(permuted(latents, generator))).mean(),
    }


def permuted(latents: Tensor, generator: torch.Generator) -> Tensor:
    """Every dimension of latents (n, L) shuffled over the batch by itself (Kim & Mnih 2018, algorithm 1).

    The marginals stay, what they know of each other goes.
    """
    order = torch.rand(latents.shape, generator=generator, device=latents.device).argsort(dim=0)
    return latents.gather(0, order)


def critic_of(layout: LatentLayout) -> dict[str, nn.Module]:
    """The networks beside encoder and decoder."""
    return {"critic": LatentCritic(layout.size)}
