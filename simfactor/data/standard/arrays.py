"""Readers of the data sets that come as one array of images in lattice order: dSprites, Shapes3D, MPI3D."""

from __future__ import annotations

from pathlib import Path

from simfactor.data.lattice import Lattice
from simfactor.data.standard import spaces
from simfactor.data.standard.archives import npz_array, npz_images
from simfactor.data.standard.contents import Contents, Sizes, check_labels, lattice_of
from simfactor.data.standard.hdf5 import h5_array, h5_images
from simfactor.data.standard.pixels import ArrayPixels


def dsprites(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """``dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz`` (Matthey et al. 2017): imgs, latents_classes.

    Its pixels are 0 and 1, which are given as 0 and 255. Its pickled ``metadata`` is not read.
    """
    lattice = lattice_of(spaces.DSPRITES, sizes)
    images = npz_images(path, "imgs", len(lattice), cache)
    check_labels(path, npz_array(path, "latents_classes"), lattice)
    return Contents(ArrayPixels([images], white=1), lattice, None)


def shapes3d(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """``3dshapes.h5`` (Burgess and Kim 2018): images, labels."""
    lattice = lattice_of(spaces.SHAPES3D, sizes)
    images = h5_images(path, "images", len(lattice), cache)
    check_labels(path, h5_array(path, "labels"), lattice)
    return Contents(ArrayPixels([images]), lattice, None)


def mpi3d(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """``mpi3d_toy.npz``, ``mpi3d_realistic.npz``, ``mpi3d_real.npz`` (Gondal et al. 2019): images."""
    return _mpi3d(path, lattice_of(spaces.MPI3D, sizes), cache)


def mpi3d_complex(path: Path, sizes: Sizes, cache: Path | None) -> Contents:
    """The real images of complex shapes of MPI3D, ``real3d_complicated_shapes_ordered.npz``: images."""
    return _mpi3d(path, lattice_of(spaces.MPI3D_COMPLEX, sizes), cache)


def _mpi3d(path: Path, lattice: Lattice, cache: Path | None) -> Contents:
    return Contents(ArrayPixels([npz_images(path, "images", len(lattice), cache)]), lattice, None)
