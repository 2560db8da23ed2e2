"""The FactorVAE score: which latent varies least while a factor is held?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import Floats, Labels, check_labelled, check_several
from simfactor.metrics._classes import factor_classes
from simfactor.metrics._correlation import unit_columns
from simfactor.metrics._groups import Groups

TRAIN_VOTES, TEST_VOTES = 10_000, 5_000


class FactorVAEScore(NamedTuple):
    """Accuracy of the majority vote: 1 is perfect, 1/K no better than guessing."""

    score: float
    train: float
    votes: Labels  # (L, K) on train
    active: int  # latents not pruned
    n: int


def factor_vae_score(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
    batch: int = 64,
    min_std: float = 0.05,
    seed: int = 0,
) -> FactorVAEScore:
    """How surely the latent that varies least tells which factor was held.

    Kim & Mnih 2018, "Disentangling by Factorising", section 4. A vote holds one factor at the value of a
    random sample, draws ``batch`` samples of that value, and goes to the latent whose variance is smallest
    relative to that over all samples. Each latent stands for the factor it got most votes from in 10,000
    votes; the score is how often that is right in 5,000 others. Latents with a standard deviation below
    ``min_std`` are pruned, as those of a VAE that fell back to the prior; with none left the score is 0.
    Rotated codes can score 1, too, as some latent is moved most by each factor: high is not yet disentangled.

    The published score renders every batch afresh. Here samples come, with replacement, from those given, all
    factors get equally many votes, and an interval of a continuous factor or an angle counts as one value.
    Values that no two samples share are never held.

    Args:
        codes: latents (n, L).
        factors: factors (n, K) with K >= 2; class labels where ``kinds`` says "categorical".
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        factor_bins: equal-width bins for continuous and angle columns.
        names: factor names for error messages.
        batch: samples per vote, at least 2.
        min_std: in the unit of the latents.
        seed: of all draws.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers
            or never shared, factors that do not vary, a single factor, fewer samples than bins, or a batch
            of one.
    """
    data = check_labelled(codes, factors, kinds, periods, names)
    check_several(len(data.kinds), "factors", "the FactorVAE score")
    if batch < 2:
        raise SimfactorError(f"batch is {batch}; a variance takes at least 2 samples (usually 64).")
    groups = [Groups(labels) for labels in factor_classes(data, factor_bins)]
    active = (data.codes.std(axis=0, ddof=1) >= min_std) & (np.ptp(data.codes, axis=0) > 0)
    z = unit_columns(data.codes[:, active])
    train, test = np.zeros((2, len(active), len(groups)), dtype=np.int64)
    if not active.any():
        return FactorVAEScore(0.0, 0.0, train, 0, len(z))
    rng = np.random.default_rng(seed)
    train[active] = _votes(z, groups, rng, TRAIN_VOTES, batch)
    test[active] = _votes(z, groups, rng, TEST_VOTES, batch)
    stands_for = np.arange(len(active)), train.argmax(axis=1)
    score, score_train = (float(votes[stands_for].sum() / votes.sum()) for votes in (test, train))
    return FactorVAEScore(score, score_train, train, int(active.sum()), len(z))


def _votes(z: Floats, groups: list[Groups], rng: np.random.Generator, count: int, batch: int) -> Labels:
    """How often each latent varied least while each factor was held, shape (L, K)."""
    columns = []
    for group in groups:
        least = z[group.draw(rng, count // len(groups), batch)].var(axis=1).argmin(axis=1)
        columns.append(np.bincount(least, minlength=z.shape[1]))
    return np.column_stack(columns)
