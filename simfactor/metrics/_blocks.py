"""Which latents are meant for which factor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import check_per_factor

Indices = npt.NDArray[np.intp]


def check_blocks(
    blocks: Sequence[npt.ArrayLike | None] | None, names: Sequence[str], latents: int
) -> list[Indices]:
    """Per factor the indices of its latents, all of them where it has None.

    Raises SimfactorError for a wrong number of blocks, an empty one, or indices past the latents.
    """
    if blocks is None:
        return [np.arange(latents)] * len(names)
    check_per_factor(blocks, "blocks", len(names))
    columns = [np.arange(latents) if block is None else np.atleast_1d(np.asarray(block)) for block in blocks]
    for name, indices in zip(names, columns, strict=True):
        if (
            not len(indices)
            or indices.dtype.kind not in "iu"
            or indices.min() < 0
            or indices.max() >= latents
        ):
            raise SimfactorError(
                f"the block of factor {name!r} is {indices.tolist()}; expected latent indices from 0 to "
                f"{latents - 1}, or None for all latents."
            )
    return columns
