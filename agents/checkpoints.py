"""Checkpoints of a training: a folder each, complete or absent, the newest kept."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from simfactor.agents.models import REPLAY as REPLAY_ARGUMENTS
from simfactor.atomic import PARTIAL

PREFIX = "checkpoint-"
MODEL = "model.zip"
REPLAY = "replay.pkl"
STATE = "state.json"


def save_checkpoint(out: Path, model: BaseAlgorithm, state: dict[str, Any]) -> None:
    """Write ``checkpoint-<steps>`` with weights, optimisers, replay buffer and ``state`` (JSON-able), under a
    temporary name first, then remove the older ones."""
    final = out / f"{PREFIX}{model.num_timesteps:09d}"
    if final.exists():
        return
    partial = final.with_name(final.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.save(partial / MODEL, exclude=REPLAY_ARGUMENTS)
    if isinstance(model, OffPolicyAlgorithm):
        model.save_replay_buffer(partial / REPLAY)
    (partial / STATE).write_text(json.dumps(state))
    os.replace(partial, final)
    for folder in out.glob(f"{PREFIX}*"):
        if folder != final:
            shutil.rmtree(folder)


def latest_checkpoint(out: Path) -> Path | None:
    """The newest complete checkpoint, None if there is none."""
    complete = [folder for folder in out.glob(f"{PREFIX}*") if folder.suffix != PARTIAL]
    return max(complete, default=None)


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The ``state`` that was given to :func:`save_checkpoint`."""
    return dict(json.loads((checkpoint / STATE).read_text()))


def remove_checkpoints(out: Path) -> None:
    """Remove all checkpoints, complete or not."""
    for folder in out.glob(f"{PREFIX}*"):
        shutil.rmtree(folder)
