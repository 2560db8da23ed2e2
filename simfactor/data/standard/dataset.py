"""A published data set, read as one of ours; and the table of those that can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.data.lattice import Lattice
from simfactor.data.source import chosen_indices
from simfactor.data.standard.arrays import dsprites, mpi3d, mpi3d_complex, shapes3d
from simfactor.data.standard.contents import Contents, Sizes
from simfactor.data.standard.finger import robot_finger
from simfactor.data.standard.folders import falcor3d, isaac3d
from simfactor.data.standard.photos import cars3d, smallnorb
from simfactor.data.standard.pixels import resized
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace
from simfactor.frames import Byte

Reader: TypeAlias = Callable[[Path, Sizes, Path | None], Contents]

READERS: Mapping[str, Reader] = {
    "dsprites": dsprites,
    "shapes3d": shapes3d,
    "mpi3d_toy": mpi3d,
    "mpi3d_realistic": mpi3d,
    "mpi3d_real": mpi3d,
    "mpi3d_complex": mpi3d_complex,
    "cars3d": cars3d,
    "smallnorb": smallnorb,
    "isaac3d": isaac3d,
    "falcor3d": falcor3d,
    "robot_finger": robot_finger,
}


class StandardDataset:
    """N images of a published data set with their factor rows, read as a ``FactorDataset`` is.

    Images are (n, S, S, 3) uint8 whatever the files hold: grey ones have three equal channels, binary ones
    the values 0 and 255. They stand in lattice order (C order, the last factor fastest). ``dataset[i]`` is
    the pair (image, row). Files stay open and mapped; nothing but labels is in memory. Made by
    :func:`load_standard`, whose arguments these are.
    """

    def __init__(
        self,
        name: str,
        path: str | Path,
        image_size: int | None = None,
        sizes: Sequence[int] | None = None,
        cache: str | Path | None = None,
    ) -> None:
        if name not in READERS:
            raise unknown_name("data set", name, READERS)
        whole = isinstance(image_size, int) and not isinstance(image_size, bool) and image_size > 0
        if image_size is not None and not whole:
            raise SimfactorError(f"image_size={image_size!r} must be a whole number of pixels, or None.")
        self.name = name
        self.path = Path(path)
        self._arguments = (name, path, image_size, sizes, cache)
        self._contents = READERS[name](self.path, sizes, None if cache is None else Path(cache))
        self._image_size = image_size or self._contents.pixels.size

    @property
    def space(self) -> FactorSpace:
        """The published factors; their names are the columns of :meth:`factors`."""
        return self.lattice.space

    @property
    def lattice(self) -> Lattice:
        """The combinations of the factors' levels: position i is image i, but in robot_finger."""
        return self._contents.lattice

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._image_size

    def __len__(self) -> int:
        positions = self._contents.positions
        return len(self.lattice) if positions is None else len(positions)

    def __getitem__(self, index: int) -> tuple[Byte, NDArray[np.float64]]:
        chosen = range(len(self))[index]
        return self.images(chosen)[0], self.factors(chosen)[0]

    def __reduce__(self) -> tuple[Callable[..., StandardDataset], tuple[object, ...]]:
        return StandardDataset, self._arguments  # pickled maps would carry all the images

    def __repr__(self) -> str:
        size = self.image_size
        return (
            f"StandardDataset({self.name!r}, {str(self.path)!r}: {len(self)} images {size}x{size}, "
            f"{len(self.space)} factors)"
        )

    def images(self, indices: ArrayLike | slice | None = None) -> Byte:
        """The chosen images (all by default) as a copy, (n, S, S, 3) uint8."""
        chosen = chosen_indices(len(self), indices)
        return resized(self._contents.pixels.read(chosen), self.image_size)

    def factors(self, indices: ArrayLike | slice | None = None) -> NDArray[np.float64]:
        """The chosen factor rows (all by default), (n, K) float64."""
        return self.lattice.factors(self.positions(indices))

    def positions(self, indices: ArrayLike | slice | None = None) -> NDArray[np.int64]:
        """Where in the lattice the chosen images (all by default) stand, (n,)."""
        chosen = chosen_indices(len(self), indices)
        return chosen if self._contents.positions is None else self._contents.positions[chosen]


def load_standard(
    name: str,
    path: str | Path,
    image_size: int | None = None,
    sizes: Sequence[int] | None = None,
    cache: str | Path | None = None,
) -> StandardDataset:
    """Open a published data set in the layout its authors publish it in.

    Args:
        name: dsprites, shapes3d, mpi3d_toy, mpi3d_realistic, mpi3d_real, mpi3d_complex, cars3d, smallnorb,
            isaac3d, falcor3d or robot_finger.
        path: its file (.npz, .h5) or folder (Cars3D's ``cars``, the one with SmallNORB's six .mat files,
            ``Isaac3D_down128``, ``Falcor3D_down128``, robot_finger's ``finger``, ``finger_real`` ...).
        image_size: give images of this size, averaged over areas from larger ones; the encoders take 64 and
            128. None: as they are.
        sizes: for a part of a data set, how many of the first levels of each factor it has.
        cache: a folder for what is unpacked once (compressed .npz and .h5 files, Cars3D: 1 to 13 GB, with a
            progress bar; later calls map it at once). None: beside the data.

    Labels in the files are compared with the lattice; pickled objects are never read. Raises SimfactorError
    when the name is unknown, a file is missing, damaged, pickled or of the wrong type, when the images are
    not as many as the factors have combinations, or when the labels do not lie on the lattice in C order.
    """
    return StandardDataset(name, path, image_size, sizes, cache)
