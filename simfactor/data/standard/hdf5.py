"""Arrays inside HDF5 files, with h5py, which comes with the ``formats`` extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.data.shards import npy_header
from simfactor.data.standard.archives import AGAIN, check_images, readable, unpack, unpacked
from simfactor.errors import SimfactorError

ROWS = 1024  # images read at once where the file is not chunked


def h5_images(path: Path, key: str, count: int, cache: Path | None) -> NDArray[np.uint8]:
    """The dataset ``key`` as a map of ``count`` images (N, H, W, 3) uint8.

    A contiguous dataset is mapped where it is. A chunked one is unpacked once, into ``<file>.<key>.npy`` in
    ``cache`` (default: the file's folder): chunks span thousands of images, so that reading one image at
    random unpacks them all.
    """
    with _dataset(path, key) as dataset:
        shape = dataset.shape
        check_images(path, shape, dataset.dtype, count)
        start = dataset.id.get_offset()
        if start is not None:
            return np.memmap(path, np.uint8, "r", start, shape).view(np.ndarray)

        def write(out: Callable[[bytes | memoryview], None]) -> None:
            rows = dataset.chunks[0] if dataset.chunks else ROWS
            out(npy_header(shape, np.dtype(np.uint8)))
            for first in range(0, count, rows):
                out(np.ascontiguousarray(dataset[first : first + rows]).data)

        target = (cache or path.parent) / f"{path.name}.{key}.npy"
        unpack(target, [path], int(np.prod(shape)), write)
    return unpacked(target, shape)


def h5_array(path: Path, key: str) -> NDArray[Any]:
    """The whole dataset ``key``."""
    with _dataset(path, key) as dataset:
        return np.asarray(dataset[()])


@contextmanager
def _dataset(path: Path, key: str) -> Iterator[Any]:
    try:
        import h5py
    except ImportError:
        raise SimfactorError(
            f"reading {str(path)!r} needs h5py; install it with `pip install 'simfactor[formats]'`."
        ) from None
    with readable(path, "an HDF5 file"), h5py.File(path, "r") as file:
        if not isinstance(file.get(key), h5py.Dataset):
            raise SimfactorError(f"{str(path)!r} has no dataset {key!r}, only {', '.join(file)}. {AGAIN}")
        yield file[key]
