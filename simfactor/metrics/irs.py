"""The interventional robustness score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.metrics._checks import Floats, Labels, check_labelled
from simfactor.metrics._classes import factor_classes


class IRS(NamedTuple):
    """The score in [0, 1], and how little each latent moves while each factor is held."""

    score: float
    robustness: Floats  # (L, K)
    n: int


def irs(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
) -> IRS:
    """How still a latent stays while its factor is held and all others change: 1 - deviation / largest one.

    Suter et al. 2019, "Robustly Disentangled Causal Mechanisms", estimated as in disentanglement_lib: the
    deviation of latent i with factor k held is the 99th percentile of abs(z_i - E[z_i given v_k]), averaged
    over the values of v_k; it is taken relative to the largest abs(z_i - E[z_i]) of all samples. A latent's
    score is that of its best factor, and latents weigh by their largest deviation, so their scale matters.
    Latents that do not move weigh nothing, and if none does the score is 0.

    Not corrected for chance: latents of Gaussian noise score 0.36 at 10,000 samples. An
    interval of a continuous factor holds it only so still: at best 1 - 1 / factor_bins for the factor itself.

    Args:
        codes: latents (n, L).
        factors: factors (n, K); class labels where ``kinds`` says "categorical".
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        factor_bins: equal-width bins for continuous and angle columns, which take part as class labels.
        names: factor names for error messages.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers
            or never shared, factors that do not vary, or fewer samples than bins.
    """
    data = check_labelled(codes, factors, kinds, periods, names)
    classes = factor_classes(data, factor_bins)
    largest = np.abs(data.codes - data.codes.mean(axis=0)).max(axis=0)
    moves = np.ptp(data.codes, axis=0) > 0
    robustness = np.zeros((len(moves), len(classes)))
    for k, labels in enumerate(classes):
        robustness[moves, k] = 1 - _deviation(data.codes[:, moves], labels) / largest[moves]
    if not moves.any():
        return IRS(0.0, robustness, len(data.codes))
    score = np.average(robustness[moves].max(axis=1), weights=largest[moves])
    return IRS(float(score), robustness, len(data.codes))


def _deviation(codes: Floats, labels: Labels) -> Floats:
    """The 99th percentile (L,) of the distance from the class mean, averaged over the classes."""
    groups = [codes[labels == label] for label in np.unique(labels)]
    return np.mean([np.quantile(np.abs(z - z.mean(axis=0)), 0.99, axis=0) for z in groups], axis=0)
