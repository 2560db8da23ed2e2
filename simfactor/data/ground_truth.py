"""A complete lattice of images in the shape that disent's samplers, metrics and frameworks expect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.data.lattice import Lattice
from simfactor.data.source import ImageSource
from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import Byte

Codes: TypeAlias = NDArray[np.int64]
FactorChoice: TypeAlias = int | str | Sequence[int | str] | Codes


class GroundTruth:
    """N images, one for each combination of K factors' levels: index and level numbers are the same thing.

    The interface is disent's ``GroundTruthData`` (nmichlo/disent, ``dataset/data/_groundtruth.py`` and
    ``dataset/util/state_space.py``); make one with :func:`ground_truth_data`. ``data[i]`` is image ``i`` in C
    order of the factors (the last one fastest), (H, W, 3) uint8, passed through ``transform`` if there is
    one. Draws come from this object's own generator, seeded by ``seed``.
    """

    def __init__(
        self, source: ImageSource, transform: Callable[[Byte], Any] | None = None, seed: int = 0
    ) -> None:
        varying = source.space.varying
        lattice = Lattice(varying)
        columns = [source.space.index(name) for name in varying.names]
        self._order = _order(lattice, source.factors()[:, columns])
        self._source, self._transform, self._seed = source, transform, seed
        self._names, self._sizes = varying.names, np.array(lattice.sizes)
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> Any:
        image = self._source.images([self._order[index]])[0]
        return image if self._transform is None else self._transform(image)

    def __reduce__(self) -> tuple[Callable[..., GroundTruth], tuple[Any, ...]]:
        return ground_truth_data, (self._source, self._transform, self._seed)

    @property
    def name(self) -> str:
        """What disent calls the data set in its logs."""
        return f"simfactor-{self._source.space.scene}"

    @property
    def factor_names(self) -> tuple[str, ...]:
        """The factors that vary, the slowest first."""
        return self._names

    @property
    def factor_sizes(self) -> Codes:
        """How many levels each of them has, (K,)."""
        return self._sizes

    @property
    def num_factors(self) -> int:
        """K."""
        return len(self._names)

    @property
    def size(self) -> int:
        """N, as ``len`` gives it."""
        return len(self)

    @property
    def img_shape(self) -> tuple[int, int, int]:
        """Shape of an image as it is stored, (H, W, C)."""
        return self._source.image_size, self._source.image_size, 3

    @property
    def img_channels(self) -> int:
        """C."""
        return self.img_shape[-1]

    @property
    def x_shape(self) -> tuple[int, int, int]:
        """Shape of an image as networks take it, (C, H, W)."""
        height, width, channels = self.img_shape
        return channels, height, width

    def pos_to_idx(self, positions: ArrayLike) -> Any:
        """Indices (...) of level numbers (..., K)."""
        return np.ravel_multi_index(tuple(np.moveaxis(np.asarray(positions), -1, 0)), tuple(self._sizes))

    def idx_to_pos(self, indices: ArrayLike) -> Codes:
        """Level numbers (..., K) of indices (...)."""
        return np.stack(np.unravel_index(np.asarray(indices), tuple(self._sizes)), axis=-1)

    def normalise_factor_idx(self, factor: int | str) -> int:
        """The column of a factor given by name or number."""
        if isinstance(factor, str):
            if factor not in self._names:
                raise unknown_name("factor", factor, self._names)
            return self._names.index(factor)
        if not 0 <= factor < self.num_factors:
            raise SimfactorError(f"factor {factor!r} must be a number of 0 .. {self.num_factors - 1}.")
        return int(factor)

    def normalise_factor_idxs(self, f_idxs: FactorChoice | None) -> Codes:
        """The columns (k,) of one factor or several distinct ones; None means all."""
        if f_idxs is None:
            return np.arange(self.num_factors)
        chosen = [f_idxs] if isinstance(f_idxs, (int, str, np.integer)) else list(f_idxs)
        columns = [self.normalise_factor_idx(factor) for factor in chosen]
        if len(set(columns)) != len(columns):
            raise SimfactorError(f"factors {chosen} repeat one; name each once.")
        return np.array(columns, np.int64)

    def invert_factor_idxs(self, f_idxs: FactorChoice | None) -> Codes:
        """The columns that are not among the given ones, ascending."""
        return np.setdiff1d(np.arange(self.num_factors), self.normalise_factor_idxs(f_idxs))

    def sample_indices(self, size: int | tuple[int, ...] | None = None) -> Any:
        """Random indices of the given shape."""
        return self._random.integers(len(self), size=size)

    def sample_factors(
        self, size: int | tuple[int, ...] | None = None, f_idxs: FactorChoice | None = None
    ) -> Codes:
        """Random level numbers (*size, k) of the given factors (default: all)."""
        sizes = self._sizes[self.normalise_factor_idxs(f_idxs)]
        return self._random.integers(sizes, size=(*_shape(size), len(sizes)))

    def sample_missing_factors(self, known_factors: ArrayLike, f_idxs: FactorChoice) -> Codes:
        """Level numbers (..., K): the known ones (..., k) of the given factors, the rest drawn."""
        known = np.asarray(known_factors)
        drawn = self.sample_factors(known.shape[:-1])
        drawn[..., self.normalise_factor_idxs(f_idxs)] = known
        return drawn

    def resample_given_factors(self, factors: ArrayLike, f_idxs: FactorChoice) -> Codes:
        """A copy of level numbers (..., K) with the given factors drawn anew."""
        changed, columns = np.array(factors), self.normalise_factor_idxs(f_idxs)
        changed[..., columns] = self.sample_factors(changed.shape[:-1], columns)
        return changed

    def resample_other_factors(self, factors: ArrayLike, f_idxs: FactorChoice) -> Codes:
        """A copy of level numbers (..., K) with all but the given factors drawn anew."""
        return self.resample_given_factors(factors, self.invert_factor_idxs(f_idxs))


def ground_truth_data(
    source: ImageSource, transform: Callable[[Byte], Any] | None = None, seed: int = 0
) -> GroundTruth:
    """A complete lattice of images as disent's ``GroundTruthData``.

    Where disent is installed, the object is an instance of its class as well, because its samplers insist on
    that: ``DisentDataset(ground_truth_data(source), GroundTruthPairSampler())``. disent is not needed
    otherwise. Factors that do not vary are left out, as disent's own data sets do.

    Args:
        source: the images; rows may come in any order.
        transform: what is done to every image (H, W, 3) uint8 before it is handed out.
        seed: of the draws of ``sample_factors`` and the like.

    Raises SimfactorError when ``source`` does not show every combination of its factors' levels exactly once.
    """
    kind = _disent_class() if find_spec("disent") else GroundTruth
    return kind(source, transform, seed)


@cache
def _disent_class() -> type[GroundTruth]:
    from disent.dataset.data import GroundTruthData

    class DisentGroundTruth(GroundTruth, GroundTruthData):  # type: ignore[misc, unused-ignore]
        """Ours in everything but descent; what ours lacks (traversals, copies) comes from disent."""

        def __init__(self, source: ImageSource, transform: Callable[[Byte], Any] | None, seed: int) -> None:
            GroundTruth.__init__(self, source, transform, seed)
            GroundTruthData.__init__(self, transform)

    return DisentGroundTruth


def _order(lattice: Lattice, rows: NDArray[np.float64]) -> Codes:
    """Where in ``rows`` (N, K) each position of the lattice stands, (N,)."""
    positions = lattice.positions(rows)
    shown, first = np.unique(positions, return_index=True)
    if len(shown) != len(lattice) or len(rows) != len(lattice):
        sizes = " x ".join(map(str, lattice.sizes))
        raise SimfactorError(
            f"{len(rows)} images show {len(shown)} of the {len(lattice)} combinations ({sizes}); "
            "each is needed exactly once. Make such a set with `generate_lattice(space, out)`."
        )
    return first


def _shape(size: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if size is None:
        return ()
    return (int(size),) if isinstance(size, (int, np.integer)) else tuple(int(n) for n in size)
