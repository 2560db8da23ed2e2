"""One shard of a data set on disk: raw image arrays, a parquet table of factors, and their checksums.

Every file is written under a temporary name and renamed, so that a file with a final name is whole.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, FactorSpace
from simfactor.frames import Images

PARTIAL = ".partial"
BLOCK = 1 << 20


class Channel(NamedTuple):
    """How one kind of image is stored: in ``<prefix>-00000.npy``, as ``dtype``."""

    prefix: str
    dtype: np.dtype
    pixel_bytes: int


KINDS: Mapping[str, Channel] = {
    "rgb": Channel("images", np.dtype(np.uint8), 3),
    "depth": Channel("depth", np.dtype(np.float32), 4),
    "segmentation": Channel("segmentation", np.dtype(np.int32), 8),
}


class File(NamedTuple):
    """What is known of a finished file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Shard:
    """A finished shard: how many images it has, and its files by name."""

    rows: int
    files: Mapping[str, File]


def image_file(kind: str, number: int) -> str:
    """The name of a shard's file of images (``kind``: rgb, depth or segmentation)."""
    return f"{KINDS[kind].prefix}-{number:05d}.npy"


def factor_file(number: int) -> str:
    """The name of a shard's table of factors."""
    return f"factors-{number:05d}.parquet"


def write_shard(
    folder: Path,
    number: int,
    space: FactorSpace,
    start: int,
    rows: NDArray[np.float64],
    keep: tuple[str, ...],
    parts: Iterable[Images],
) -> Shard:
    """Write rows (n, K) and the images that ``parts`` yields for them, in order, as shard ``number``.

    ``start`` is the index of the first image. Images go to disk part by part, so memory holds one part only.
    Nothing with a final name appears before all of it is written. Raises SimfactorError when the disk does
    not take it.
    """
    paths = {kind: folder / image_file(kind, number) for kind in keep}
    table = folder / factor_file(number)
    with _all_or_nothing([*paths.values(), table]) as files:
        for images in parts:
            for kind, path in paths.items():
                array = np.ascontiguousarray(getattr(images, kind), KINDS[kind].dtype)
                if files[path].count == 0:
                    files[path].write(_npy_header((len(rows), *array.shape[1:]), array.dtype))
                files[path].write(array.data)
        files[table].write(_parquet(space, start, rows))
    return Shard(len(rows), {path.name: File(f.count, f.digest.hexdigest()) for path, f in files.items()})


def read_factors(path: Path, space: FactorSpace) -> NDArray[np.float64]:
    """The rows (n, K) of one factor table, categorical values as indices into the factor's full list."""
    table = pq.read_table(path, columns=list(space.names), use_threads=False)
    columns = []
    for name in space.names:
        column, factor = table.column(name), space[name]
        if isinstance(factor, Categorical):
            column = pc.index_in(column.cast(pa.string()), value_set=pa.array(factor.values))
        columns.append(column.to_numpy().astype(np.float64))
    return np.stack(columns, axis=1)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def is_whole(folder: Path, shard: Shard) -> bool:
    """Whether every file of the shard is there with the recorded size and sha256."""
    return all(
        (path := folder / name).is_file() and path.stat().st_size == size and sha256_of(path) == sha256
        for name, (size, sha256) in shard.files.items()
    )


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file under a temporary name, then rename it."""
    with _all_or_nothing([path]) as files:
        files[path].write(content)


def remove_partial(folder: Path) -> None:
    """Remove the temporary files that a killed process left."""
    for path in folder.glob(f"*{PARTIAL}"):
        path.unlink(missing_ok=True)


class _HashedFile:
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
def _all_or_nothing(paths: list[Path]) -> Iterator[dict[Path, _HashedFile]]:
    """Files to write that get their final names together at the end, or are removed on any error."""
    files: dict[Path, _HashedFile] = {}
    try:
        for path in paths:
            files[path] = _HashedFile(path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}"))
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


def _npy_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    buffer = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _parquet(space: FactorSpace, start: int, rows: NDArray[np.float64]) -> bytes:
    columns: dict[str, pa.Array] = {"index": pa.array(np.arange(start, start + len(rows)))}
    for k, name in enumerate(space.names):
        factor = space[name]
        if isinstance(factor, Categorical):
            codes = pa.array(rows[:, k].astype(np.int32))
            columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(factor.values))
        else:
            columns[name] = pa.array(rows[:, k])
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()
