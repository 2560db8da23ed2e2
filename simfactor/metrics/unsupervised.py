"""How dependent the latents are on one another, as far as a Gaussian shows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import Floats, check_matrix
from simfactor.metrics._correlation import unit_columns


class Unsupervised(NamedTuple):
    """Dependence of the latents; unlike all other scores, *lower* is more independent, 0 the least."""

    total_correlation: float  # nats
    wasserstein_correlation: float  # squared units of the latents
    wasserstein_correlation_normalised: float  # per unit of their total variance
    active: int  # latents that vary
    n: int


def unsupervised(codes: npt.ArrayLike) -> Unsupervised:
    """Distance of a Gaussian with the latents' covariance from the product of its marginals.

    As in disentanglement_lib (Locatello et al. 2019): the Kullback-Leibler divergence ("total correlation",
    Watanabe 1960), and the squared 2-Wasserstein distance, also over the trace of the covariance. Without
    labels neither says that latents mean anything: independent noise scores best, and a collapsed encoder
    scores 0, as a point is the product of its marginals; look at ``active``.

    The total correlation of latents that are exact linear combinations of one another is infinite.

    Args:
        codes: latents (n, L) with n > L.

    Raises:
        SimfactorError: for misshapen or non-finite codes, or no more samples than latents.
    """
    z = check_matrix(codes, "codes", "latents")
    n, latents = z.shape
    if n <= latents:
        raise SimfactorError(
            f"{n} samples of {latents} latents have no covariance of full rank; "
            "give more samples than latents."
        )
    z = z[:, np.ptp(z, axis=0) > 0]
    if not z.size:
        return Unsupervised(0.0, 0.0, 0.0, 0, n)
    units = unit_columns(z)
    variances = z.var(axis=0, ddof=1)
    wasserstein = _wasserstein(units.T @ units, variances)
    return Unsupervised(
        _total_correlation(units), wasserstein, float(wasserstein / variances.sum()), z.shape[1], n
    )


def _total_correlation(units: Floats) -> float:
    """-1/2 log det of the correlation matrix of columns of mean 0 and length 1, in nats."""
    strength = np.linalg.svd(units, compute_uv=False)
    if strength[-1] <= len(units) * np.finfo(np.float64).eps:
        return float("inf")
    return max(0.0, float(-np.log(strength).sum()))


def _wasserstein(correlation: Floats, variances: Floats) -> float:
    """2 tr(S) - 2 tr((D^1/2 S D^1/2)^1/2) of the covariance S and its diagonal D."""
    # D^1/2 S D^1/2 from correlations: row i, column j carry v_i v_j of the variances v.
    squares = np.linalg.eigvalsh(correlation * np.outer(variances, variances))
    return max(0.0, float(2 * variances.sum() - 2 * np.sqrt(np.maximum(squares, 0)).sum()))
