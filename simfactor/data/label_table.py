"""A CSV file of labels: read as a whole, with every mistake named by line and column."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Continuous, Factor, FactorSpace
from simfactor.factors.choices import encode_value
from simfactor.factors.space import Rows

SHOWN = 20  # mistakes of a table that its error names


@dataclass(frozen=True)
class LabelTable:
    """N files with their factor rows (N, K), and the line of the table that each comes from."""

    path: Path
    space: FactorSpace
    files: tuple[Path, ...]
    rows: Rows
    lines: tuple[int, ...]
    file_column: str


class Problems:
    """Mistakes of a table; leaving the block raises one SimfactorError with those that were added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[str] = []

    def add(self, line: int, column: str, text: object) -> None:
        """One more mistake."""
        self._found.append(f"  line {line}, column {column!r}: {text}")

    def __enter__(self) -> Problems:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._found:
            more = [f"  and {len(self._found) - SHOWN} more"] if len(self._found) > SHOWN else []
            title = f"{self._path}: {len(self._found)} mistake(s)"
            raise SimfactorError("\n".join([title, *self._found[:SHOWN], *more]))


def read_labels(path: Path, folder: Path, space: FactorSpace | None, file_column: str) -> LabelTable:
    """The table with its factors: those of ``space``, or all columns but the files'.

    Raises one SimfactorError with every mistake.
    """
    header, lines, cells = _read(path)
    names = [name for name in header if name != file_column] if space is None else list(space.names)
    missing = [name for name in (file_column, *names) if name not in header]
    if missing or not names:
        raise SimfactorError(
            f"{path}: no column {', '.join(map(repr, missing)) or 'of labels'} in its first line; "
            f"the columns are {', '.join(map(repr, header))}."
        )
    columns = {name: [row[header.index(name)] for row in cells] for name in (file_column, *names)}
    texts = {name: columns[name] for name in names}
    with Problems(path) as problems:
        _find_empty(columns, lines, problems)
        files = _files(columns[file_column], folder, lines, file_column, problems)
    if space is None:
        with Problems(path) as problems:
            space = FactorSpace({n: _inferred(n, texts[n], lines, problems) for n in names}, "photographs")
    with Problems(path) as problems:
        rows = [_encoded(n, space[n], texts[n], lines, problems) for n in names]
    return LabelTable(path, space, files, np.stack(rows, axis=1), tuple(lines), file_column)


def _read(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """Column names, and of every row its line number and cells."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            table = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except OSError as error:
        raise SimfactorError(f"cannot read {str(path)!r}: {error.strerror}; give a CSV file.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SimfactorError(f"{path} is not a CSV file in UTF-8: {error}; save it as one.") from None
    if len(table) < 2:
        raise SimfactorError(f"{path} lists nothing; give a line of column names and one a picture.")
    header = table[0][1]
    if len(set(header)) != len(header) or "" in header:
        raise SimfactorError(f"{path}: column names {header} must be distinct, and none empty.")
    for line, row in table[1:]:
        if len(row) != len(header):
            raise SimfactorError(
                f"{path}, line {line}: {len(row)} values for {len(header)} columns ({', '.join(header)}); "
                "put values that have commas in quotes."
            )
    return header, [line for line, _ in table[1:]], [row for _, row in table[1:]]


def _find_empty(columns: dict[str, list[str]], lines: list[int], problems: Problems) -> None:
    for name, texts in columns.items():
        for line, text in zip(lines, texts, strict=True):
            if not text:
                problems.add(line, name, "no value; fill it in, or leave the line out.")


def _files(
    names: list[str], folder: Path, lines: list[int], column: str, problems: Problems
) -> tuple[Path, ...]:
    files = tuple(folder / name for name in names)
    first: dict[Path, int] = {}
    for line, name, file in zip(lines, names, files, strict=True):
        if name and not file.is_file():
            problems.add(line, column, f"there is no file {name!r} in {str(folder)!r}.")
        elif name and (before := first.setdefault(file.resolve(), line)) != line:
            problems.add(line, column, f"{name!r} is listed in line {before} already; keep one of them.")
    return files


def _inferred(name: str, texts: list[str], lines: list[int], problems: Problems) -> Factor:
    """Continuous between the extremes of a column of numbers, Categorical with the names of one of text."""
    numbers = [_number(text) for text in texts]
    if all(number is None for number in numbers):
        return Categorical(tuple(sorted(set(texts))))
    finite = []
    for line, text, number in zip(lines, texts, numbers, strict=True):
        if number is None or not math.isfinite(number):
            problems.add(
                line, name, f"{text!r} is no number, others of the column are; correct it or give `space`."
            )
        else:
            finite.append(number)
    return Continuous(min(finite, default=0), max(finite, default=0))


def _encoded(
    name: str, factor: Factor, texts: list[str], lines: list[int], problems: Problems
) -> list[float]:
    values = []
    for line, text in zip(lines, texts, strict=True):
        number = None if isinstance(factor, Categorical) else _number(text)
        try:
            values.append(encode_value(name, factor, text if number is None else number))
        except SimfactorError as error:
            problems.add(line, name, error)
            values.append(math.nan)
    return values


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
