"""What each factor does to each latent, measured by changing one factor at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError
from simfactor.metrics._blocks import Indices, check_blocks
from simfactor.metrics._checks import Floats, check_names, check_samples
from simfactor.metrics.dci import completeness, disentanglement


class Interventional(NamedTuple):
    """Scores in [0, 1], and the matrix they come from; those of blocks are None without blocks."""

    disentanglement: float
    completeness: float
    effect: Floats  # (L, K), in standard deviations of the latent
    modularity: float | None  # share of the blocks' movement that their own factors cause
    own_share: Floats | None  # (K,), share of a factor's effect that lands in its own block
    n: int  # pairs

    @property
    def leak(self) -> Floats | None:
        """Share (K,) of each factor's effect that lands outside of its own block."""
        return None if self.own_share is None else 1 - self.own_share


def interventional(
    codes_before: npt.ArrayLike,
    codes_after: npt.ArrayLike,
    changed: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    blocks: Sequence[npt.ArrayLike | None] | None = None,
) -> Interventional:
    """Does each latent move for one factor only, and each factor move one latent, or one block, only?

    Ours. The effect of factor k on latent l is the mean of abs(after - before) over the pairs in which k
    changed, in units of the latent's standard deviation over all codes. As nothing else changed, this is the
    causal effect (Pearl 2009, section 1.3) averaged over those pairs: no model is fitted, and correlated
    factors do not mislead it. Disentanglement and completeness are those of DCI with the effects as
    importances. A latent that never moves, and a factor that moves nothing, weigh nothing in them; the own
    share of such a factor is 0.

    Args:
        codes_before, codes_after: latents (n, L) of both images of each pair, L >= 2.
        changed: which factor changed within each pair (n, K) bool, exactly one a row, K >= 2.
        names: factor names for error messages.
        blocks: per factor the indices of its own latents, None for a factor that has none.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, pairs in which none or several factors changed, a
            factor that no pair changes, or blocks that are empty or point past the latents.
    """
    before, after, mask = _check(codes_before, codes_after, changed)
    names = check_names(names, mask.shape[1])
    unseen = [name for name, pairs in zip(names, mask.sum(axis=0), strict=True) if not pairs]
    if unseen:
        raise SimfactorError(
            f"no pair changes {', '.join(map(repr, unseen))}; make pairs for every factor, or leave it out."
        )
    spread = np.vstack([before, after]).std(axis=0)
    moved = np.abs(after - before) / np.where(spread > 0, spread, 1.0)
    effect = (mask.T @ moved / mask.sum(axis=0)[:, None]).T
    modularity, own_share = None, None
    if blocks is not None:
        own = _own(blocks, names, len(effect))
        in_blocks = effect[own.any(axis=1)].sum()
        modularity = _share(float(effect[own].sum()), float(in_blocks))
        sums = zip((effect * own).sum(axis=0), effect.sum(axis=0), strict=True)
        own_share = np.array([_share(part, whole) for part, whole in sums])
    return Interventional(
        disentanglement(effect), completeness(effect), effect, modularity, own_share, len(before)
    )


def _check(
    codes_before: npt.ArrayLike, codes_after: npt.ArrayLike, changed: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    before, mask = check_samples(codes_before, changed, "_before")
    after, _ = check_samples(codes_after, changed, "_after")
    if before.shape != after.shape:
        raise SimfactorError(
            f"codes_before has shape {before.shape} and codes_after {after.shape}; both need one row per "
            "pair, from the same encoder."
        )
    odd = np.flatnonzero(~np.isin(mask, (0, 1)).all(axis=1) | (mask.sum(axis=1) != 1))
    if len(odd):
        raise SimfactorError(
            f"{len(odd)} pairs do not change exactly one factor, the first in row {odd[0]}; intervene on one "
            "factor at a time, and leave out pairs in which it kept its value."
        )
    return before, after, mask


def _own(blocks: Sequence[npt.ArrayLike | None], names: Sequence[str], latents: int) -> npt.NDArray[np.bool_]:
    """Whether latent l belongs to the block of factor k, (L, K)."""
    own = np.zeros((latents, len(names)), dtype=np.bool_)
    columns: list[Indices] = check_blocks(blocks, names, latents)
    for k, indices in enumerate(columns):
        if blocks[k] is not None:
            own[indices, k] = True
    return own


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
