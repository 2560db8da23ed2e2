"""What encoders are trained to minimise: pure functions of one forward pass, returning named terms.

The optimised loss is the plain sum of the returned terms, which are weighted already and are what is logged.
One reduction for all: the mean over images of the sum over everything else (pixels, latent dimensions).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from simfactor.encoders.codes import Head
from simfactor.encoders.layout import is_circular
from simfactor.errors import unknown_name
from simfactor.factors import Categorical

Terms: TypeAlias = dict[str, Tensor]


class Batch(NamedTuple):
    """n images with their labels; the first ``clean`` of them look as they were rendered."""

    pixels: Tensor  # (n, 3, s, s) float in [0, 1]
    codes: Tensor  # (n, L) the exact latents of the labels
    categories: Tensor  # (n, K) int64, used in the columns of categorical factors
    clean: int


class Forward(NamedTuple):
    """What the network made of a batch; the first m images were decoded again."""

    heads: tuple[Head, ...]
    outputs: Tensor  # (n, H), the heads' outputs
    mean: Tensor  # (n, R) of the residual block's Gaussian
    log_variance: Tensor  # (n, R)
    logits: Tensor  # (m, 3, s, s) of the decoded pixels

    def as_float(self) -> Forward:
        """In float32, for sums over many pixels that bf16 cannot hold."""
        return Forward(self.heads, *(tensor.float() for tensor in self[1:]))


def beta_vae(forward: Forward, batch: Batch, *, beta: float = 4.0, likelihood: str = "bernoulli") -> Terms:
    """The beta-VAE (Higgins et al. 2017, eq. 4): a latent block that must be cheap, and pictures from it.

    ``likelihood``: ``bernoulli`` or ``gaussian`` (unit variance). Raises SimfactorError for another.
    """
    return {
        "reconstruction": reconstruction(batch.pixels, forward.logits, likelihood),
        "kl": beta * gaussian_kl(forward.mean, forward.log_variance),
    }


def supervised(
    forward: Forward,
    batch: Batch,
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
    weights = {head.name: task_weight if head.factor.role == "task" else 1.0 for head in forward.heads}
    terms = {f"anchor/{name}": weights[name] * error for name, error in anchors(forward, batch).items()}
    terms["reconstruction"] = residual_weight * reconstruction(batch.pixels, forward.logits, "bernoulli")
    terms["residual_kl"] = residual_weight * beta * gaussian_kl(forward.mean, forward.log_variance)
    return terms


@dataclass(frozen=True)
class Objective:
    """How an encoder is trained: the terms, which latents it has, and how much of a batch is decoded."""

    terms: Callable[..., Terms]
    labelled: bool  # one latent block per factor, else the residual block alone
    residual: int  # width of the residual block unless asked otherwise
    decoded_share: float  # decoding costs more than encoding, and its weights need fewer images
    judged_by: str  # the best epoch has the least validation sum of the terms that begin with this

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise SimfactorError for an option that the objective does not have."""
        parameters = inspect.signature(self.terms).parameters.values()
        allowed = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        for name in options:
            if name not in allowed:
                raise unknown_name("option of the objective", name, allowed)


OBJECTIVES: dict[str, Objective] = {
    "supervised": Objective(supervised, labelled=True, residual=8, decoded_share=0.25, judged_by="anchor/"),
    "beta_vae": Objective(beta_vae, labelled=False, residual=10, decoded_share=1.0, judged_by="loss"),
}


def anchors(forward: Forward, batch: Batch) -> Terms:
    """Each factor's error in its own block, scaled so that 1 is what knowing nothing costs.

    Mean squared error over that of always answering the middle: 1/3 for one number uniform on [-1, 1], 1
    for a point on the circle; cross-entropy over the log of the number of values. A nuisance (a light, a
    colour) is compared on the clean images only: photometric augmentation changes it without telling.
    """
    terms: Terms = {}
    for head in forward.heads:
        count = len(batch.pixels) if head.factor.role == "task" else batch.clean
        outputs = forward.outputs[:count, head.outputs]
        if isinstance(head.factor, Categorical):
            chance = math.log(max(head.factor.levels, 2))
            terms[head.name] = cross_entropy(outputs, batch.categories[:count, head.column]) / chance
        else:
            chance = 1.0 if is_circular(head.factor) else 1 / 3
            error = (outputs - batch.codes[:count, head.latents]).square().sum(dim=1).mean()
            terms[head.name] = error / chance
    return terms


def reconstruction(pixels: Tensor, logits: Tensor, likelihood: str) -> Tensor:
    """Negative log-likelihood in nats (up to a constant) of the first m of the pixels under decoded logits.

    pixels (n, 3, s, s) in [0, 1], logits (m, 3, s, s) with m <= n -> scalar.
    """
    seen = pixels[: len(logits)]
    if likelihood == "bernoulli":
        return binary_cross_entropy_with_logits(logits, seen, reduction="sum") / len(logits)
    if likelihood == "gaussian":
        return 0.5 * (torch.sigmoid(logits) - seen).square().sum() / len(logits)
    raise unknown_name("likelihood", likelihood, ("bernoulli", "gaussian"))


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) in nats, (n, R) twice -> scalar.

    Analytic: Kingma & Welling 2014, appendix B.
    """
    per_image = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)
    return per_image.mean()
