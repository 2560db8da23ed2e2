"""Factor spaces as YAML files, and the ready ones that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors.space import FactorSpace
from simfactor.ready import load_yaml, ready_names

FOLDER = "factors"  # of the ready spaces
LIKE = "like"  # key of a file: the ready space whose factors it has, but for those that it declares


def ready_spaces() -> list[str]:
    """Names of the factor spaces that come with the package."""
    return ready_names(FOLDER)


def load_space(name_or_path: str | Path) -> FactorSpace:
    """A ready space by name (:func:`ready_spaces`) or one from a YAML file.

    A file may say that its space is ``like`` a ready one, and then needs to declare what differs only.

    Raises SimfactorError when there is no such space or file, or naming every bad entry of the file.
    """
    data, path = load_yaml("factor space", name_or_path, FOLDER)
    if not isinstance(data, dict):
        raise SimfactorError(f"{path} must hold a mapping with `scene` and `factors`.")
    try:
        return FactorSpace.from_dict(_whole(data))
    except SimfactorError as error:
        raise SimfactorError(f"{path}:\n{error}") from error


def _whole(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A file's content together with what it takes from a ready space."""
    if LIKE not in data:
        return data
    if data[LIKE] not in ready_spaces():
        raise unknown_name("ready factor space", data[LIKE], ready_spaces())
    taken = load_space(data[LIKE]).to_dict()
    own = {key: value for key, value in data.items() if key != LIKE}
    return {**taken, **own, "factors": {**taken["factors"], **(own.get("factors") or {})}}


def save_space(space: FactorSpace, path: str | Path) -> None:
    """Write the space as YAML that :func:`load_space` reads back equal, whole or not at all."""
    write_atomically(Path(path), yaml.safe_dump(space.to_dict(), sort_keys=False).encode())
