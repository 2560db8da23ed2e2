"""Readers of the two data sets that were made for MATLAB and Lush: Cars3D and SmallNORB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.data.lattice import Lattice
from simfactor.data.shards import npy_header
from simfactor.data.standard import spaces
from simfactor.data.standard.archives import AGAIN, readable, unpack, unpacked
from simfactor.data.standard.contents import Contents, Sizes, folder_at, lattice_of
from simfactor.data.standard.pixels import ArrayPixels
from simfactor.errors import SimfactorError

NORB_FILES = ("smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing")
NORB_TYPES = {0x1E3D4C55: "u1", 0x1E3D4C54: "<i4", 0x1E3D4C51: "<f4", 0x1E3D4C53: "<f8", 0x1E3D4C56: "<i2"}


def cars3d(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """The folder ``cars`` of ``nips2015-analogy-data.tar.gz`` (Reed et al. 2015): a .mat file each car.

    Each has ``im`` (128, 128, 3, azimuth, elevation) uint8. Cars are numbered as ``list.txt`` lists them, or
    by name without it. All are unpacked once, into ``cars3d.images.npy``.
    """
    lattice = lattice_of(spaces.CARS3D, sizes)
    elevations, azimuths, cars = lattice.sizes
    files = _car_files(folder_at(path, "the car_*.mat files of Cars3D"))
    if len(files) != cars:
        raise SimfactorError(
            f"{str(path)!r} has {len(files)} .mat files, but the data set has {cars} cars. {AGAIN}"
        )
    views = (azimuths, elevations)
    size = _car(files[0], views, None).shape[1]
    shape = (len(lattice), size, size, 3)

    def write(out: Callable[[bytes | memoryview], None]) -> None:
        out(npy_header(shape, np.dtype(np.uint8)))
        for file in files:
            out(_car(file, views, size).data)

    target = (cache or path) / "cars3d.images.npy"
    unpack(target, files, int(np.prod(shape)), write)
    elevation, azimuth, car = lattice.codes(np.arange(len(lattice))).T
    order = (car * elevations + elevation) * azimuths + azimuth
    return Contents(ArrayPixels([unpacked(target, shape)], order), lattice, None)


def smallnorb(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """The folder with the six unzipped ``smallnorb-5x*.mat`` files (LeCun, Huang and Bottou 2004).

    Training and test set together are a lattice once they are sorted: 5 categories, 10 instances of each, 9
    elevations, 18 azimuths, 6 lightings. Of each stereo pair the first camera's image is given, in grey.
    (disentanglement_lib leaves the instance out of the factors; here `space.select` does.)
    """
    lattice = lattice_of(spaces.SMALLNORB, sizes)
    folder_at(path, "the six smallnorb-*.mat files, unzipped")
    stems = [path / name for name in NORB_FILES]
    images = [_norb_images(_with(stem, "-dat.mat")) for stem in stems]
    labels = [_norb_labels(stem, len(part)) for stem, part in zip(stems, images, strict=True)]
    order = _sorted(path, np.concatenate(labels), lattice)
    return Contents(ArrayPixels(images, order), lattice, None)


def _car_files(folder: Path) -> list[Path]:
    listing = folder / "list.txt"
    if listing.is_file():
        with readable(listing, "the names of the .mat files"):
            return [folder / f"{name}.mat" for name in listing.read_text().split()]
    return sorted(folder.glob("*.mat"))


def _car(path: Path, views: tuple[int, int], size: int | None) -> NDArray[np.uint8]:
    """The images of one car, elevation by elevation, (elevations * azimuths, size, size, 3) uint8."""
    from scipy.io import loadmat

    with readable(path, "a MATLAB 5 file with the array `im`"):
        try:
            array = loadmat(path, variable_names=["im"]).get("im")
        except Exception as error:  # scipy raises whatever the damaged bytes lead it to
            raise ValueError(error) from error
    size = size or (len(array) if array is not None else 0)
    if array is None or array.shape != (size, size, 3, *views) or array.dtype != np.uint8:
        found = "no such array" if array is None else f"{array.shape} of {array.dtype}"
        raise SimfactorError(
            f"{str(path)!r}: `im` should be ({size or 'S'}, {size or 'S'}, 3, {views[0]}, {views[1]}) of "
            f"uint8, a view each azimuth and elevation; found: {found}. {AGAIN}"
        )
    return np.ascontiguousarray(array.transpose(4, 3, 0, 1, 2)).reshape(-1, size, size, 3)


def _norb_images(path: Path) -> NDArray[np.uint8]:
    pairs = _norb_matrix(path)
    if pairs.ndim != 4 or pairs.shape[1] != 2 or pairs.shape[2] != pairs.shape[3] or pairs.dtype != np.uint8:
        raise SimfactorError(
            f"{str(path)!r} holds {pairs.shape} of {pairs.dtype}; needed are stereo pairs (N, 2, S, S) of "
            f"uint8. {AGAIN}"
        )
    return np.asarray(pairs[:, 0], np.uint8)


def _norb_labels(stem: Path, count: int) -> NDArray[np.int64]:
    """Category, instance, elevation, azimuth (in 20 degrees) and lighting of each image, (count, 5)."""
    category, info = _norb_matrix(_with(stem, "-cat.mat")), _norb_matrix(_with(stem, "-info.mat"))
    if category.shape != (count,) or info.shape != (count, 4):
        raise SimfactorError(
            f"{str(stem)!r}-*.mat do not belong together: {count} images, categories {category.shape}, infos "
            f"{info.shape}. {AGAIN}"
        )
    labels = np.column_stack([category, info]).astype(np.int64)
    if np.any(labels[:, 3] % 2):
        raise SimfactorError(f"{str(stem)!r}-info.mat has an odd azimuth; they are 0, 2, .. 34. {AGAIN}")
    labels[:, 3] //= 2
    return labels


def _sorted(path: Path, labels: NDArray[np.int64], lattice: Lattice) -> NDArray[np.int64]:
    """Which image stands at each position of the lattice, (N,)."""
    if len(labels) != len(lattice):
        raise SimfactorError(
            f"{str(path)!r} holds {len(labels)} images, but the lattice {lattice.sizes} of "
            f"{', '.join(lattice.space.names)} has {len(lattice)}. {AGAIN}"
        )
    for name, column, size in zip(lattice.space.names, labels.T, lattice.sizes, strict=True):
        if column.min() < 0 or column.max() >= size:
            raise SimfactorError(
                f"{str(path)!r}: {name} goes from {column.min()} to {column.max()}, but has {size} levels, "
                f"0 to {size - 1}. {AGAIN}"
            )
    positions = np.ravel_multi_index(tuple(labels.T), lattice.sizes)
    order = np.argsort(positions, kind="stable")
    twice = np.flatnonzero(positions[order] != np.arange(len(lattice)))
    if len(twice):
        raise SimfactorError(
            f"{str(path)!r}: images do not fill the lattice {lattice.sizes} once each; the first combination "
            f"that is missing or there twice is number {twice[0]}. {AGAIN}"
        )
    return order


def _with(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)


def _norb_matrix(path: Path) -> NDArray[np.generic]:
    """A matrix of the NYU binary format, mapped.

    Little-endian int32 all: a magic number that tells the type, the number of dimensions, the dimensions (at
    least three are stored); then the values, the last dimension fastest.
    """
    zipped = path.with_name(f"{path.name}.gz")
    if not path.is_file() and zipped.is_file():
        raise SimfactorError(f"{str(zipped)!r} is compressed; unzip it first: `gunzip {zipped.name}`.")
    with readable(path, "a binary matrix of SmallNORB"):
        head = np.fromfile(path, "<i4", 2)
        if len(head) < 2 or int(head[0]) not in NORB_TYPES or not 1 <= head[1] <= 8:
            raise SimfactorError(f"{str(path)!r} does not begin as a binary matrix of SmallNORB. {AGAIN}")
        stored = max(3, int(head[1]))
        shape = tuple(int(n) for n in np.fromfile(path, "<i4", stored, offset=8)[: head[1]])
        return np.memmap(path, NORB_TYPES[int(head[0])], "r", 8 + 4 * stored, shape).view(np.ndarray)
