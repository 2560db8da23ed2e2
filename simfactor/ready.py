"""YAML files that come with the package, by name, and a user's own, by path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from simfactor.errors import SimfactorError, unknown_name

CONFIGS = Path(__file__).parent / "configs"


class Loaded(NamedTuple):
    """What a YAML file holds, and where it is."""

    content: Any
    path: Path


def ready_names(folder: str = ".") -> list[str]:
    """The files in a folder of the package's configurations, by name."""
    return sorted(path.stem for path in (CONFIGS / folder).glob("*.yaml"))


def load_yaml(kind: str, source: str | Path, folder: str = ".") -> Loaded:
    """The content of a YAML file, or of a ready one in a folder of the package's configurations by its name.

    Raises SimfactorError, speaking of a ``kind``, for a name or file that does not exist and for a file that
    is not YAML.
    """
    path, ready = Path(source), ready_names(folder)
    if path.suffix == "" and not path.is_file():
        if str(source) not in ready:
            raise unknown_name(kind, str(source), [*ready, "or the path of a .yaml file"])
        path = CONFIGS / folder / f"{source}.yaml"
    return Loaded(_parsed(kind, path, ready), path)


def _parsed(kind: str, path: Path, ready: Sequence[str]) -> Any:
    if not path.is_file():
        raise SimfactorError(
            f"{kind} file {path} does not exist; give another, or a ready one: {', '.join(ready)}."
        )
    try:
        return yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise SimfactorError(f"{path} is not valid YAML: {error}") from error
