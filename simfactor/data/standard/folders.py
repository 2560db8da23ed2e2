"""Readers of the data sets that come as a folder of PNG files in lattice order: Isaac3D and Falcor3D."""

from __future__ import annotations

import os
from pathlib import Path

from simfactor.data.lattice import Lattice
from simfactor.data.standard import spaces
from simfactor.data.standard.archives import AGAIN, npy_array
from simfactor.data.standard.contents import Contents, Sizes, check_labels, folder_at, lattice_of
from simfactor.data.standard.pixels import FilePixels
from simfactor.errors import SimfactorError


def isaac3d(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """The folder ``Isaac3D_down128`` (Nie et al. 2020): ``images/000000.png`` .., ``labels.npy``."""
    return _folder(path, "labels.npy", lattice_of(spaces.ISAAC3D, sizes))


def falcor3d(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """The folder ``Falcor3D_down128`` (Nie et al. 2020): ``images/000000.png`` .., ``train-rec.labels``."""
    return _folder(path, "train-rec.labels", lattice_of(spaces.FALCOR3D, sizes))


def _folder(path: Path, labels: str, lattice: Lattice) -> Contents:
    images = folder_at(path, f"the folder `images` and the file `{labels}`") / "images"
    folder_at(images, "the images 000000.png ..")
    check_labels(path / labels, npy_array(path / labels), lattice)
    with os.scandir(images) as entries:
        found = sum(entry.name.endswith(".png") for entry in entries)
    if found != len(lattice):
        raise SimfactorError(
            f"{str(images)!r} has {found} .png files, but the lattice {lattice.sizes} of "
            f"{', '.join(lattice.space.names)} has {len(lattice)}. {AGAIN}"
        )
    return Contents(FilePixels(lambda i: images / f"{i:06d}.png"), lattice, None)
