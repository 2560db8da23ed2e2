"""Writing images and labels in the formats that others read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from numpy.typing import ArrayLike
from tqdm import tqdm

from simfactor.atomic import PARTIAL
from simfactor.data.export_arrays import about_h5, about_npz, write_h5, write_npz
from simfactor.data.export_records import about_folder, write_huggingface, write_webdataset
from simfactor.data.selection import MAKER, Selection
from simfactor.data.source import ImageSource, chosen_indices
from simfactor.errors import SimfactorError, unknown_name


class Format(NamedTuple):
    """How a format is written, how an export of ours is known again, and the package it takes."""

    write: Callable[[Path, Selection], None]
    about: Callable[[Path], str | None]
    package: str | None = None
    extra: str | None = None


FORMATS: Mapping[str, Format] = {
    "npz": Format(write_npz, about_npz),
    "h5": Format(write_h5, about_h5, "h5py", "formats"),
    "webdataset": Format(write_webdataset, about_folder),
    "huggingface": Format(write_huggingface, about_folder, "datasets", "hub"),
}


def export(
    source: ImageSource,
    out: str | Path,
    format: str = "npz",
    indices: ArrayLike | slice | None = None,
    progress: bool = True,
) -> Path:
    """Write images and factors for other programs; returns the path written.

    ``npz`` has the keys of dSprites and ``h5`` the datasets of Shapes3D, each one file; ``webdataset`` is a
    folder of tar shards, ``huggingface`` a folder for ``datasets.load_from_disk``. All of them carry the
    factor space as JSON. Only a block of images is in memory at a time. What is written appears under its
    name when it is whole, and takes the place of an earlier export, but of nothing else.

    Args:
        source: a :class:`FactorDataset` or anything that reads like one.
        out: the file or folder to write.
        format: one of :data:`FORMATS`.
        indices: which images, in which order (default: all).
        progress: show a bar on terminals.

    Raises SimfactorError for an unknown format, a package that is not installed, no image, unknown
    labels, when something else stands at ``out``, or when the disk does not take it.
    """
    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS)
    chosen, path = chosen_indices(len(source), indices), Path(out)
    _check_package(format)
    if not len(chosen):
        raise SimfactorError("indices choose no image; give at least one.")
    _check_place(path, format)
    source.space.check(source.factors(chosen))
    bar = tqdm(total=len(chosen), unit=" images", disable=None if progress else True)
    with bar, _staged(path) as temporary:
        FORMATS[format].write(temporary, Selection(source, chosen, bar))
    return path


def _check_package(format: str) -> None:
    package, extra = FORMATS[format].package, FORMATS[format].extra
    if package is not None and find_spec(package) is None:
        raise SimfactorError(
            f"format {format!r} needs {package}; install it with `pip install 'simfactor[{extra}]'`."
        )


def _check_place(path: Path, format: str) -> None:
    if path.exists() and not _is_export(FORMATS[format].about(path)):
        raise SimfactorError(
            f"{str(path)!r} exists and is no export in format {format!r}; choose another path, or delete it."
        )


def _is_export(about: str | None) -> bool:
    try:
        content = json.loads(about or "null")
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("made_by") == MAKER


@contextmanager
def _staged(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its name at the end, or is removed on any error."""
    temporary = path.with_name(f"{path.name}{PARTIAL}")
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(temporary)  # what a killed process left
    try:
        with _explained(path):
            yield temporary
            if path.is_dir():
                shutil.rmtree(path)  # a folder does not give way to another
            temporary.replace(path)
    finally:
        _remove(temporary)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SimfactorError(
            f"cannot write {str(path)!r}: {error.strerror or error}; make room, or choose another path."
        ) from None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
