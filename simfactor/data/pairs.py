"""Interventions as pictures: the same world twice, with chosen factors changed in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.frames import Byte
from simfactor.render import Studio


@dataclass(frozen=True)
class Pairs:
    """N pairs: images (N, H, W, 3) uint8 and factor rows (N, K) before (``a``) and after (``b``)."""

    images_a: Byte
    images_b: Byte
    rows_a: NDArray[np.float64]
    rows_b: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows_a)


def intervention_pairs(
    space: FactorSpace, names: Sequence[str], count: int, seed: int, studio: Studio
) -> Pairs:
    """``count`` rows of the space rendered twice: as sampled, and with every named factor, no other, changed.

    Pair ``i`` depends on the seed and ``i`` only. What an encoder's latents do between ``a`` and ``b`` is the
    effect of the named factors alone (an intervention, Pearl 2009, section 1.3; in a simulator it is exact).
    Raises SimfactorError for an unknown name, no name, or a count below 1.
    """
    if isinstance(names, str) or not names:
        raise SimfactorError(
            f"names={names!r} must be a list of at least one factor of {', '.join(space.names)}."
        )
    if count < 1:
        raise SimfactorError(f"count={count!r} must be at least 1.")
    rows_a = space.sample(count, seed)
    rows_b = space.intervene(rows_a, names, seed)
    return Pairs(studio.images(space, rows_a).rgb, studio.images(space, rows_b).rgb, rows_a, rows_b)
