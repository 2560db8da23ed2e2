"""How far the features of two domains are apart, as losses: pure functions of tensors, for minibatches."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # times the mean squared distance
STEEPNESS = 10.0  # of the reversal's rise


def coral(source: Tensor, target: Tensor) -> Tensor:
    """|C_s - C_t|^2 / (4 F^2), the Frobenius norm of covariances (Sun & Saenko 2016, equation 1).

    Features (n, F) and (m, F) -> scalar. Covariances divide by n - 1 and m - 1 (equations 2 and 3).
    """
    apart = _covariance(source) - _covariance(target)
    return apart.square().sum() / (4 * source.shape[1] ** 2)


def mmd(source: Tensor, target: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of (n, F) and (m, F), without bias (Gretton et al. 2012, lemma 6).

    The kernel is the mean of five Gaussians exp(-|x - y|^2 / b) (several kernels: Long et al. 2015, equation
    5, there with learned weights). b is 1/4 to 4 times the mean squared distance of the batch, through which
    no gradient flows.
    """
    points = torch.cat([source, target])
    squares = points.square().sum(dim=1)
    apart = (squares[:, None] + squares - 2 * points @ points.T).clamp(min=0)
    count = len(points)
    middle = apart.detach().sum() / (count * (count - 1))
    kernel = torch.stack([torch.exp(-apart / (b * middle).clamp(min=1e-12)) for b in BANDWIDTHS]).mean(dim=0)
    n, m = len(source), len(target)
    own, other, across = kernel[:n, :n], kernel[n:, n:], kernel[:n, n:]
    within = (own.sum() - n) / (n * (n - 1)) + (other.sum() - m) / (m * (m - 1))  # the diagonal is ones
    return within - 2 * across.mean()


def domain_error(source: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy in nats of a critic's logits, (n,) of source images, positive for "source", and (m,).

    log 2 where it cannot tell them apart (Ganin et al. 2016, equation 5; both domains weigh alike).
    """
    return (softplus(-source).mean() + softplus(target).mean()) / 2


def reversed_gradient(features: Tensor, share: float) -> Tensor:
    """The features as they are; their gradient is multiplied by -share (Ganin et al. 2016, equation 18)."""
    reversed_: Tensor = _Reversal.apply(features, share)
    return reversed_


def reversal_at(progress: float) -> float:
    """How much of the gradient is reversed, from 0 towards 1 over the training (Ganin et al. 2016, 5.2.2)."""
    return 2 / (1 + math.exp(-STEEPNESS * progress)) - 1


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, share: float) -> Tensor:
        ctx.share = share
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.share * gradient, None


def _covariance(features: Tensor) -> Tensor:
    centred = features - features.mean(dim=0)
    return centred.T @ centred / (len(features) - 1)
