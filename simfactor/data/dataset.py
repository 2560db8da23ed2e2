"""Reading a data set: memory-mapped images and their factors, by index, in any order."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.data.manifest import Manifest, space_differences
from simfactor.data.shards import KINDS, factor_file, image_file, read_factors, sha256_of
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.frames import Byte, Float, Int

if TYPE_CHECKING:
    import torch

    from simfactor.data.resident import DeviceDataset

REMEDY = "Delete it and repeat what made the data set: only what is missing is made."


class FactorDataset:
    """N images with their factor rows, in a folder that :func:`generate` or
    :func:`simfactor.envs.collecting.collect` wrote.

    Opening reads the manifest and the files' sizes only; images stay on disk and are mapped when asked for.
    ``dataset[i]`` is the pair (image (H, W, 3) uint8, row (K,) float64); an index past the end raises
    IndexError. Raises SimfactorError when the folder is no data set, is unfinished, or a file is missing or
    has another size than it was written with.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = Manifest.load(self.path)
        missing = self.manifest.missing
        if missing:
            raise SimfactorError(
                f"{str(self.path)!r} is unfinished: {len(missing)} of {self.manifest.shard_count} shards are "
                "missing. Repeat what made it, with the same arguments, to go on."
            )
        for shard in self.manifest.shards.values():
            for name, file in shard.files.items():
                self._check_size(name, file.bytes)
        self._maps: dict[tuple[str, int], NDArray[Any]] = {}

    @property
    def space(self) -> FactorSpace:
        """The factor space the rows were sampled from; its names are the columns of :meth:`factors`."""
        return self.manifest.space

    @property
    def seed(self) -> int:
        """The seed of the sample."""
        return self.manifest.seed

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self.manifest.spec.image_size

    def __len__(self) -> int:
        return self.manifest.count

    def __getitem__(self, index: int) -> tuple[Byte, NDArray[np.float64]]:
        index = int(self._indices[index])
        number, offset = divmod(index, self.manifest.shard_size)
        return np.array(self._map("rgb", number)[offset]), self._rows[index].copy()

    def __reduce__(self) -> tuple[Callable[..., FactorDataset], tuple[Path]]:
        return FactorDataset, (self.path,)  # pickled maps would carry all the images

    def __repr__(self) -> str:
        size = self.image_size
        return (
            f"FactorDataset({str(self.path)!r}: {len(self)} images {size}x{size}, {len(self.space)} factors)"
        )

    def images(self, indices: ArrayLike | slice | None = None) -> Byte:
        """The chosen images (all by default) as a copy, (n, H, W, 3) uint8."""
        return self._gather("rgb", indices)

    def depth(self, indices: ArrayLike | slice | None = None) -> Float:
        """Depths, (n, H, W) float32 metres, ``inf`` where nothing is hit; if ``keep`` had "depth"."""
        return self._gather("depth", indices)

    def segmentation(self, indices: ArrayLike | slice | None = None) -> Int:
        """Body id and link index, (n, H, W, 2) int32, -1 where nothing is hit; if ``keep`` had it."""
        return self._gather("segmentation", indices)

    def factors(self, indices: ArrayLike | slice | None = None) -> NDArray[np.float64]:
        """The chosen factor rows (all by default) as a copy, (n, K) float64."""
        return self._rows[self._chosen(indices)]

    def expect(self, space: FactorSpace) -> None:
        """Raises SimfactorError, naming what differs, when the images show another factor space."""
        differences = space_differences(self.space, space)
        if differences:
            raise SimfactorError(
                f"{str(self.path)!r} was made for another factor space: {'; '.join(differences)}. "
                "Use its own space (`dataset.space`), or generate a data set for the space you want."
            )

    def verify(self) -> None:
        """Read every byte. Raises SimfactorError that names the first file which is not as it was written."""
        for shard in self.manifest.shards.values():
            for name, file in shard.files.items():
                self._check_size(name, file.bytes)
                actual = sha256_of(self.path / name)
                if actual != file.sha256:
                    raise SimfactorError(
                        f"{str(self.path / name)!r} was altered: its sha256 is {actual}, written was "
                        f"{file.sha256}. {REMEDY}"
                    )

    def resident(self, device: str | torch.device = "cpu") -> DeviceDataset:
        """All images and rows as torch tensors on one device, for training without a loader."""
        from simfactor.data.resident import DeviceDataset

        return DeviceDataset.load(self, device)

    @cached_property
    def _indices(self) -> NDArray[np.int64]:
        return np.arange(len(self))

    @cached_property
    def _rows(self) -> NDArray[np.float64]:
        numbers = range(self.manifest.shard_count)
        return np.concatenate([read_factors(self.path / factor_file(n), self.space) for n in numbers])

    def _chosen(self, indices: ArrayLike | slice | None) -> NDArray[np.int64]:
        """Indices, masks, slices and negative numbers as plain indices, (n,); IndexError past the end."""
        if indices is None:
            return self._indices
        if not isinstance(indices, slice):
            indices = np.asarray(indices)
            indices = indices.astype(np.int64) if indices.size == 0 else indices
        return np.atleast_1d(self._indices[indices])

    def _gather(self, kind: str, indices: ArrayLike | slice | None) -> NDArray[Any]:
        if kind not in self.manifest.keep:
            raise SimfactorError(
                f"{str(self.path)!r} holds {', '.join(self.manifest.keep)} only; "
                f"generate with keep=[..., {kind!r}] to have {kind}."
            )
        chosen = self._chosen(indices)
        numbers = chosen // self.manifest.shard_size
        order = np.argsort(numbers, kind="stable")
        used, starts = np.unique(numbers[order], return_index=True)
        gathered = np.empty((len(chosen), *self._map(kind, 0).shape[1:]), KINDS[kind].dtype)
        for number, start, end in zip(used, starts, [*starts[1:], len(order)][: len(used)], strict=True):
            places = order[start:end]
            gathered[places] = self._map(kind, number)[chosen[places] - number * self.manifest.shard_size]
        return gathered

    def _map(self, kind: str, number: int) -> NDArray[Any]:
        if (kind, number) not in self._maps:
            path = self.path / image_file(kind, number)
            self._maps[kind, number] = np.load(path, mmap_mode="r").view(np.ndarray)
        return self._maps[kind, number]

    def _check_size(self, name: str, expected: int) -> None:
        path = self.path / name
        if not path.is_file():
            raise SimfactorError(
                f"{str(path)!r} is missing. {REMEDY.replace('Delete it and repeat', 'Repeat')}"
            )
        actual = path.stat().st_size
        if actual != expected:
            raise SimfactorError(
                f"{str(path)!r} is damaged: it has {actual} bytes, written were {expected}. {REMEDY}"
            )
