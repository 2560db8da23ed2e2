"""Factor spaces as YAML files, and the ready ones that come with the package."""

from __future__ import annotations

from pathlib import Path

import yaml

from simfactor.errors import SimfactorError
from simfactor.factors.space import FactorSpace
from simfactor.ready import load_yaml, ready_names

FOLDER = "factors"  # of the ready spaces


def ready_spaces() -> list[str]:
    """Names of the factor spaces that come with the package."""
    return ready_names(FOLDER)


def load_space(name_or_path: str | Path) -> FactorSpace:
    """A ready space by name (``tabletop``, ``isaac3d``, ``mpi3d``) or one from a YAML file.

    Raises SimfactorError when there is no such space or file, or naming every bad entry of the file.
    """
    data, path = load_yaml("factor space", name_or_path, FOLDER)
    if not isinstance(data, dict):
        raise SimfactorError(f"{path} must hold a mapping with `scene` and `factors`.")
    try:
        return FactorSpace.from_dict(data)
    except SimfactorError as error:
        raise SimfactorError(f"{path}:\n{error}") from error


def save_space(space: FactorSpace, path: str | Path) -> None:
    """Write the space as YAML that :func:`load_space` reads back equal."""
    Path(path).write_text(yaml.safe_dump(space.to_dict(), sort_keys=False))
