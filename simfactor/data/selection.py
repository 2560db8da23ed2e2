"""What is exported: chosen images of a set, block by block, and what is to be known of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor import __version__
from simfactor.data.source import ImageSource
from simfactor.factors import Categorical, FactorSpace
from simfactor.factors.space import Rows
from simfactor.frames import Byte

BLOCK = 256  # images in memory at once
BINS = 10  # classes of a numeric factor that has no levels
MAKER = "simfactor"


@dataclass(frozen=True)
class Selection:
    """The images of ``source`` at ``indices`` (n,), in that order; ``bar`` counts those handed out."""

    source: ImageSource
    indices: NDArray[np.int64]
    bar: tqdm

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def space(self) -> FactorSpace:
        """The factors of the images."""
        return self.source.space

    @cached_property
    def rows(self) -> Rows:
        """All chosen factor rows, (n, K)."""
        return self.source.factors(self.indices)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of all chosen images, (n, H, W, 3)."""
        return len(self), self.source.image_size, self.source.image_size, 3

    @property
    def sizes(self) -> list[int]:
        """How many classes :meth:`FactorSpace.classes` tells apart, factor by factor."""
        return [_classes(self.space, name) for name in self.space.names]

    def blocks(self) -> Iterator[tuple[int, Byte]]:
        """The images (m, H, W, 3) block by block, each with the place of its first among the chosen."""
        for start in range(0, len(self), BLOCK):
            images = self.source.images(self.indices[start : start + BLOCK])
            yield start, images
            self.bar.update(len(images))

    def about(self) -> dict[str, Any]:
        """What an export says of itself; ``FactorSpace.from_dict(about["space"])`` is the factor space."""
        return {
            "made_by": MAKER,
            "version": __version__,
            "count": len(self),
            "image_size": self.source.image_size,
            "space": self.space.to_dict(),
        }


def _classes(space: FactorSpace, name: str) -> int:
    factor = space[name]
    if isinstance(factor, Categorical):
        return len(factor.values)
    if factor.fixed:
        return 1
    return BINS if factor.levels is None else len(factor.grid())
