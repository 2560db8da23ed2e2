"""Squared correlation of latents with factors of any kind."""

from __future__ import annotations

import numpy as np

from simfactor.metrics._checks import Floats, Labels


def unit_columns(values: Floats) -> Floats:
    """The columns (n, d) at mean 0 and length 1, so that products are correlations; constant ones are 0."""
    spread = np.ptp(values, axis=0)
    varies = spread > 0
    # To [0, 1] first: the squares of a nearly collapsed latent would underflow.
    scaled = (values - values.min(axis=0)) / np.where(varies, spread, 1)
    centred = scaled - scaled.mean(axis=0)
    return centred / np.where(varies, np.linalg.norm(centred, axis=0), 1)


def explained_by_columns(values: Floats, target: Floats) -> Floats:
    """Squared multiple correlation (L,) of each column of values (n, L) with target (n, d); 0 if constant."""
    basis, strength, _ = np.linalg.svd(target - target.mean(axis=0), full_matrices=False)
    basis = basis[:, strength > 1e-9 * strength[0]]
    return np.minimum(np.square(basis.T @ unit_columns(values)).sum(axis=0), 1)


def explained_by_classes(values: Floats, labels: Labels) -> Floats:
    """Correlation ratio (L,): the share of each column's variance (n, L) between the classes (n,)."""
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    sums = np.zeros((len(sizes), values.shape[1]))
    np.add.at(sums, labels, unit_columns(values))
    return np.minimum((np.square(sums) / sizes[:, None]).sum(axis=0), 1)
