"""The encoders that read the target: as they were trained, or adapted to its pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation import adapt_encoder, close_gap
from simfactor.adaptation.loop import RESULT
from simfactor.adaptation.task_errors import error_of, judged_names
from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder
from simfactor.json_files import read_json
from simfactor.pipeline import Plan
from simfactor.render import StudioSpec
from simfactor.transfer import Domain

from .methods import CALIBRATED, CONTROL, LABELLED

Floats = NDArray[np.float64]

EPOCHS = 2  # over as many images as the run's, of every adaptation that trains
TOLERANCES = {"statistics": 10.0}  # it corrects for the target alone (docs/adapt_encoder.md)
ROUNDS, IMAGES = 3, 4000  # of calibration, each
FIRST_SEED = 70_000  # of pictures, which are none of the encoders' and of no episode


def pictures(folder: Path, domain: Domain, count: int, seed: int, workers: int) -> FactorDataset:
    """Pictures of a domain with their labels, made once."""
    spec = StudioSpec(domain.space.scene, domain.renderer, 64)
    return generate(
        domain.space,
        folder / f"{domain.name}.{seed}",
        count,
        FIRST_SEED + seed,
        spec,
        shard_size=50,
        workers=workers,
    )


def adapted(
    plan: Plan, start: Path, how: str, target: FactorDataset, shown: slice, out: Path, quick: bool
) -> Path:
    """The folder of the encoder at ``start``, adapted to these pictures of the target; made once."""
    if how == CALIBRATED:
        calibrated(plan, target.images(shown), out, quick)
        return out / "encoder"
    if not out.exists():
        encoder, data = FactorEncoder.from_pretrained(start), taught(plan, start)
        without = how == CONTROL or how in LABELLED
        adapt_encoder(
            encoder,
            data,
            target.images(shown),
            out,
            method="mmd" if without else how,
            weight=0.0 if without else None,
            target_rows=known_rows(encoder, target, shown, LABELLED[how]) if how in LABELLED else None,
            epochs=1 if quick else math.ceil(EPOCHS * plan.run.data.count / len(data)),
            learning_rate=plan.run.encoder.learning_rate,
            held_out=plan.run.data.score_count if len(data) > plan.run.data.count else None,
            tolerance=TOLERANCES.get(how, 1.3),
            seed=plan.run.seed,
        )
    return out


def taught(plan: Plan, encoder: Path) -> FactorDataset:
    """What an encoder learned from last: the run's images, or those of the calibration it came from."""
    closed = encoder.parent / RESULT
    kept = read_json(closed)["kept"] if closed.exists() else 0
    return FactorDataset(closed.parent / f"round-{kept}" / "data" if kept else plan.folder / "data")


def known_rows(encoder: FactorEncoder, target: FactorDataset, shown: slice, factors: Sequence[str]) -> Floats:
    """Rows (n, K) of the encoder's space with these factors of some pictures; the rest is not known."""
    true = target.factors(shown)
    rows = np.full((len(true), len(encoder.space)), np.nan)
    for name in set(target.space.resolve(factors)) & set(encoder.space.names):
        rows[:, encoder.space.index(name)] = true[:, target.space.index(name)]
    return rows


def calibrated(plan: Plan, target: NDArray[np.uint8], out: Path, quick: bool) -> None:
    """Rounds of calibration, rendering and training; what is done already is not done again."""
    close_gap(
        FactorEncoder.from_pretrained(plan.encoder_folder),
        FactorDataset(plan.folder / "data"),
        target,
        out,
        rounds=1 if quick else ROUNDS,
        count=64 if quick else IMAGES,
        budget=4 if quick else 300,
        epochs=1 if quick else 5,
        seed=plan.run.seed,
    )


def reading_errors(encoder: FactorEncoder, dataset: FactorDataset, images: slice) -> Floats:
    """For each image, the error of what is read of the task's factors: its mean in shares of their ranges."""
    read, shown = encoder.predict(dataset.images(images)), dataset.factors(images)
    names = judged_names(encoder)
    each = [
        [
            error_of(
                encoder.space[name],
                read[i : i + 1, encoder.space.index(name)],
                shown[i : i + 1, dataset.space.index(name)],
            ).share
            for name in names
        ]
        for i in range(len(read))
    ]
    return np.array(each).mean(axis=1)
