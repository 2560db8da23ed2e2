"""Interventions as pictures: the same world twice, with chosen factors changed or made canonical."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace, canonical_rows
from simfactor.frames import Byte
from simfactor.render import Studio

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """N pairs: images (N, 2, H, W, 3) uint8 and factor rows (N, 2, K), before and after the change."""

    images: Byte
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which factors differ within each pair, (N, K)."""
        return self.rows[:, 0] != self.rows[:, 1]


def intervention_pairs(
    space: FactorSpace,
    names: Sequence[str],
    count: int,
    seed: int,
    studio: Studio,
    changes: int | None = None,
) -> Pairs:
    """``count`` rows of the space rendered twice: as sampled, and with every named factor, no other, changed.

    With ``changes`` only so many of the named factors change, drawn for each pair (:func:`change_some`); with
    1 of all factors these are the pairs that weakly supervised and interventional encoders learn from.
    Pair ``i`` depends on the seed and ``i`` only. What an encoder's latents do within a pair is the
    effect of the named factors alone (an intervention, Pearl 2009, section 1.3; in a simulator it is exact).
    Raises SimfactorError for an unknown name, no name, or a count below 1.
    """
    if isinstance(names, str) or not names:
        raise SimfactorError(
            f"names={names!r} must be a list of at least one factor of {', '.join(space.names)}."
        )
    if changes is None:
        return _pairs(space, count, seed, studio, lambda rows: space.intervene(rows, names, seed))
    return _pairs(space, count, seed, studio, lambda rows: change_some(space, rows, seed, changes, names))


def canonical_pairs(
    space: FactorSpace, count: int, seed: int, studio: Studio, clean: FactorSpace | None = None
) -> Pairs:
    """``count`` rows of the space rendered twice: as sampled, and in the canonical world.

    The second picture of a pair shows the same state with every nuisance factor at the middle of ``clean``,
    by default of the space (:func:`simfactor.factors.canonical_rows`): what the objective ``drap`` learns
    from. Pair ``i`` depends on the seed and ``i`` only.
    Raises SimfactorError for a count below 1, and as ``canonical_rows``.
    """
    return _pairs(space, count, seed, studio, lambda rows: canonical_rows(space, rows, clean))


def change_some(
    space: FactorSpace, rows: Rows, seed: int, changes: int = 1, names: Sequence[str] | None = None
) -> Rows:
    """Each row (N, K) with ``changes`` factors of its own, drawn among ``names``, set to other values.

    ``names`` are all that vary by default. Row ``i`` depends on the seed, its values and ``i`` only; what is
    excluded from the space is never entered. Raises SimfactorError for unknown or fixed names, or for more
    changes than names.
    """
    chosen = list(space.varying.names if names is None else names)
    for name in chosen:
        if name not in space.varying.names:
            raise unknown_name("factor that varies", name, space.varying.names)
    if not 1 <= changes <= len(chosen):
        raise SimfactorError(f"changes={changes!r} must be from 1 to {len(chosen)}, the factors to change.")
    order = np.random.default_rng(seed).random((len(rows), len(chosen))).argsort(axis=1)
    changed = rows
    for turn in range(changes):
        for k, name in enumerate(chosen):
            mine = order[:, turn] == k
            changed = np.where(mine[:, None], space.intervene(changed, [name], seed), changed)
    return changed


def _pairs(
    space: FactorSpace, count: int, seed: int, studio: Studio, change: Callable[[Rows], Rows]
) -> Pairs:
    """The sample of this seed, and what ``change`` makes of it, rendered."""
    if count < 1:
        raise SimfactorError(f"count={count!r} must be at least 1.")
    before = space.sample(count, seed)
    after = change(before)
    images = [studio.images(space, rows).rgb for rows in (before, after)]
    return Pairs(np.stack(images, axis=1), np.stack([before, after], axis=1))
