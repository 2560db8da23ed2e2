"""Losses between domains against closed forms; the reversal's sign; looks carried over."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from simfactor.adaptation.methods.discrepancies import (
    BANDWIDTHS,
    coral,
    domain_error,
    mmd,
    reversal_at,
    reversed_gradient,
)
from simfactor.adaptation.methods.styles import colour_statistics, low_frequencies


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_coral_is_the_distance_of_covariances() -> None:
    a, b = normal(40, 5), 2 * normal(30, 5, seed=1)
    apart = np.cov(a.numpy(), rowvar=False) - np.cov(b.numpy(), rowvar=False)
    assert float(coral(a, b)) == pytest.approx(np.linalg.norm(apart, "fro") ** 2 / (4 * 25), rel=1e-4)
    assert float(coral(a, a + 3)) == pytest.approx(0, abs=1e-6)  # means do not count
    large = normal(40_000, 2)
    assert float(coral(large, 2 * large)) == pytest.approx(2 * 9 / 16, rel=0.03)  # I against 4 I


def test_mmd_of_two_points_each() -> None:
    """Sources at 0, targets at 1: within the domains the kernel is 1, across it is k(1)."""
    a, b = torch.zeros(2, 1), torch.ones(2, 1)
    middle = 8 / 12  # mean squared distance of the 12 ordered pairs, of which 8 are across
    across = np.mean([math.exp(-1 / (width * middle)) for width in BANDWIDTHS])
    assert float(mmd(a, b)) == pytest.approx(2 - 2 * across, rel=1e-5)


def test_mmd_has_no_bias_and_sees_means_and_spreads() -> None:
    same = [float(mmd(normal(20, 3, seed=2 * k), normal(20, 3, seed=2 * k + 1))) for k in range(200)]
    assert abs(np.mean(same)) < 4 * np.std(same) / math.sqrt(200)
    a = normal(200, 3)
    assert float(mmd(a, normal(200, 3, seed=1) + 1)) > 0.05
    assert float(mmd(a, 3 * normal(200, 3, seed=1))) > 0.05


def test_a_step_along_the_gradient_brings_the_domains_together() -> None:
    for loss in (coral, mmd):
        a, b = normal(60, 4), (2 * normal(60, 4, seed=1) + 1).requires_grad_()
        before = loss(a, b)
        (step,) = torch.autograd.grad(before, b)
        assert loss(a, b - 0.5 * step / step.norm()) < before


def test_the_critics_error() -> None:
    source, target = normal(10), normal(10, seed=1)
    wanted = binary_cross_entropy_with_logits(
        torch.cat([source, target]), torch.cat([torch.ones(10), torch.zeros(10)])
    )
    assert float(domain_error(source, target)) == pytest.approx(float(wanted), rel=1e-5)
    assert float(domain_error(torch.zeros(3), torch.zeros(5))) == pytest.approx(math.log(2))


def test_the_reversal_turns_the_sign_for_features_and_not_for_the_critic() -> None:
    features, critic = normal(8, 3).requires_grad_(), normal(3, seed=1).requires_grad_()
    plain = torch.autograd.grad(
        domain_error(features[:4] @ critic, features[4:] @ critic), (features, critic)
    )
    seen = reversed_gradient(features, 0.3)
    assert torch.equal(seen, features)
    turned = torch.autograd.grad(domain_error(seen[:4] @ critic, seen[4:] @ critic), (features, critic))
    torch.testing.assert_close(turned[0], -0.3 * plain[0])
    torch.testing.assert_close(turned[1], plain[1])
    assert reversal_at(0) == 0
    assert reversal_at(0.1) == pytest.approx(math.tanh(0.5))
    assert 0.999 < reversal_at(1) < 1


def test_low_frequencies_are_the_targets_and_the_rest_the_sources() -> None:
    source, target = 0.4 + 0.05 * normal(2, 3, 64, 64), 0.5 + 0.05 * normal(2, 3, 64, 64, seed=1)
    own, other, mixed = (torch.fft.fft2(x) for x in (source, target, low_frequencies(source, target)))
    torch.testing.assert_close(mixed[..., :4, :4].abs(), other[..., :4, :4].abs(), rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(mixed[..., -3:, 1:4].abs(), other[..., -3:, 1:4].abs(), rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(mixed[..., 4:-3, :], own[..., 4:-3, :], rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(low_frequencies(source, source), source, rtol=0, atol=1e-5)


def test_colour_statistics_undo_a_tint() -> None:
    image = 0.2 + 0.5 * torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(colour_statistics(image, image), image, rtol=0, atol=2e-3)
    darker = 0.5 * image  # a shift of all logarithms, which the statistics tell exactly
    torch.testing.assert_close(colour_statistics(darker, image), image, rtol=0, atol=2e-3)
