"""Plug-in mutual information between binned latents and factors, in nats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import entr

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import (
    Floats,
    Labels,
    check_kinds,
    check_names,
    check_samples,
    class_labels,
    varying_factors,
)


def mutual_information_matrix(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    bins: int = 20,
    kinds: Sequence[str] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
    constant: str = "error",
) -> Floats:
    """I(latent; factor) / H(factor), shape (L, K): which latent tells how much of which factor, in [0, 1].

    Latents are cut into ``bins`` equal-width bins between their extremes, as in disentanglement_lib
    (``np.digitize(z, np.histogram(z, bins)[1][:-1])``). The plug-in estimate is biased upwards, by about
    (bins - 1)(classes - 1) / 2n nats: compare scores at equal n only.

    Args:
        codes: latents (n, L).
        factors: factors (n, K); class labels where ``kinds`` says "categorical".
        bins: bins per latent.
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        factor_bins: equal-width bins for continuous and angle columns, which take part as class labels.
        names: factor names for error messages.
        constant: "error", or "drop" for a column of NaN where a factor does not vary (its entropy is 0).

    Raises:
        SimfactorError: for misshapen or non-finite arrays, fewer samples than bins, labels that are not whole
            numbers, and constant factors unless dropped.
    """
    z, v = check_samples(codes, factors)
    names = check_names(names, v.shape[1])
    kinds = check_kinds(kinds, v.shape[1])
    for value, what in ((bins, "bins"), (factor_bins, "factor_bins")):
        if value < 2:
            raise SimfactorError(
                f"{what} is {value}; at least 2 are needed to tell values apart (usually 20)."
            )
    if len(z) < bins:
        raise SimfactorError(
            f"{len(z)} samples cannot fill {bins} bins; give more samples (usually 10,000) or fewer bins."
        )
    varies = varying_factors(v, names, constant)
    cells = [bin_equal_width(column, bins) for column in z.T]
    matrix = np.full((z.shape[1], v.shape[1]), np.nan)
    for k in np.flatnonzero(varies):
        column = v[:, k]
        if kinds[k] == "categorical":
            labels = class_labels(column, names[k])
        else:
            labels = bin_equal_width(column, factor_bins)
        information = np.array([mutual_information(cell, labels) for cell in cells])
        matrix[:, k] = information / entropy(labels)
    return matrix


def bin_equal_width(values: Floats, bins: int) -> Labels:
    """Indices 1..bins of values (n,), cut between their extremes."""
    # The edges np.histogram makes, without its refusal of ranges too small to split (a collapsed latent).
    edges = np.linspace(values.min(), values.max(), bins + 1)
    return np.digitize(values, edges[:-1])


def mutual_information(a: Labels, b: Labels) -> float:
    """Plug-in mutual information in nats of two label arrays (n,)."""
    rows, a = np.unique(a, return_inverse=True)
    columns, b = np.unique(b, return_inverse=True)
    joint = np.bincount(a * len(columns) + b, minlength=len(rows) * len(columns)) / len(a)
    joint = joint.reshape(len(rows), len(columns))
    information = entr(joint.sum(1)).sum() + entr(joint.sum(0)).sum() - entr(joint).sum()
    return max(0.0, float(information))


def entropy(labels: Labels) -> float:
    """Plug-in entropy in nats of labels (n,)."""
    return float(entr(np.unique(labels, return_counts=True)[1] / len(labels)).sum())
