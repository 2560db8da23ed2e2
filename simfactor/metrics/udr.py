"""The unsupervised disentanglement ranking: which of several trainings to keep, without labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.linear_model import Lasso

from simfactor.errors import SimfactorError, unknown_name
from simfactor.metrics._checks import Floats, check_matrix
from simfactor.metrics._correlation import unit_columns


class UDR(NamedTuple):
    """One score per training, in [0, 1]; comparable only among those scored together."""

    scores: Floats  # (M,)
    pairwise: Floats  # (M, M), row: the training read from; the diagonal is 0 and not used
    active: tuple[int, ...]  # active latents of each training
    similarity: str
    n: int


def udr(
    codes: Sequence[npt.ArrayLike],
    *,
    activity: Sequence[npt.ArrayLike] | None = None,
    threshold: float = 0.01,
    similarity: str = "lasso",
) -> UDR:
    """How well the latents of each training match those of the others one to one; higher is better.

    Duan et al. 2020, "Unsupervised Model Selection for Variational Disentangled Representation Learning",
    equation 2: with R (A, B) the similarities of the active latents of two trainings, and r the largest of a
    row or column, the pair scores (sum over columns of r^2 / sum + the same over rows) / (A + B). The score
    of a training is the median over the others, which differ in seed only; at least five are advised.
    Encoders entangled in the same way agree, too, and score high.

    Similarities: "lasso", absolute weights of a Lasso (alpha 0.1) that predicts the latents of the scored
    training from those of the other, all standardised (a perfect match scores 0.9); "spearman", absolute rank
    correlation. Inactive latents are left out; a pair without any active latent on a side scores 0.

    Args:
        codes: per training the latents (n, L_i) of the same n images in the same order, two or more.
        activity: per training a value (L_i,) per latent, usually its mean Kullback-Leibler divergence from
            the prior in nats; by default the variance of the codes (Burda et al. 2016).
        threshold: a latent is active if its activity is above this. A constant one never is.
        similarity: "lasso" or "spearman".

    Raises:
        SimfactorError: for fewer than two trainings, misshapen or non-finite arrays, unequal numbers of
            samples, activities that do not fit the latents, or an unknown similarity.
    """
    if similarity not in SIMILARITIES:
        raise unknown_name("similarity for UDR", similarity, SIMILARITIES)
    trainings = _active_latents(_check_codes(codes), activity, threshold)
    if similarity == "spearman":
        trainings = [rankdata(z, axis=0) for z in trainings]
    trainings = [unit_columns(z) for z in trainings]
    count = len(trainings)
    pairwise = np.zeros((count, count))
    for i, j in np.argwhere(~np.eye(count, dtype=bool)):
        if trainings[i].size and trainings[j].size:
            pairwise[i, j] = one_to_one(SIMILARITIES[similarity](trainings[i], trainings[j]))
    scores = np.array([np.median(np.delete(pairwise[:, j], j)) for j in range(count)])
    active = tuple(z.shape[1] for z in trainings)
    return UDR(scores, pairwise, active, similarity, len(trainings[0]))


def one_to_one(similarities: Floats) -> float:
    """Equation 2 of similarities (A, B), not negative; rows and columns of zeros count 0."""
    total = 0.0
    for axis in (0, 1):
        sums = similarities.sum(axis=axis)
        best = np.square(similarities.max(axis=axis))
        total += np.divide(best, sums, out=np.zeros_like(sums), where=sums > 0).sum()
    return float(total / sum(similarities.shape))


def _check_codes(codes: Sequence[npt.ArrayLike]) -> list[Floats]:
    if len(codes) < 2:
        raise SimfactorError(f"UDR compares at least 2 trainings, got {len(codes)}; train more seeds.")
    trainings = [check_matrix(z, f"codes[{i}]", "latents") for i, z in enumerate(codes)]
    for i, z in enumerate(trainings):
        if len(z) != len(trainings[0]):
            raise SimfactorError(
                f"codes[0] has {len(trainings[0])} rows and codes[{i}] {len(z)}; "
                "encode the same images with every training."
            )
    return trainings


def _active_latents(
    trainings: list[Floats], activity: Sequence[npt.ArrayLike] | None, threshold: float
) -> list[Floats]:
    if activity is None:
        activity = [z.var(axis=0) for z in trainings]
    values = [
        check_matrix(np.asarray(row)[None], f"activity[{i}]", "latents")[0] for i, row in enumerate(activity)
    ]
    got, expected = [len(row) for row in values], [z.shape[1] for z in trainings]
    if got != expected:
        raise SimfactorError(
            f"activity has {got} values; expected one per latent of each training, {expected}."
        )
    pairs = zip(trainings, values, strict=True)
    return [z[:, (row > threshold) & (np.ptp(z, axis=0) > 0)] for z, row in pairs]


def _lasso(source: Floats, target: Floats) -> Floats:
    scale = np.sqrt(len(source))
    weights = Lasso(alpha=0.1).fit(scale * source, scale * target).coef_
    return np.abs(np.reshape(weights, (target.shape[1], source.shape[1]))).T


# similarity -> of columns (n, A), (n, B) of mean 0 and length 1 the matrix (A, B), not negative
SIMILARITIES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "lasso": _lasso,
    "spearman": lambda a, b: np.abs(a.T @ b),
}
