"""CSV files with a header: read as a whole, and their mistakes named together, by line and column."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from simfactor.errors import SimfactorError

SHOWN = 20  # mistakes of a table that its error names


@dataclass(frozen=True)
class CsvTable:
    """Column names, and of every row its line number and its cells, without spaces around them."""

    path: Path
    header: tuple[str, ...]
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """The cells of a column, row by row."""
        place = self.header.index(name)
        return [row[place] for row in self.cells]


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


def read_csv(path: Path, row: str) -> CsvTable:
    """The table of a CSV file in UTF-8; ``row`` is what a line of it stands for.

    Raises SimfactorError for what is no CSV file, an empty one, column names that are empty or repeat, and
    rows of another length than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            table = [(reader.line_num, tuple(cell.strip() for cell in cells)) for cells in reader if cells]
    except OSError as error:
        raise SimfactorError(f"cannot read {str(path)!r}: {error.strerror}; give a CSV file.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SimfactorError(f"{path} is not a CSV file in UTF-8: {error}; save it as one.") from None
    if len(table) < 2:
        raise SimfactorError(f"{path} lists nothing; give a line of column names and one {row}.")
    header = table[0][1]
    if len(set(header)) != len(header) or "" in header:
        raise SimfactorError(f"{path}: column names {list(header)} must be distinct, and none empty.")
    for line, cells in table[1:]:
        if len(cells) != len(header):
            raise SimfactorError(
                f"{path}, line {line}: {len(cells)} values for {len(header)} columns ({', '.join(header)}); "
                "put values that have commas in quotes."
            )
    return CsvTable(
        path, header, tuple(line for line, _ in table[1:]), tuple(cells for _, cells in table[1:])
    )


def number(text: str) -> float | None:
    """The number that a cell holds; None for anything else."""
    try:
        return float(text)
    except ValueError:
        return None
