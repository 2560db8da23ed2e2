"""Files that are whole or absent: written under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simfactor.errors import SimfactorError

PARTIAL = ".partial"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file under a temporary name, then rename it."""
    with all_or_nothing([path]) as files:
        files[path].write(content)


def remove_partial(folder: Path) -> None:
    """Remove the temporary files that a killed process left."""
    for path in folder.glob(f"*{PARTIAL}"):
        path.unlink(missing_ok=True)


class HashedFile:
    """A temporary file that counts and hashes what is written; errors of the disk become SimfactorErrors."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = hashlib.sha256()
        self.count = 0
        with _explained(path.parent):
            self._file = path.open("wb", buffering=0)

    def write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data).cast("B")
        self.digest.update(rest)
        self.count += len(rest)
        with _explained(self.path.parent):
            while rest:  # an unbuffered write takes what fits, and fails at the next call
                rest = rest[self._file.write(rest) :]

    def sync(self) -> None:
        with _explained(self.path.parent):
            os.fsync(self._file.fileno())

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def all_or_nothing(paths: list[Path]) -> Iterator[dict[Path, HashedFile]]:
    """Files to write that get their final names together at the end, or are removed on any error."""
    files: dict[Path, HashedFile] = {}
    try:
        for path in paths:
            files[path] = HashedFile(path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}"))
        yield files
        for file in files.values():
            file.sync()
        with _explained(paths[0].parent):
            for path, file in files.items():
                file.path.replace(path)
    finally:
        for file in files.values():
            file.discard()


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SimfactorError(
            f"cannot write to {str(folder)!r}: {error.strerror or error}. "
            "What was finished is kept: make room there and run the same command again."
        ) from None
