"""One shard of a data set on disk: raw image arrays, a parquet table of factors, and their checksums.

Every file is written under a temporary name and renamed, so that a file with a final name is whole.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from simfactor.atomic import all_or_nothing
from simfactor.factors import Categorical, FactorSpace
from simfactor.frames import Images

BLOCK = 1 << 20
Floats: TypeAlias = NDArray[np.float64]
NOTHING: Mapping[str, ArrayLike] = MappingProxyType({})


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
    rows: Floats,
    keep: tuple[str, ...],
    parts: Iterable[Images],
    measured: Mapping[str, ArrayLike] = NOTHING,
) -> Shard:
    """Write rows (n, K) and the images that ``parts`` yields for them, in order, as shard ``number``.

    ``start`` is the index of the first image; ``measured`` are further columns of the table, name -> (n,),
    read once all images are there. Images go to disk part by part, so memory holds one part only.
    Nothing with a final name appears before all of it is written. Raises SimfactorError when the disk does
    not take it.
    """
    paths = {kind: folder / image_file(kind, number) for kind in keep}
    table = folder / factor_file(number)
    with all_or_nothing([*paths.values(), table]) as files:
        for images in parts:
            for kind, path in paths.items():
                array = np.ascontiguousarray(getattr(images, kind), KINDS[kind].dtype)
                if files[path].count == 0:
                    files[path].write(npy_header((len(rows), *array.shape[1:]), array.dtype))
                files[path].write(array.data)
        files[table].write(_parquet(space, start, rows, measured))
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


def read_measured(paths: Sequence[Path], drawn: FactorSpace) -> dict[str, Floats]:
    """The columns (N,) of all the tables, one after another, that are not factors of ``drawn``."""
    tables = [pq.read_table(path, use_threads=False) for path in paths]
    names = [name for name in tables[0].column_names if name != "index" and name not in drawn.names]
    return {
        name: np.concatenate([table.column(name).to_numpy().astype(np.float64) for table in tables])
        for name in names
    }


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


def npy_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """The head of an .npy file of an array of this shape, which follows it in C order."""
    buffer = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _parquet(space: FactorSpace, start: int, rows: Floats, measured: Mapping[str, ArrayLike]) -> bytes:
    columns: dict[str, pa.Array] = {"index": pa.array(np.arange(start, start + len(rows)))}
    for k, name in enumerate(space.names):
        factor = space[name]
        if isinstance(factor, Categorical):
            codes = pa.array(rows[:, k].astype(np.int32))
            columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(factor.values))
        else:
            columns[name] = pa.array(rows[:, k])
    columns |= {name: pa.array(np.asarray(values, np.float64)) for name, values in measured.items()}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()
