"""One round of a loop: a space calibrated, its images, an encoder trained on them; each part only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simfactor.adaptation.calibrate import calibrate_space
from simfactor.adaptation.closed import Change, Round
from simfactor.adaptation.door import rows_of
from simfactor.adaptation.fine_tuning import further_trained, resident, training_arguments
from simfactor.adaptation.guard import spoilt, worse
from simfactor.adaptation.jackknife import fall
from simfactor.adaptation.parts import Part
from simfactor.adaptation.task_errors import task_errors
from simfactor.adaptation.yardstick import Yardstick
from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder
from simfactor.encoders.pretrained import CONFIG
from simfactor.factors import FactorSpace, save_space
from simfactor.frames import Byte
from simfactor.json_files import read_json, write_json
from simfactor.render import StudioSpec

CALIBRATION, SPACE, RESULT = "calibration.json", "space.yaml", "round.json"
DATA, ENCODER = "data", "encoder"


@dataclass(frozen=True)
class Loop:
    """What all rounds have in common.

    encoder: the first one. learned: pictures of the target that may be learned from. asked: numbers of
    :func:`.loop.close_gap` by name.
    """

    encoder: FactorEncoder
    source: FactorDataset
    learned: Byte
    yardstick: Yardstick
    spec: StudioSpec
    factors: tuple[str, ...]
    asked: Mapping[str, Any]
    folder: Path
    progress: bool

    def folder_of(self, number: int) -> Path:
        """Where a round's parts are."""
        return self.folder / f"round-{number}"

    def start(self) -> Round:
        """Round 0: the source as it is."""
        space = self.source.space
        return Round(0, space, (), self.yardstick.gap(space).effect)

    def encoder_of(self, number: int) -> FactorEncoder:
        """That a round left; the first one of round 0."""
        if number == 0:
            return self.encoder
        return FactorEncoder.from_pretrained(self.folder_of(number) / ENCODER, self.encoder.device)


def played(loop: Loop, before: Round) -> Round:
    """The round after another one that was accepted. What is on disk of it is not done again."""
    number = before.number + 1
    folder = loop.folder_of(number)
    if (folder / RESULT).is_file():
        return Round.from_dict(read_json(folder / RESULT))
    space, narrowed = _calibrated(loop, number)
    gap = loop.yardstick.gap(space)
    found = Round(number, space, narrowed, gap.effect, fall(loop.yardstick.gap(before.space), gap))
    if found.fell:
        found = _judged(loop, found, _trained(loop, found))
    write_json(folder / RESULT, found.to_dict())
    return found


def seed_of(loop_seed: int, number: int) -> int:
    """Of a round, far from the small numbers that data sets have, whose rows would come again."""
    return int(np.random.SeedSequence((loop_seed, number)).generate_state(1)[0])


def _calibrated(loop: Loop, number: int) -> tuple[FactorSpace, tuple[str, ...]]:
    """The space of a round, from the whole of the source's, and the factors that were told."""
    folder = loop.folder_of(number)
    if not (folder / CALIBRATION).is_file():
        found = calibrate_space(
            loop.encoder_of(number - 1),
            loop.learned,
            loop.source.space,
            loop.factors,
            budget=loop.asked["budget"],
            pictures=loop.asked["pictures"],
            seed=seed_of(loop.asked["seed"], number),
            renderer=loop.spec.renderer,
            device=loop.spec.device,
            progress=loop.progress,
            interruptible=False,
        )
        folder.mkdir(parents=True, exist_ok=True)
        save_space(found.space, folder / SPACE)
        write_json(folder / CALIBRATION, found.to_dict())
    stored = read_json(folder / CALIBRATION)
    told = tuple(name for name, own in stored["factors"].items() if own["told"])
    return FactorSpace.from_dict(stored["space"]), told


def _trained(loop: Loop, found: Round) -> FactorEncoder:
    """The encoder of the round before, trained on with images of this round's space and of the source."""
    folder, seed = loop.folder_of(found.number), seed_of(loop.asked["seed"], found.number)
    data = generate(found.space, folder / DATA, loop.asked["count"], seed, loop.spec, progress=loop.progress)
    if not (folder / ENCODER / CONFIG).is_file():
        numbers = {name: loop.asked[name] for name in ("epochs", "batch_size", "learning_rate")}
        arguments = training_arguments(**numbers, augment=True, seed=seed)
        student = loop.encoder_of(found.number - 1)
        images = resident(student, _lesson(student, data, loop.source))
        further_trained(student, images, arguments, loop.progress).save_pretrained(folder / ENCODER)
    return loop.encoder_of(found.number)


def _lesson(encoder: FactorEncoder, data: FactorDataset, source: FactorDataset) -> Part:
    """The images of a round, and as many of the source, that nothing of it is forgotten."""
    chosen = np.unique(np.linspace(0, len(source) - 1, len(data)).astype(np.int64))
    return Part(
        np.concatenate([data.images(), source.images(chosen)]),
        np.concatenate([rows_of(encoder, data), rows_of(encoder, source)[chosen]]),
    )


def _judged(loop: Loop, found: Round, trained: FactorEncoder) -> Round:
    """The round with errors of the first encoder and of its own, and what there is to object to."""
    own, source = (
        Change(
            *(task_errors(encoder, *loop.yardstick.pictures(space)) for encoder in (loop.encoder, trained))
        )
        for space in (found.space, loop.source.space)
    )
    objections = worse(*own, "held-out images of the calibrated space")
    objections += spoilt(*source, loop.asked["tolerance"])
    return replace(found, own=own, source=source, objections=objections)
