"""The training that adapts: the supervised loss on the source, and beside it what a method asks for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from simfactor.adaptation.methods import Method
from simfactor.adaptation.methods.alignment import CRITIC, Lesson
from simfactor.adaptation.parts import Part
from simfactor.encoders import FactorEncoder
from simfactor.encoders.batches import LabelledImages, put_on_device, with_labelled
from simfactor.encoders.features import dense_layers, inputs_of
from simfactor.encoders.memory import memory_kept
from simfactor.encoders.objectives.objective import Batch, Objective, Player, Step, Terms
from simfactor.encoders.objectives.supervised import supervised, weighted
from simfactor.encoders.objectives.terms import anchors
from simfactor.encoders.training import Training


class Domains(NamedTuple):
    """Images to learn from: of the source all labelled, of the target few or none."""

    source: LabelledImages
    target: LabelledImages


def fine_tuned(
    encoder: FactorEncoder,
    domains: Domains,
    method: Method,
    weight: float,
    arguments: Mapping[str, Any],
    progress: bool,
) -> FactorEncoder:
    """A copy of the encoder, trained on.

    Every step takes as many images of the target as of the source, drawn at random; where some of these are
    labelled, a quarter are those, and pay the supervised loss too. The last epoch is returned: the one that
    reads the source best is not the one that reads the target best. ``arguments``: as of ``Training``.

    Raises SimfactorError for a loss that is not finite.
    """
    student = copy.deepcopy(encoder)
    lessons = _Lessons(student, domains.target, method, weight, arguments)
    _train(student, domains.source, lessons.terms, arguments, progress)
    if CRITIC in student.extras:
        del student.extras[CRITIC]
    return student


def further_trained(
    encoder: FactorEncoder, data: LabelledImages, arguments: Mapping[str, Any], progress: bool
) -> FactorEncoder:
    """A copy of the encoder, trained on with the supervised loss. Arguments and errors: of fine_tuned."""
    student = copy.deepcopy(encoder)
    _train(student, data, supervised, arguments, progress)
    return student


def training_arguments(
    epochs: int, batch_size: int, learning_rate: float, augment: bool, seed: int
) -> dict[str, Any]:
    """What ``Training`` is told, of which an adaptation leaves most as it is."""
    return {
        "options": {},
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "validation_share": 0.1,
        "label_share": 1.0,
        "augment": augment,
        "noise": 0.0,
        "seed": seed,
    }


def resident(encoder: FactorEncoder, part: Part) -> LabelledImages:
    """Images and rows of the encoder's factors, where the encoder is."""
    return put_on_device(*part, encoder.layout, encoder.space, encoder.device)


def _train(
    student: FactorEncoder,
    data: LabelledImages,
    terms: Callable[..., Terms],
    arguments: Mapping[str, Any],
    progress: bool,
) -> None:
    """All epochs; the weights of the last one stay."""
    objective = Objective({"encoder": Player(terms)}, "anchored", residual=0, labels=True)
    training = Training(student, data, arguments, objective=objective)
    with (
        memory_kept(),
        tqdm(
            total=arguments["epochs"] * training.images,
            desc="adaptation",
            unit="img",
            unit_scale=True,
            disable=None if progress else True,
        ) as bar,
    ):
        while training.epoch < arguments["epochs"]:
            training.run_epoch(bar)


class _Lessons:
    """Source batches with target batches beside them."""

    def __init__(
        self,
        model: FactorEncoder,
        target: LabelledImages,
        method: Method,
        weight: float,
        arguments: Mapping[str, Any],
    ) -> None:
        self.target, self.style, self.weight = target, method.style, weight
        self.augment = arguments["augment"]
        self.term = method.begin(model, arguments["seed"]) if method.begin else None
        self.known = target.known.any(dim=1).nonzero()[:, 0]
        self.last = dense_layers(model)[-1]

    def terms(self, model: FactorEncoder, batch: Batch, step: Step) -> Terms:
        """The supervised terms, ``adaptation``, and ``target/anchor/<factor>`` where there are labels."""
        other = self._drawn(len(batch.pixels), step.generator)
        if self.style is not None:
            batch = _restyled(batch, self.style(batch.pixels, other.targets))
        with inputs_of(self.last) as features:
            terms = supervised(model, batch, step)
            if self.term is None and not len(self.known):
                return terms
            posterior = model.posterior(other.pixels)
        if self.term is not None:
            terms["adaptation"] = self.term(
                Lesson(model, features[0], features[1], other.pixels, step), self.weight
            )
        if len(self.known):
            few = weighted(model, anchors(model.heads, posterior, other), task_weight=2.0)
            terms |= {f"target/{name}": error for name, error in few.items()}
        return terms

    def _drawn(self, count: int, generator: torch.Generator) -> Batch:
        index = _random(len(self.target), count, generator)
        if len(self.known):
            index = with_labelled(index, self.known, generator)
        return self.target.batch(index, generator, self.augment)


def _random(below: int, count: int, generator: torch.Generator) -> Tensor:
    return torch.randint(below, (count,), generator=generator, device=generator.device)


def _restyled(batch: Batch, pixels: Tensor) -> Batch:
    """The second half of a batch in another look; the first stays as it is."""
    clean = min(batch.clean, (len(pixels) + 1) // 2)
    shown = torch.cat([batch.pixels[:clean], pixels[clean:]])
    return batch._replace(pixels=shown, targets=shown, clean=clean)
