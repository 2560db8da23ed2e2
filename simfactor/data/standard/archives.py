"""Arrays inside published archives as memory maps; what is compressed is unpacked once, beside it."""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.atomic import HashedFile, all_or_nothing
from simfactor.errors import SimfactorError, unknown_name

BLOCK = 1 << 22
# what zipfile, zlib, gzip, tarfile and NumPy raise for damaged bytes, found by damaging some at random
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
AGAIN = "Download it again, or give the file that the data set's authors publish."
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
Write = Callable[[Callable[[bytes | memoryview], None]], None]


@contextmanager
def readable(path: Path, what: str) -> Iterator[None]:
    """Errors of reading ``path`` from inside become SimfactorErrors that say it is missing or damaged."""
    if not path.is_file():
        raise SimfactorError(f"there is no file {str(path)!r}; it should be {what}.")
    try:
        yield
    except SimfactorError:
        raise
    except BROKEN as error:
        raise SimfactorError(f"{str(path)!r} is damaged or not {what} ({error}). {AGAIN}") from error


def npz_images(path: Path, key: str, count: int, cache: Path | None) -> NDArray[np.uint8]:
    """The member ``key`` of an .npz archive as a map of ``count`` images (N, H, W) or (N, H, W, 3) uint8.

    A stored member is mapped where it is, its CRC unchecked. A compressed one is unpacked once, into
    ``<archive>.<key>.npy`` in ``cache`` (default: the archive's folder), with a progress bar; its CRC is
    checked then.
    """
    with readable(path, "an .npz archive"), zipfile.ZipFile(path) as archive:
        member = _member(path, archive, key)
        with archive.open(member) as file:
            shape, _, dtype = _header(file)
        check_images(path, shape, dtype, count)
        if member.compress_type == zipfile.ZIP_STORED:
            return _mapped(path, _start(path, member))

        def write(out: Callable[[bytes], None]) -> None:
            with archive.open(member) as file:
                while block := file.read(BLOCK):
                    out(block)

        target = (cache or path.parent) / f"{path.name}.{key}.npy"
        unpack(target, [path], member.file_size, write)
    return unpacked(target, shape)


def npz_array(path: Path, key: str) -> NDArray[Any]:
    """The whole member ``key`` of an .npz archive. Pickled members are refused, never executed."""
    with readable(path, "an .npz archive"), zipfile.ZipFile(path) as archive:
        member = _member(path, archive, key)
        with archive.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


def npy_array(path: Path) -> NDArray[Any]:
    """The array of an .npy file under any name. Pickled arrays are refused."""
    with readable(path, "an array as numpy.save writes it"):
        return np.asarray(np.load(path, allow_pickle=False))


def check_images(path: Path, shape: Sequence[int], dtype: np.dtype, count: int) -> None:
    """Raises SimfactorError unless shape and dtype are those of ``count`` square images, grey or RGB."""
    square = len(shape) in (3, 4) and shape[1] == shape[2] and tuple(shape[3:]) in ((), (3,))
    if not square or dtype != np.uint8:
        raise SimfactorError(
            f"{str(path)!r} holds images {tuple(shape)} of {dtype}; needed are (N, S, S) or (N, S, S, 3) of "
            f"uint8. {AGAIN}"
        )
    if shape[0] != count:
        raise SimfactorError(
            f"{str(path)!r} holds {shape[0]} images, but the lattice of its factors has {count}. If it is "
            "another data set give its name, if it is a part of this one give the levels of every factor in "
            "it: `sizes=(...)`."
        )


def unpack(target: Path, sources: Sequence[Path], size: int, write: Write) -> None:
    """Let ``write`` make ``target`` (about ``size`` bytes), unless it is there and newer than its sources."""
    if target.is_file() and target.stat().st_mtime >= max(source.stat().st_mtime for source in sources):
        return
    folder = target.parent
    if not os.access(folder, os.W_OK):
        raise SimfactorError(
            f"{str(sources[0])!r} has to be unpacked once, but {str(folder)!r} is no folder that can be "
            "written to; give one with `cache=`."
        )
    free = shutil.disk_usage(folder).free
    if size > free:
        raise SimfactorError(
            f"unpacking {str(sources[0])!r} needs {size / 1e6:,.1f} MB in {str(folder)!r}, where "
            f"{free / 1e6:,.1f} MB are free; make room or give another folder with `cache=`."
        )
    bar = tqdm(total=size, unit="B", unit_scale=True, desc=f"unpacking {target.name}", disable=None)
    with bar, all_or_nothing([target]) as files:
        write(_counted(files[target], bar))


def unpacked(target: Path, shape: Sequence[int]) -> NDArray[np.uint8]:
    """The map of an unpacked array. Raises SimfactorError when it has another shape than its source."""
    with readable(target, "an unpacked array"):
        array = _mapped(target, 0)
    if array.shape != tuple(shape):
        raise SimfactorError(
            f"{str(target)!r} was not unpacked from this archive: its shape is {array.shape}, not "
            f"{tuple(shape)}. Delete it; it is made again."
        )
    return array


def _counted(file: HashedFile, bar: tqdm[Any]) -> Callable[[bytes | memoryview], None]:
    def write(data: bytes | memoryview) -> None:
        file.write(data)
        bar.update(memoryview(data).nbytes)

    return write


def _member(path: Path, archive: zipfile.ZipFile, key: str) -> zipfile.ZipInfo:
    names = archive.namelist()
    if f"{key}.npy" not in names:
        held = ", ".join(name.removesuffix(".npy") for name in names)
        raise SimfactorError(f"{str(path)!r} has no array {key!r}, only {held or 'nothing'}. {AGAIN}")
    return archive.getinfo(f"{key}.npy")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise unknown_name("version of the .npy format", version, map(str, HEADERS))
    return HEADERS[version](file)


def _start(path: Path, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a stored member begin: behind its local header of 30 bytes, its name, its extras."""
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)
        name, extra = np.frombuffer(file.read(4), "<u2")
    return member.header_offset + 30 + int(name) + int(extra)


def _mapped(path: Path, start: int) -> NDArray[np.uint8]:
    """The array of the .npy file that begins at byte ``start`` of ``path``, mapped."""
    with path.open("rb") as file:
        file.seek(start)
        shape, fortran, dtype = _header(file)
        offset = file.tell()
    return np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C").view(np.ndarray)
