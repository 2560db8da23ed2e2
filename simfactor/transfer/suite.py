"""Suites of shifts: ladders, each of which moves few factors further and further, and ladders combined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.ready import load_yaml
from simfactor.transfer.domain import Rung, Shift

SECTIONS = ("ladders", "combined")


@dataclass(frozen=True)
class Suite:
    """Shifts by ladder.

    ladders: name -> rungs; rung k (severity k + 1) maps factors to the ranges that replace the policy's.
    combined: name -> names of ladders that are climbed together, as far as the shortest of them goes.

    Raises SimfactorError for a ladder without rungs, a rung without factors, a combination of fewer than two
    ladders, of unknown ones, or of ladders that move the same factor.
    """

    ladders: Mapping[str, tuple[Mapping[str, Any], ...]]
    combined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rungs in self.ladders.items():
            if not rungs or not all(rungs):
                raise SimfactorError(f"ladder {name!r} needs rungs, and each of them at least one factor.")
        for name, parts in self.combined.items():
            self._check_combination(name, parts)

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Every rung as a shift, named ``ladder-severity``: ladders first, then what is combined."""
        alone = [
            Shift(f"{name}-{k}", rung, rung=Rung(name, k))
            for name, rungs in self.ladders.items()
            for k, rung in enumerate(rungs, start=1)
        ]
        together = [
            Shift(f"{name}-{k}", _merged(rungs), rung=Rung(name, k, parts))
            for name, parts in self.combined.items()
            for k, rungs in enumerate(zip(*(self.ladders[part] for part in parts), strict=False), start=1)
        ]
        return (*alone, *together)

    def _check_combination(self, name: str, parts: tuple[str, ...]) -> None:
        if name in self.ladders:
            raise SimfactorError(f"{name!r} names a ladder and a combination; give the combination another.")
        if len(set(parts)) < 2 or len(set(parts)) < len(parts):
            raise SimfactorError(
                f"combination {name!r} of {list(parts)} needs two or more different ladders."
            )
        for part in parts:
            if part not in self.ladders:
                raise unknown_name(f"ladder in combination {name!r}", part, self.ladders)
        factors = [{factor for rung in self.ladders[part] for factor in rung} for part in parts]
        shared = {factor for mine in factors for factor in mine if sum(factor in f for f in factors) > 1}
        if shared:
            raise SimfactorError(
                f"combination {name!r}: {', '.join(sorted(shared))} would be moved by two of its ladders; "
                "combine ladders of different factors."
            )


def load_suite(source: str | Path) -> Suite:
    """A ready suite by name (``tabletop``), or that of a YAML file with ``ladders`` and, maybe, ``combined``.

    Raises SimfactorError for a name or file that does not exist, and for content that is no suite.
    """
    data, path = load_yaml("suite of shifts", source, "shifts")
    with naming(str(path)):
        return _parsed(data)


def _parsed(data: Any) -> Suite:
    if not isinstance(data, dict) or not isinstance(data.get("ladders"), dict):
        raise SimfactorError("a suite maps `ladders` to names, each with a list of rungs.")
    for section in data:
        if section not in SECTIONS:
            raise unknown_name("section of a suite", str(section), SECTIONS)
    for name, rungs in data["ladders"].items():
        if not isinstance(rungs, list) or not all(isinstance(rung, dict) for rung in rungs):
            raise SimfactorError(
                f"ladder {name!r} must be a list of rungs such as {{light_azimuth: [30, 75]}}."
            )
    combined = data.get("combined") or {}
    if not isinstance(combined, dict) or not all(isinstance(parts, list) for parts in combined.values()):
        raise SimfactorError("`combined` maps names to lists of ladders, as in both: [light, texture].")
    return Suite(
        {str(name): tuple(rungs) for name, rungs in data["ladders"].items()},
        {str(name): tuple(map(str, parts)) for name, parts in combined.items()},
    )


def _merged(rungs: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    return {factor: ranges for rung in rungs for factor, ranges in rung.items()}
