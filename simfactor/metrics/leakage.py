"""Do the latents meant for the task tell of nuisances, and the reverse?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError, unknown_name
from simfactor.metrics._blocks import check_blocks
from simfactor.metrics._checks import Floats, check_per_factor, check_split
from simfactor.metrics.decodability import decodability

ROLES = ("task", "nuisance")


class Leakage(NamedTuple):
    """How well each factor is read where it should not be: lower is better.

    ``difference`` near 0, within a few ``spread``, means that nothing was found with this learner. It does
    not mean that nothing is there.
    """

    into_task: float  # mean difference of the nuisances, read from the task blocks
    into_nuisance: float  # mean difference of the task factors, read from the nuisance blocks
    score: Floats  # (K,), decodability
    baseline: Floats  # (K,), its mean over shufflings of the training labels
    spread: Floats  # (K,), their standard deviation
    learner: str
    n: int  # training samples

    @property
    def difference(self) -> Floats:
        """Score above the baseline, (K,)."""
        return self.score - self.baseline


def leakage(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str],
    roles: Sequence[str],
    blocks: Sequence[npt.ArrayLike],
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    learner: str = "linear",
    shuffles: int = 5,
    seed: int = 0,
) -> Leakage:
    """Read every nuisance from the blocks of the task factors, and every task factor from the nuisances'.

    Ours: the audit for what a policy must not see. Latents that belong to blocks of both roles count as both;
    those of no block are not looked at. The baseline is the same learner on training labels shuffled against
    the codes. Factors that are correlated in the samples leak however well they are separated: sample them
    independently for this score.

    Args:
        codes_train, codes_test: latents (n, L), (m, L).
        factors_train, factors_test: factors (n, K), (m, K).
        kinds: per factor column "categorical", "continuous" or "angle".
        roles: per factor column "task" or "nuisance", both present.
        blocks: per factor column the indices of its own latents.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        learner: "linear", "spline" or "mlp", as for ``decodability``.
        shuffles: how many shufflings the baseline averages.
        seed: of the shufflings and of "mlp".

    Raises:
        SimfactorError: as ``decodability``; for unknown roles, a single role, or fewer than one shuffle.
    """
    data = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    read_from = _opposite_blocks(roles, check_blocks(blocks, data.names, data.codes_train.shape[1]))
    if shuffles < 1:
        raise SimfactorError(f"shuffles is {shuffles}; the baseline needs at least 1 (usually 5).")

    def read(rows: Floats) -> Floats:
        return decodability(
            data.codes_train,
            rows,
            data.codes_test,
            data.factors_test,
            kinds=data.kinds,
            periods=data.periods,
            names=data.names,
            blocks=read_from,
            learner=learner,
            seed=seed,
        ).by_factor

    rng = np.random.default_rng(seed)
    score = read(data.factors_train)
    chance = np.array([read(rng.permutation(data.factors_train)) for _ in range(shuffles)])
    difference = score - chance.mean(axis=0)
    task = np.array([role == "task" for role in roles])
    return Leakage(
        float(difference[~task].mean()),
        float(difference[task].mean()),
        score,
        chance.mean(axis=0),
        chance.std(axis=0),
        learner,
        len(data.codes_train),
    )


def _opposite_blocks(
    roles: Sequence[str], blocks: Sequence[npt.NDArray[np.intp]]
) -> list[npt.NDArray[np.intp]]:
    """Per factor the latents of all blocks of the other role."""
    for role in check_per_factor(roles, "roles", len(blocks)):
        if role not in ROLES:
            raise unknown_name("role of a factor", role, ROLES)
    for role in ROLES:
        if role not in roles:
            raise SimfactorError(
                f"no factor has role {role!r}; leakage reads factors of one role from blocks of the other."
            )
    of_role = {
        role: np.unique(np.concatenate([b for b, r in zip(blocks, roles, strict=True) if r == role]))
        for role in ROLES
    }
    return [of_role["nuisance" if role == "task" else "task"] for role in roles]
