"""Curves of a training for TensorBoard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any

from simfactor.errors import SimfactorError

Record = Mapping[str, Any]


class Curves:
    """Event files in a folder, with a point an epoch of every number in the history's records.

    They are begun anew from the ``history`` that a resumed training brings: no epoch is there twice.
    Raises SimfactorError without the package of the extra ``tensorboard``.
    """

    def __init__(self, folder: Path, history: Sequence[Record]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError as error:
            raise SimfactorError(
                f"tensorboard=True needs a package that is not installed ({error.name}); run pip install "
                "'simfactor[tensorboard]', or leave it out: history.jsonl has the same numbers."
            ) from error
        shutil.rmtree(folder, ignore_errors=True)
        self._writer = SummaryWriter(str(folder))
        for record in history:
            self.add(record)

    def add(self, record: Record) -> None:
        """A point on every curve, at the epoch of the record."""
        for name, value in _numbers(record):
            if name != "epoch":
                self._writer.add_scalar(name, value, record["epoch"])
        self._writer.flush()

    def __enter__(self) -> Curves:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._writer.close()


def curves_or_nothing(
    wanted: bool, folder: Path, history: Sequence[Record]
) -> AbstractContextManager[Curves | None]:
    """Curves where they are wanted."""
    return Curves(folder, history) if wanted else nullcontext()


def _numbers(record: Record, prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", float(value)
