"""JSON files: written whole or not at all, and read with an error that says which one is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError


def write_json(path: Path, content: Any) -> None:
    """Write JSON so that a reader never finds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(content, indent=1).encode())


def read_json(path: Path) -> Any:
    """What a JSON file says. Raises SimfactorError when it is damaged."""
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise SimfactorError(f"{path} is damaged ({error}); delete it and repeat the command.") from error
