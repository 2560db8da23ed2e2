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
    MixturePart,
    RunConfig,
    ShiftRanges,
    Transfer,
    World,
)
from simfactor.errors import SimfactorError, unknown_name
from simfactor.ready import load_yaml, ready_names

LIKE = "like"  # key of a file: the ready configuration that it differs from

ConfigT = TypeVar("ConfigT")


def load_config(path: str | Path | None) -> RunConfig:
    """The configuration in a YAML file, or of a ready one by name (``quickstart``); None gives the defaults.

    A file may say that it is ``like`` a ready one, and then needs to say what differs only.
    Raises one SimfactorError that names every bad key and value by its path in the file.
    """
    if path is None:
        return RunConfig()
    data, file = load_yaml("configuration", path)
    return validated(RunConfig, _completed(data, file), str(file))


def _completed(data: Any, file: Path) -> dict[str, Any]:
    """What a file holds, and for what it leaves out, what the configuration holds that it is like."""
    if data is not None and not isinstance(data, dict):
        raise SimfactorError(f"{file} must hold a mapping of {', '.join(section_names(RunConfig))}.")
    given: dict[str, Any] = dict(data or {})
    name = given.pop(LIKE, None)
    if name is None:
        return given
    if name not in ready_names():
        raise SimfactorError(f"{file}: {unknown_name('ready configuration', name, ready_names())}")
    laid: dict[str, Any] = _laid_over(_completed(*load_yaml("configuration", name)), given)
    return laid


def _laid_over(base: Any, given: Any) -> Any:
    """What is given in place of ``base``; of two mappings, key by key."""
    if not (isinstance(base, dict) and isinstance(given, dict)):
        return given
    return base | {key: _laid_over(base.get(key), value) for key, value in given.items()}


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
        "mixture": MixturePart,
    }
    sections = {"world": World, "data": Data, "encoder": Encoder, "agents": Agents, "transfer": Transfer}
    return {**sections, **kinds}.get(str(part), owner)
