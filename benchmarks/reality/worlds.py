"""Where it is tested: the world of training, and steps from there to what stands in for a real camera."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from matrix.study import Study

from simfactor.config import ShiftRanges, Transfer
from simfactor.pipeline import make_plan
from simfactor.transfer import Domain, load_suite

PHOTO = "photo"
RENDERER = "pathtrace:samples=4,environment=sky"
SENSOR = "webcam"
UNSEEN = ("lighting-2", "table_texture-2", "background_texture-2")  # of the suite: by encoder and policy


def worlds(study: Study) -> tuple[Domain, ...]:
    """The clean world; behind a webcam's sensor; and behind it, path-traced under a sky, in light and with
    textures that neither encoders nor policies have seen."""
    run = study.run(0, None)
    assert run.transfer.suite is not None
    suite = {shift.name: shift.factors for shift in load_suite(run.transfer.suite).shifts}
    unseen: dict[str, Any] = {factor: r for name in UNSEEN for factor, r in suite[name].items()}
    shifts = {
        SENSOR: ShiftRanges(level="ood2", sensor=SENSOR),
        PHOTO: ShiftRanges(level="ood2", factors=unseen, renderer=RENDERER, sensor=SENSOR),
    }
    return make_plan(replace(run, transfer=Transfer(episodes=study.episodes, shifts=shifts))).domains
