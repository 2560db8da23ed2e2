"""Features that do not tell the domains apart: the terms that ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from simfactor.adaptation.methods.discrepancies import domain_error, reversal_at, reversed_gradient
from simfactor.encoders import FactorEncoder
from simfactor.encoders.features import dense_layers
from simfactor.encoders.networks.critics import LatentCritic
from simfactor.encoders.objectives.objective import Step

CRITIC = "domains"  # among the encoder's extras
HIDDEN, LAYERS = 256, 2  # of the critic


class Lesson(NamedTuple):
    """A step as a term sees it: features (n, F) and (m, F) that the last dense layer is given, and pixels."""

    model: FactorEncoder
    source: Tensor
    target: Tensor
    pixels: Tensor  # (m, 3, s, s), of the target
    step: Step


Term: TypeAlias = Callable[[Lesson, float], Tensor]  # with its weight -> scalar


def distance(between: Callable[[Tensor, Tensor], Tensor]) -> Callable[[FactorEncoder, int], Term]:
    """A term that is a distance of features, scaled to a root mean square of 1 in the source.

    Features have no scale of their own; without one, shrinking them all would bring the domains together.
    """

    def term(lesson: Lesson, weight: float) -> Tensor:
        scale = lesson.source.square().mean().sqrt().clamp(min=1e-6)
        return weight * between(lesson.source / scale, lesson.target / scale)

    return lambda model, seed: term


class Adversary:
    """A critic that tells the domains apart, and features that learn from its reversed gradient (DANN).

    The weight scales the reversed gradient only: the critic learns at full speed (Ganin et al. 2016, equation
    18 and section 5.2.2).
    """

    def __init__(self, model: FactorEncoder, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            critic = LatentCritic(dense_layers(model)[-1].in_features, HIDDEN, LAYERS)
        model.extras[CRITIC] = critic.to(model.device)

    def __call__(self, lesson: Lesson, weight: float) -> Tensor:
        share = weight * reversal_at(lesson.step.progress)
        critic = lesson.model.extras[CRITIC]
        logits = (critic(reversed_gradient(own, share)) for own in (lesson.source, lesson.target))
        return domain_error(*logits)
