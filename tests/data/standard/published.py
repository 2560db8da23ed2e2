"""Tiny data sets in the published layouts. Pixel values tell which image of the lattice it is."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from simfactor.data import StandardDataset, load_standard

SIDE = 6
NORB = ("smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing")
MAGIC = {"uint8": 0x1E3D4C55, "int32": 0x1E3D4C54}


SIZES: dict[str, tuple[int, ...]] = {
    "dsprites": (1, 2, 2, 3, 2, 2),
    "shapes3d": (2, 2, 2, 2, 2, 3),
    "mpi3d_toy": (2, 2, 1, 2, 1, 3, 2),
    "mpi3d_realistic": (2, 1, 1, 2, 1, 3, 2),
    "mpi3d_real": (1, 2, 1, 2, 1, 3, 2),
    "mpi3d_complex": (2, 2, 1, 1, 1, 3, 2),
    "cars3d": (2, 3, 4),
    "smallnorb": (2, 4, 2, 3, 2),
    "isaac3d": (2, 2, 2, 1, 2, 1, 2, 1, 2),
    "falcor3d": (2, 2, 1, 2, 1, 2, 2),
    "robot_finger": (1, 3, 1, 3, 2, 2, 2, 2, 4),
}
FINGERS = 23


def codes(sizes: tuple[int, ...]) -> NDArray[np.int64]:
    """All level numbers (N, K), the last factor fastest, by plain counting."""
    return np.array(list(np.ndindex(*sizes)), np.int64)


def colors(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    """RGB images (count, side, side, 3), all different and with all channels and corners different."""
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, side, side, 3), np.uint8)


def greys(count: int, white: int = 255, side: int = SIDE) -> NDArray[np.uint8]:
    """Grey images (count, side, side) of 0 .. white."""
    return np.random.default_rng(count).integers(0, white + 1, (count, side, side)).astype(np.uint8)


def dsprites(path: Path, sizes: tuple[int, ...], compressed: bool = True) -> NDArray[np.uint8]:
    images = greys(prod(sizes), white=1)
    levels = codes(sizes)
    save = np.savez_compressed if compressed else np.savez
    metadata: Any = np.array({"title": "pickled"}, dtype=object)
    save(path, metadata=metadata, imgs=images, latents_classes=levels, latents_values=levels / 40)
    return images


def mpi3d(path: Path, sizes: tuple[int, ...], compressed: bool = False) -> NDArray[np.uint8]:
    images = colors(prod(sizes))
    (np.savez_compressed if compressed else np.savez)(path, images=images)
    return images


def shapes3d(path: Path, sizes: tuple[int, ...], chunks: tuple[int, ...] | None = None) -> NDArray[np.uint8]:
    """Contiguous, or chunked and compressed as the published file is."""
    images = colors(prod(sizes))
    with h5py.File(path, "w") as file:
        extra = {} if chunks is None else {"chunks": chunks, "compression": "gzip"}
        file.create_dataset("images", data=images, **extra)
        file.create_dataset("labels", data=codes(sizes) / 10 - 30)
    return images


def cars3d(folder: Path, sizes: tuple[int, ...], listed: bool = True) -> NDArray[np.uint8]:
    """A .mat file each car; ``list.txt`` has them in another order than their names."""
    cars = sizes[-1]
    images = colors(prod(sizes)).reshape(*sizes, SIDE, SIDE, 3)
    folder.mkdir()
    names = [f"car_{cars - i if listed else i:03d}_mesh" for i in range(cars)]
    for car, name in enumerate(names):
        im = images[:, :, car].transpose(2, 3, 4, 1, 0)
        savemat(folder / f"{name}.mat", {"im": im, "mask": im[:, :, 0]}, do_compression=True)
    if listed:
        (folder / "list.txt").write_text("\n".join(names) + "\n")
    return images.reshape(-1, SIDE, SIDE, 3)


def matrix(path: Path, array: NDArray[Any]) -> None:
    """The NYU binary format: at least three dimensions are written."""
    shape = [*array.shape, *[1] * (3 - array.ndim)]
    head = np.array([MAGIC[str(array.dtype)], array.ndim, *shape], "<i4")
    path.write_bytes(head.tobytes() + array.tobytes())


def smallnorb(folder: Path, sizes: tuple[int, ...], seed: int = 0) -> NDArray[np.uint8]:
    """The lattice dealt to two shuffled files, odd instances into the second."""
    images = greys(prod(sizes))
    levels = codes(sizes)
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for parity, name in enumerate(NORB):
        mine = rng.permutation(np.flatnonzero(levels[:, 1] % 2 == parity))
        info = levels[mine, 1:].astype(np.int32)
        info[:, 2] *= 2
        matrix(folder / f"{name}-dat.mat", np.stack([images[mine], 255 - images[mine]], axis=1))
        matrix(folder / f"{name}-cat.mat", levels[mine, 0].astype(np.int32))
        matrix(folder / f"{name}-info.mat", info)
    return images


def png(image: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1])


def pictures(folder: Path, sizes: tuple[int, ...], labels: str) -> NDArray[np.uint8]:
    """Isaac3D's and Falcor3D's folder; labels are each factor's place in [0, 1]."""
    images = colors(prod(sizes))
    (folder / "images").mkdir(parents=True)
    for i, image in enumerate(images):
        (folder / "images" / f"{i:06d}.png").write_bytes(png(image))
    with (folder / labels).open("wb") as file:
        np.save(file, codes(sizes) / np.maximum(np.array(sizes) - 1, 1))
    return images


def finger(folder: Path, sizes: tuple[int, ...], count: int, tar: bool) -> tuple[NDArray, NDArray[np.int64]]:
    """Some combinations only, in any order. In the tar archive images stand in folders, unsorted."""
    images = colors(count)
    labels = np.random.default_rng(5).permutation(codes(sizes))[:count]
    folder.mkdir()
    values: Any = {"shape": ["cube"]}
    info = {"factor_values": values, "num_factor_values": np.array(sizes), "dataset_size": count}
    np.savez(folder / f"{folder.name}_info.npz", **info)
    np.savez_compressed(folder / f"{folder.name}_labels.npz", labels=labels)
    if not tar:
        np.savez_compressed(folder / f"{folder.name}_images.npz", images=images)
        return images, labels
    with tarfile.open(folder / f"{folder.name}_images.tar", "w") as archive:
        for i in reversed(range(count)):
            data = png(images[i])
            member = tarfile.TarInfo(f"images/{i // 10}/{i:02d}.png")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return images, labels


@dataclass(frozen=True)
class Tiny:
    """A data set on disk, what was put into it, and how to open it."""

    name: str
    path: Path
    images: NDArray[np.uint8]  # (N, S, S, 3), in the order they are to be read
    levels: NDArray[np.int64]  # (N, K)

    @property
    def sizes(self) -> tuple[int, ...] | None:
        return None if self.name == "robot_finger" else SIZES[self.name]

    def open(self, **changes: Any) -> StandardDataset:
        return load_standard(self.name, **{"path": self.path, "sizes": self.sizes, **changes})


def write(name: str, folder: Path) -> Tiny:
    sizes = SIZES[name]
    levels = codes(sizes)
    if name == "dsprites":
        path = folder / "dsprites.npz"
        images = dsprites(path, sizes) * np.uint8(255)
    elif name == "shapes3d":
        path = folder / "3dshapes.h5"
        images = shapes3d(path, sizes, chunks=(40, 2, 3, 1))
    elif name.startswith("mpi3d"):
        path = folder / f"{name}.npz"
        images = mpi3d(path, sizes, compressed=name == "mpi3d_real")
    elif name == "cars3d":
        path = folder / "cars"
        images = cars3d(path, sizes)
    elif name == "smallnorb":
        path = folder / "norb"
        images = smallnorb(path, sizes)
    elif name == "robot_finger":
        path = folder / "finger"
        images, levels = finger(path, sizes, FINGERS, tar=True)
    else:
        path = folder / f"{name}_down128"
        images = pictures(path, sizes, "labels.npy" if name == "isaac3d" else "train-rec.labels")
    if images.ndim == 3:
        images = np.stack([images] * 3, axis=-1)
    return Tiny(name, path, images, levels)
