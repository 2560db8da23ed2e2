"""How far a latent block is from what the training support says there, and how rare that is. NumPy only.

A score becomes a p-value by its rank among those of images that nothing was fitted on: conformal anomaly
detection (Vovk et al. 2005; Laxhammar & Falkman 2015). Whatever the scores are worth, p <= alpha holds of a
share alpha at most of images like those.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders.codes import category_codes, factor_codes, factor_values
from simfactor.factors import Angle, Categorical, Factor

Floats = NDArray[np.float64]


def conformal_p_values(calibration: Floats, scores: Floats) -> Floats:
    """Scores (n, m) -> p-values (n, m): the share of calibration scores as high, each image's own counted in.

    calibration (c, m): of clean images, ascending in each column.
    """
    count = len(calibration)
    below = [np.searchsorted(own, score) for own, score in zip(calibration.T, scores.T, strict=True)]
    return (1 + count - np.stack(below, axis=1)) / (1 + count)


def support_distances(factor: Factor, block: Floats) -> Floats:
    """How far blocks (n, w) are from the code of the nearest allowed value, (n,).

    For a number how far the value read lies beyond its range, in halves of the range; for a category how far
    the block is from any value's code.
    """
    if isinstance(factor, Categorical):
        return np.abs(block - category_codes(factor)).min(axis=1)
    nearest = nearest_values(factor, factor_values(factor, block))
    return np.linalg.norm(block - factor_codes(factor, nearest), axis=1)


def nearest_values(factor: Factor, values: Floats) -> Floats:
    """The allowed values (n,) nearest to values (n,): themselves where they are in the support."""
    if isinstance(factor, Categorical):
        return values
    edges = np.array(factor.segments).ravel()
    apart = np.abs(values[:, None] - edges)
    if isinstance(factor, Angle):
        apart = np.abs(np.mod(apart + factor.period / 2, factor.period) - factor.period / 2)
    return np.where(factor.contains(values), values, edges[apart.argmin(axis=1)])
