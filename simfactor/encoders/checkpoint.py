"""What lets a killed training go on, and a finished one be recognised."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeAlias

import torch

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError

Arguments: TypeAlias = Mapping[str, Any]
CHECKPOINT, DONE, HISTORY = "checkpoint.pt", "done.json", "history.jsonl"


def is_done(folder: Path, arguments: Arguments) -> bool:
    """Whether a training with these arguments has finished here. Raises SimfactorError if another has."""
    if not (folder / DONE).is_file():
        return False
    try:
        found = json.loads((folder / DONE).read_text())
    except ValueError as error:
        raise SimfactorError(f"{folder / DONE} is not valid JSON ({error}); delete the folder.") from error
    check_same(folder, "finished training", found, arguments)
    return True


def mark_done(folder: Path, arguments: Arguments) -> None:
    """Record that the training finished, and drop the checkpoint it no longer needs."""
    write_atomically(folder / DONE, json.dumps(arguments, indent=2).encode())
    (folder / CHECKPOINT).unlink(missing_ok=True)


def save_checkpoint(folder: Path, state: dict[str, Any], arguments: Arguments) -> None:
    """Write the state of a training, whole or not at all."""
    buffer = io.BytesIO()
    torch.save({"arguments": json.dumps(arguments), **state}, buffer)
    write_atomically(folder / CHECKPOINT, buffer.getvalue())


def load_checkpoint(folder: Path, arguments: Arguments, device: torch.device) -> dict[str, Any] | None:
    """The state to go on from, None where there is none. Raises SimfactorError for another training's."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        found = json.loads(state["arguments"])
    except (RuntimeError, UnpicklingError, EOFError, KeyError, TypeError, ValueError) as error:
        raise SimfactorError(f"{path} cannot be read ({error}); delete it to start again.") from error
    check_same(folder, "unfinished training", found, arguments)
    return state


def write_history(folder: Path, history: list[dict[str, Any]]) -> None:
    """One JSON line an epoch; written whole each time, so that a resumed training never repeats a line."""
    write_atomically(folder / HISTORY, "".join(json.dumps(record) + "\n" for record in history).encode())


def check_same(folder: Path, what: str, found: Arguments, wanted: Arguments) -> None:
    """Raise SimfactorError, naming what differs, unless what a folder holds was made with these arguments."""
    different = [
        f"{name} was {found.get(name)!r}, now {wanted.get(name)!r}"
        for name in {**found, **wanted}
        if found.get(name) != wanted.get(name)
    ]
    if different:
        raise SimfactorError(
            f"{folder} holds a {what} with other arguments: {'; '.join(different)}. "
            "Give another `out` folder, repeat the arguments, or delete this folder."
        )
