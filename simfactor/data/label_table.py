"""A CSV file of labels: read as a whole, with every mistake named by line and column."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simfactor.csv_tables import CsvTable, Problems, number, read_csv
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Continuous, Factor, FactorSpace
from simfactor.factors.choices import encode_value
from simfactor.factors.space import Rows

UNKNOWN = math.nan  # in rows: the value is not known


@dataclass(frozen=True)
class LabelTable:
    """N files with their factor rows (N, K), and the line of the table that each comes from."""

    path: Path
    space: FactorSpace
    files: tuple[Path, ...]
    rows: Rows
    lines: tuple[int, ...]
    file_column: str


def unlabelled(folder: Path, files: tuple[Path, ...], space: FactorSpace) -> LabelTable:
    """The table of files of which nothing is known."""
    rows = np.full((len(files), len(space)), UNKNOWN)
    return LabelTable(folder, space, files, rows, tuple(range(1, len(files) + 1)), "file")


def read_labels(
    path: Path, folder: Path, space: FactorSpace | None, file_column: str, partial: bool = False
) -> LabelTable:
    """The table with its factors: those of ``space``, or all columns but the files'.

    With ``partial`` cells may be empty, and columns of ``space`` may be missing: those values are UNKNOWN.
    Raises one SimfactorError with every mistake.
    """
    table = read_csv(path, "a picture")
    names = _factor_names(table, space, file_column, partial)
    shown = [name for name in names if name in table.header]
    lines, files = table.lines, table.column(file_column)
    texts = {name: table.column(name) for name in shown}
    with Problems(path) as problems:
        if space is not None:
            _find_misspelt(table, set(names) - set(shown), {*names, file_column}, problems)
        _find_empty({file_column: files} if partial else {file_column: files, **texts}, lines, problems)
        paths = _files(files, folder, lines, file_column, problems)
    if space is None:
        with Problems(path) as problems:
            space = FactorSpace({n: _inferred(n, texts[n], lines, problems) for n in names}, "photographs")
    rows = np.full((len(lines), len(names)), UNKNOWN)
    with Problems(path) as problems:
        for name in shown:
            rows[:, names.index(name)] = _encoded(name, space[name], texts[name], lines, problems)
    return LabelTable(path, space, paths, rows, lines, file_column)


def _factor_names(
    table: CsvTable, space: FactorSpace | None, file_column: str, partial: bool
) -> tuple[str, ...]:
    """The factors that rows have, in column order."""
    names = tuple(n for n in table.header if n != file_column) if space is None else space.names
    needed = (file_column,) if partial else (file_column, *names)
    missing = [name for name in needed if name not in table.header]
    if missing or not names:
        raise SimfactorError(
            f"{table.path}: no column {', '.join(map(repr, missing)) or 'of labels'} in its first line; "
            f"the columns are {', '.join(map(repr, table.header))}."
        )
    return names


def _find_misspelt(table: CsvTable, missing: set[str], known: set[str], problems: Problems) -> None:
    """Columns that are no factor, but look like one that has no column: their labels would be lost."""
    for name in table.header:
        close = [] if name in known else difflib.get_close_matches(name, sorted(missing), n=1, cutoff=0.8)
        if close:
            problems.add(1, name, f"unknown factor {name!r}. Did you mean {close[0]!r}?")


def _find_empty(columns: dict[str, list[str]], lines: tuple[int, ...], problems: Problems) -> None:
    for name, texts in columns.items():
        for line, text in zip(lines, texts, strict=True):
            if not text:
                problems.add(line, name, "no value; fill it in, leave the line out, or give partial=True.")


def _files(
    names: list[str], folder: Path, lines: tuple[int, ...], column: str, problems: Problems
) -> tuple[Path, ...]:
    files = tuple(folder / name for name in names)
    first: dict[Path, int] = {}
    for line, name, file in zip(lines, names, files, strict=True):
        if name and not file.is_file():
            problems.add(line, column, f"there is no file {name!r} in {str(folder)!r}.")
        elif name and (before := first.setdefault(file.resolve(), line)) != line:
            problems.add(line, column, f"{name!r} is listed in line {before} already; keep one of them.")
    return files


def _inferred(name: str, texts: list[str], lines: tuple[int, ...], problems: Problems) -> Factor:
    """Continuous between the extremes of a column of numbers, Categorical with the names of one of text."""
    given = [(line, text, number(text)) for line, text in zip(lines, texts, strict=True) if text]
    if not given:
        problems.add(1, name, "no line has a value; leave the column out, or give `space`.")
        return Continuous(0, 0)
    if all(value is None for _, _, value in given):
        return Categorical(tuple(sorted({text for _, text, _ in given})))
    finite = []
    for line, text, value in given:
        if value is None or not math.isfinite(value):
            problems.add(
                line, name, f"{text!r} is no number, others of the column are; correct it or give `space`."
            )
        else:
            finite.append(value)
    return Continuous(min(finite, default=0), max(finite, default=0))


def _encoded(
    name: str, factor: Factor, texts: list[str], lines: tuple[int, ...], problems: Problems
) -> list[float]:
    values = []
    for line, text in zip(lines, texts, strict=True):
        value = None if isinstance(factor, Categorical) else number(text)
        try:
            values.append(encode_value(name, factor, text if value is None else value) if text else UNKNOWN)
        except SimfactorError as error:
            problems.add(line, name, error)
            values.append(UNKNOWN)
    return values
