"""agent.json: what a training was asked to do, and whether it is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError

DESCRIPTION = "agent.json"


def write_description(
    folder: Path, arguments: Mapping[str, Any], environment_seeds: Sequence[int], finished: bool
) -> None:
    """Write agent.json; with ``finished`` it is what says that the training is done."""
    data = {"finished": finished, "arguments": arguments, "environment_seeds": list(environment_seeds)}
    write_atomically(folder / DESCRIPTION, json.dumps(data, indent=1).encode())


def read_description(folder: Path) -> dict[str, Any] | None:
    """What agent.json says, None if there is none. Raises SimfactorError if it cannot be read."""
    path = folder / DESCRIPTION
    if not path.exists():
        return None
    try:
        return dict(json.loads(path.read_text()))
    except ValueError as error:
        raise SimfactorError(f"{path} is damaged ({error}); delete the folder and train again.") from error


def check_same(stored: Mapping[str, Any], given: Mapping[str, Any], folder: Path) -> None:
    """Raise SimfactorError that names each argument in which a stored training differs from the given one."""
    before, now = _flat(stored), _flat(json.loads(json.dumps(given)))
    differences = [
        f"{key}: {_short(before.get(key))} there, {_short(now.get(key))} now"
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
    ]
    if differences:
        raise SimfactorError(
            f"{folder} holds a training with other arguments ({'; '.join(differences)}); "
            "choose another folder, or delete this one to train again."
        )


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        return {key: value}
    return {k: v for name, part in value.items() for k, v in _flat(part, f"{key}.{name}".strip(".")).items()}


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
