"""Modularity: is each latent about one factor?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simfactor.metrics._checks import check_labelled, check_several
from simfactor.metrics._classes import check_bins, factor_classes
from simfactor.metrics.mutual_information import bin_equal_width, mutual_information


def modularity(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    bins: int = 20,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
) -> float:
    """Mean over latents of 1 - sum_{k != k*} m_k^2 / (m_k*^2 (K - 1)), k* the factor told most, in [0, 1].

    m_k is the mutual information in nats of the latent and factor k, both as classes. Ridgeway & Mozer 2018,
    "Learning Deep Disentangled Embeddings With the F-Statistic Loss", section 3, estimated as in
    disentanglement_lib (Locatello et al. 2019). A latent that tells nothing counts 0. One of noise does not:
    the estimate's bias, larger for factors of more classes, passes for information. So prune such
    latents first, and never read modularity without explicitness.

    Args:
        codes: latents (n, L).
        factors: factors (n, K) with K >= 2; class labels where ``kinds`` says "categorical".
        bins: equal-width bins per latent.
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        factor_bins: equal-width bins for continuous and angle columns, which take part as class labels.
        names: factor names for error messages.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers
            or never shared, factors that do not vary, a single factor, or fewer samples than bins.
    """
    data = check_labelled(codes, factors, kinds, periods, names)
    check_several(len(data.kinds), "factors", "modularity")
    check_bins(bins, "bins", len(data.codes))
    classes = factor_classes(data, factor_bins)
    cells = [bin_equal_width(column, bins) for column in data.codes.T]
    squares = np.array([[mutual_information(cell, labels) for labels in classes] for cell in cells]) ** 2
    most = squares.max(axis=1)
    told = most > 0
    rest = (squares.sum(axis=1) - most)[told] / most[told]
    return float(np.sum(1 - rest / (len(classes) - 1)) / len(cells))
