"""A student that reads changed target images as its own running mean reads the plain ones."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from simfactor.adaptation.methods.alignment import Lesson
from simfactor.encoders import FactorEncoder
from simfactor.encoders.augment import photometric
from simfactor.encoders.codes import Head
from simfactor.encoders.objectives.objective import Posterior
from simfactor.encoders.objectives.terms import outlasts_light, spread
from simfactor.factors import Categorical

MEMORY = 0.99  # of the teacher, a step


class Teacher:
    """The running mean of a student's weights (Tarvainen & Valpola 2017, equation 2), and what it asks for.

    The student that is returned in the end, at a learning rate of almost 0, is as good as its own mean.
    """

    def __init__(self, student: FactorEncoder, seed: int) -> None:
        self.model = copy.deepcopy(student).requires_grad_(False)

    def __call__(self, lesson: Lesson, weight: float) -> Tensor:
        """How differently the student reads target images in another light than the teacher the plain ones.

        French et al. 2018, section 3.1, but for numbers too, and without their confidence threshold: a number
        is read without a confidence.
        """
        if torch.is_grad_enabled():  # a step of training
            self._follow(lesson.model)
        with torch.no_grad():
            taught = self.model.posterior(lesson.pixels)
        seen = lesson.model.posterior(photometric(lesson.pixels, lesson.step.generator))
        return weight * inconsistency(lesson.model.heads, taught, seen)

    def _follow(self, student: FactorEncoder) -> None:
        for own, other in zip(self.model.parameters(), student.parameters(), strict=True):
            own.lerp_(other.detach(), 1 - MEMORY)


def inconsistency(heads: tuple[Head, ...], first: Posterior, second: Posterior) -> Tensor:
    """Squared distance of two readings of n images, summed over the factors that outlast another light.

    Numbers' codes in units of what knowing nothing costs, as in the supervised loss; of categories the
    probabilities (French et al. 2018). -> scalar
    """
    errors = [
        (_read(head, first) - _read(head, second)).square().sum(dim=1).mean()
        / (1.0 if isinstance(head.factor, Categorical) else spread(head.factor))
        for head in heads
        if outlasts_light(head.factor)
    ]
    return torch.stack(errors).sum() if errors else second.mean.sum() * 0


def _read(head: Head, posterior: Posterior) -> Tensor:
    outputs = posterior.outputs[:, head.outputs]
    return outputs.softmax(dim=1) if isinstance(head.factor, Categorical) else outputs
