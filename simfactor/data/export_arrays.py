"""Exports that are one file of arrays: npz in the layout of dSprites, HDF5 in that of Shapes3D."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from simfactor.data.selection import BINS, Selection
from simfactor.data.shards import npy_header
from simfactor.factors import Categorical

EPOCH = (1980, 1, 1, 0, 0, 0)  # the date of every entry: the same images make the same file


def write_npz(path: Path, chosen: Selection) -> None:
    """``imgs`` (N, H, W, 3) uint8, ``latents_values`` (N, K) float64, ``latents_classes`` (N, K) int64.

    Keys are those of dSprites (deepmind/dsprites-dataset), but ``metadata`` is JSON text, not a pickle:
    ``json.loads(str(file["metadata"]))``. Categorical values are numbers into the factor's list of values.
    """
    about = {
        **chosen.about(),
        "latents_names": list(chosen.space.names),
        "latents_sizes": chosen.sizes,
        "latents_possible_values": _possible_values(chosen),
    }
    with zipfile.ZipFile(path, "w") as archive:
        with _entry(archive, "imgs") as file:
            file.write(npy_header(chosen.shape, np.dtype(np.uint8)))
            for _, images in chosen.blocks():
                file.write(np.ascontiguousarray(images).data)
        arrays = {
            "latents_values": chosen.rows,
            "latents_classes": chosen.space.classes(chosen.rows, BINS),
            "metadata": np.array(json.dumps(about)),
        }
        for name, array in arrays.items():
            with _entry(archive, name) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def about_npz(path: Path) -> str | None:
    """The metadata of an npz export; None if the file has none."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return None
    try:
        with np.load(path) as file:
            return str(file["metadata"]) if "metadata" in file else None
    except ValueError:  # a pickle: the metadata of dSprites itself
        return None


def write_h5(path: Path, chosen: Selection) -> None:
    """``images`` (N, H, W, 3) uint8 and ``labels`` (N, K) float64, the datasets of Shapes3D.

    Images are stored contiguously, so that readers may map them. Attributes: ``factor_names`` of ``labels``,
    and ``metadata`` of the file, as JSON text.
    """
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["metadata"] = json.dumps(chosen.about())
        stored = file.create_dataset("images", chosen.shape, np.uint8)
        for start, images in chosen.blocks():
            stored[start : start + len(images)] = images
        labels = file.create_dataset("labels", data=chosen.rows)
        labels.attrs["factor_names"] = list(chosen.space.names)


def about_h5(path: Path) -> str | None:
    """The metadata of an HDF5 export; None if the file has none."""
    import h5py

    if not path.is_file() or not h5py.is_hdf5(path):
        return None
    with h5py.File(path, "r") as file:
        about = file.attrs.get("metadata")
    return about if isinstance(about, str) else None


@contextmanager
def _entry(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    info = zipfile.ZipInfo(f"{name}.npy", EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as file:
        yield file


def _possible_values(chosen: Selection) -> dict[str, Any]:
    """The values of the classes: names, or numbers; None for a factor without levels."""
    values: dict[str, Any] = {}
    for name, factor in chosen.space.factors.items():
        if isinstance(factor, Categorical):
            values[name] = list(factor.values)
        else:
            values[name] = None if factor.levels is None else factor.grid().tolist()
    return values
