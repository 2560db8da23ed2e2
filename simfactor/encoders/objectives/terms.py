"""Terms that several objectives share: pure functions of tensors."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from simfactor.encoders.codes import Head, category_codes
from simfactor.encoders.layout import LatentLayout, is_circular
from simfactor.encoders.objectives.objective import Batch, Likelihood, Posterior, Terms
from simfactor.errors import unknown_name
from simfactor.factors import Categorical, Factor, FactorSpace

LIKELIHOODS = ("bernoulli", "gaussian")
GEOMETRIC = ("pose", "shape", "camera", "distractors")  # photometric augmentation does not change these


def reconstruction(targets: Tensor, logits: Tensor, likelihood: Likelihood = "bernoulli") -> Tensor:
    """Negative log-likelihood in nats (up to a constant) of the first m targets under decoded logits.

    targets (n, 3, s, s) in [0, 1], logits (m, 3, s, s) with m <= n -> scalar. ``likelihood``: ``bernoulli``
    or ``gaussian`` (unit variance), or the distance of the decoded pictures from the targets that takes
    their place (:mod:`simfactor.encoders.perceptual`). Raises SimfactorError for another.
    """
    seen = targets[: len(logits)]
    if callable(likelihood):
        return likelihood(seen, torch.sigmoid(logits))
    if likelihood == "bernoulli":
        return binary_cross_entropy_with_logits(logits, seen, reduction="sum") / len(logits)
    if likelihood == "gaussian":
        return 0.5 * (torch.sigmoid(logits) - seen).square().sum() / len(logits)
    raise unknown_name("likelihood", likelihood, LIKELIHOODS)


def sample(posterior: Posterior, generator: torch.Generator) -> Tensor:
    """Latents (n, L): the exact ones as they are, the Gaussian ones drawn (Kingma & Welling 2014, eq. 10)."""
    exact, mean = split_exact(posterior)
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return torch.cat([exact, mean + noise * (0.5 * posterior.log_variance).exp()], dim=1)


def split_exact(posterior: Posterior) -> tuple[Tensor, Tensor]:
    """The exact latents (n, L - R) and the means (n, R) of the Gaussian ones."""
    exact = posterior.mean.shape[1] - posterior.log_variance.shape[1]
    return posterior.mean[:, :exact], posterior.mean[:, exact:]


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) in nats, (n, R) twice -> scalar.

    Analytic: Kingma & Welling 2014, appendix B.
    """
    per_image = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)
    return per_image.mean()


def residual_kl(posterior: Posterior) -> Tensor:
    """The KL divergence of the Gaussian latents (:func:`gaussian_kl`)."""
    return gaussian_kl(split_exact(posterior)[1], posterior.log_variance)


def anchors(heads: tuple[Head, ...], posterior: Posterior, batch: Batch) -> Terms:
    """Each factor's error in its own block, scaled so that 1 is what knowing nothing costs.

    Mean squared error over that of always answering the middle: 1/3 for one number uniform on [-1, 1], 1
    for a point on the circle; cross-entropy over the log of the number of values. Only images whose label
    is known count, and in another light (photometric augmentation) only factors that light cannot change.
    """
    terms: Terms = {}
    for head in heads:
        outputs = posterior.outputs[:, head.outputs]
        if isinstance(head.factor, Categorical):
            error = cross_entropy(outputs, batch.categories[:, head.column], reduction="none")
            error = error / math.log(max(head.factor.levels, 2))
        else:
            error = (outputs - batch.codes[:, head.latents]).square().sum(dim=1) / spread(head.factor)
        terms[head.name] = _mean_over_known(error, head.factor, batch, head.column)
    return terms


def block_anchors(space: FactorSpace, layout: LatentLayout, posterior: Posterior, batch: Batch) -> Terms:
    """The same for Gaussian blocks: squared errors of their means, categories at their evenly spaced codes.

    With few labels this is the usual supervision of a VAE (Locatello et al. 2020, "Disentangling factors of
    variation using few labels", eq. 3 with a squared error).
    """
    terms: Terms = {}
    for name in layout.names[:-1]:
        where = layout.slice(name)
        error = (posterior.mean[:, where] - batch.codes[:, where]).square().sum(dim=1) / spread(space[name])
        terms[name] = _mean_over_known(error, space[name], batch, space.index(name))
    return terms


def spread(factor: Factor) -> float:
    """The mean square of a factor's codes: what always answering the middle costs."""
    if isinstance(factor, Categorical):
        codes = category_codes(factor)
        return float((codes**2).mean()) or 1.0
    return 1.0 if is_circular(factor) else 1 / 3


def outlasts_light(factor: Factor) -> bool:
    """Whether a factor is still what its label says in another light (photometric augmentation)."""
    return factor.role == "task" or factor.group in GEOMETRIC


def _mean_over_known(error: Tensor, factor: Factor, batch: Batch, column: int) -> Tensor:
    """The mean of errors (n,) over images that show the factor as it was rendered and of which it is known; 0
    for none."""
    count = len(error) if outlasts_light(factor) else batch.clean
    known = batch.known[:count, column]
    return (error[:count] * known).sum() / known.sum().clamp(min=1)
