"""Factor spaces as YAML files, and the ready ones that come with the package."""

from __future__ import annotations

from pathlib import Path

import yaml

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors.space import FactorSpace

READY = Path(__file__).parent.parent / "configs" / "factors"


def ready_spaces() -> list[str]:
    """Names of the factor spaces that come with the package."""
    return sorted(path.stem for path in READY.glob("*.yaml"))


def load_space(name_or_path: str | Path) -> FactorSpace:
    """A ready space by name (``tabletop``, ``isaac3d``, ``mpi3d``) or one from a YAML file.

    Raises SimfactorError when there is no such space or file, or naming every bad entry of the file.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = READY / f"{name_or_path}.yaml"
        if not path.exists():
            raise unknown_name(
                "factor space", str(name_or_path), [*ready_spaces(), "or the path of a .yaml file"]
            )
    if not path.exists():
        raise SimfactorError(
            f"factor space file {path} does not exist; ready spaces: {', '.join(ready_spaces())}."
        )
    try:
        data = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise SimfactorError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise SimfactorError(f"{path} must hold a mapping with `scene` and `factors`.")
    try:
        return FactorSpace.from_dict(data)
    except SimfactorError as error:
        raise SimfactorError(f"{path}:\n{error}") from error


def save_space(space: FactorSpace, path: str | Path) -> None:
    """Write the space as YAML that :func:`load_space` reads back equal."""
    Path(path).write_text(yaml.safe_dump(space.to_dict(), sort_keys=False))
