"""Reading a configuration from a file: checked as a whole, and every mistake told at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from simfactor.config.sections import (
    Agent,
    Agents,
    Augment,
    Correlation,
    Data,
    Encoder,
    ImageAugment,
    RunConfig,
    ShiftRanges,
    Transfer,
    World,
)
from simfactor.errors import SimfactorError, unknown_name
from simfactor.ready import load_yaml

ConfigT = TypeVar("ConfigT")


def load_config(path: str | Path | None) -> RunConfig:
    """The configuration in a YAML file, or of a ready one by name (``quickstart``); None gives the defaults.

    Raises one SimfactorError that names every bad key and value by its path in the file.
    """
    if path is None:
        return RunConfig()
    data, file = load_yaml("configuration", path)
    if data is not None and not isinstance(data, dict):
        raise SimfactorError(f"{file} must hold a mapping of {', '.join(section_names(RunConfig))}.")
    return validated(RunConfig, data or {}, str(file))


def validated(cls: type[ConfigT], data: dict[str, Any], source: str) -> ConfigT:
    """``data`` as ``cls``. Raises one SimfactorError with every bad entry."""
    try:
        return TypeAdapter(cls).validate_python(data)
    except ValidationError as error:
        lines = [_problem(cls, dict(problem)) for problem in error.errors()]
        raise SimfactorError("\n".join([f"{source}: {len(lines)} mistake(s)", *lines])) from error


def section_names(cls: Any) -> list[str]:
    """The keys a configuration class takes."""
    return [f.name for f in dataclasses.fields(cls)]


def _problem(cls: type, problem: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "unexpected_keyword_argument":
        owner: Any = cls
        for part in problem["loc"][:-1]:
            owner = _field_class(owner, part)
        names = section_names(owner) if owner is not None else []
        return f"  {where}: {unknown_name('key', problem['loc'][-1], names)}"
    return f"  {where}: {problem['msg']} (got {problem['input']!r})"


def _field_class(owner: Any, part: object) -> Any:
    """The configuration class of a field; for a table or list of them, the class of its entries."""
    if owner is None or not dataclasses.is_dataclass(owner):
        return owner
    kinds = {
        "train": Agent,
        "shifts": ShiftRanges,
        "augment": Augment,
        "image_augment": ImageAugment,
        "correlations": Correlation,
    }
    sections = {"world": World, "data": Data, "encoder": Encoder, "agents": Agents, "transfer": Transfer}
    return {**sections, **kinds}.get(str(part), owner)
