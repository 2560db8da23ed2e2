"""Trials of policies on a robot and in simulation, from a CSV file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.csv_tables import CsvTable, Problems, number, read_csv
from simfactor.errors import SimfactorError, unknown_name

Array = NDArray[np.float64]

DOMAINS = ("real", "sim")
OUTCOMES = ("success", "score")
SYNONYMS = {"condition": "task", "seed": "trial"}
SUCCESS = {"1": 1.0, "true": 1.0, "0": 0.0, "false": 0.0}


class Cell(NamedTuple):
    """The outcomes of one policy in one task, (n,) real and (m,) simulated.

    ``paired``: both domains have the same trials, and entry e of both is the same one.
    """

    real: Array
    sim: Array
    paired: bool


@dataclass(frozen=True)
class Trials:
    """Outcomes by task and policy: those tested in both domains, in the order of the file.

    ``left_out`` names the policies and tasks tested in one domain only, ``outcome`` is success (0 or 1) or
    score (any number, the more the better).
    """

    cells: Mapping[str, Mapping[str, Cell]]  # task -> policy -> outcomes
    outcome: str
    left_out: tuple[tuple[str, str], ...]  # task, policy

    @property
    def policies(self) -> tuple[str, ...]:
        """All that have trials of both kinds in any task."""
        return tuple(dict.fromkeys(policy for cells in self.cells.values() for policy in cells))


def read_trials(path: str | Path) -> Trials:
    """The trials of a CSV file, a line each.

    Columns: ``policy``; ``task`` (or ``condition``); ``domain``, real or sim; ``trial`` (or ``seed``), its
    number or name, the same in both domains where both had the same start; and ``success`` (0, 1, true,
    false) or ``score``.

    Raises SimfactorError for other columns; with every mistake by line and column, for a cell that is empty
    or makes no sense and a trial that is there twice; and unless two policies or more have trials in both
    domains of one task.
    """
    table = read_csv(Path(path), "a trial")
    names = _columns(table)
    outcome = next(name for name in OUTCOMES if name in names)
    found: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    columns = zip(
        *(table.column(names[n]) for n in ("policy", "task", "domain", "trial", outcome)), strict=True
    )
    with Problems(table.path) as problems:
        for line, (policy, task, domain, trial, text) in zip(table.lines, columns, strict=True):
            for name, cell in (("policy", policy), ("task", task), ("trial", trial)):
                if not cell:
                    problems.add(line, names[name], "no value; fill it in, or leave the line out.")
            if domain not in DOMAINS:
                problems.add(line, names["domain"], unknown_name("domain", domain, DOMAINS))
            value = _outcome(outcome, text)
            if value is None:
                allowed = "0, 1, true or false" if outcome == "success" else "a finite number"
                problems.add(line, outcome, f"{text!r} must be {allowed}.")
            own = found.setdefault((task, policy), {}).setdefault(domain, {})
            if trial in own:
                problems.add(
                    line,
                    names["trial"],
                    f"trial {trial!r} of policy {policy!r} in task {task!r}, {domain}, is there already; "
                    "give every trial its own number.",
                )
            own[trial] = math.nan if value is None else value
    return _checked(table.path, found, outcome)


def _columns(table: CsvTable) -> dict[str, str]:
    """What a column means -> its name in the file. Raises SimfactorError for columns that are not known."""
    allowed = ("policy", "task", "domain", "trial", *OUTCOMES)
    names: dict[str, str] = {}
    for name in table.header:
        meaning = SYNONYMS.get(name, name)
        if meaning not in allowed:
            raise SimfactorError(f"{table.path}: {unknown_name('column', name, [*allowed, *SYNONYMS])}")
        if meaning in names:
            raise SimfactorError(
                f"{table.path}: columns {names[meaning]!r} and {name!r} mean the same; keep one."
            )
        names[meaning] = name
    missing = [name for name in allowed[:4] if name not in names]
    if missing:
        raise SimfactorError(
            f"{table.path}: no column {', '.join(map(repr, missing))}; the columns are "
            f"{', '.join(table.header)}."
        )
    if sum(name in names for name in OUTCOMES) != 1:
        raise SimfactorError(f"{table.path}: give one column of outcomes, success or score.")
    return names


def _outcome(kind: str, text: str) -> float | None:
    if kind == "success":
        return SUCCESS.get(text.lower())
    value = number(text)
    return value if value is not None and math.isfinite(value) else None


def _checked(
    path: Path, found: Mapping[tuple[str, str], Mapping[str, Mapping[str, float]]], outcome: str
) -> Trials:
    cells: dict[str, dict[str, Cell]] = {}
    left_out = []
    for (task, policy), domains in found.items():
        if len(domains) == len(DOMAINS):
            cells.setdefault(task, {})[policy] = _cell(domains["real"], domains["sim"])
        else:
            left_out.append((task, policy))
    trials = Trials(cells, outcome, tuple(left_out))
    if not cells:
        raise SimfactorError(
            f"{path}: no policy has both real and simulated trials of one task, so nothing can be compared; "
            "names must be written alike in both domains."
        )
    if max(map(len, cells.values())) < 2:
        raise SimfactorError(
            f"{path}: no task has real and simulated trials of more than one policy "
            f"({trials.policies[0]!r}); r and MMRV compare policies: give two or more."
        )
    return trials


def _cell(real: Mapping[str, float], sim: Mapping[str, float]) -> Cell:
    paired = real.keys() == sim.keys()
    order = {domain: list(real) if paired else list(own) for domain, own in (("real", real), ("sim", sim))}
    values = {"real": [real[t] for t in order["real"]], "sim": [sim[t] for t in order["sim"]]}
    return Cell(np.array(values["real"]), np.array(values["sim"]), paired)
