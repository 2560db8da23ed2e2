"""A small disk cache of named arrays under the user's cache directory."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError

Arrays = dict[str, NDArray[Any]]


def cache_dir() -> Path:
    """``$XDG_CACHE_HOME/simfactor``, or ``~/.cache/simfactor``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simfactor"


def cached_arrays(name: str, build: Callable[[], Arrays]) -> Arrays:
    """The arrays stored as ``name``, or those of ``build()``, which are then stored.

    Processes may race: each writes its own file and renames it, so a reader sees all or nothing. A file that
    does not read back is built again. A directory that cannot be written costs the time of ``build`` only.
    """
    path = cache_dir() / f"{name}.npz"
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        pass  # not there yet, or damaged
    arrays = build()
    with contextlib.suppress(OSError, SimfactorError):
        _write(path, arrays)
    return arrays


def _write(path: Path, arrays: Arrays) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())
