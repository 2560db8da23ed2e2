"""The mutual information gap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simfactor.metrics.mutual_information import mutual_information_matrix


def mig(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    bins: int = 20,
    kinds: Sequence[str] | None = None,
    factor_bins: int = 10,
    names: Sequence[str] | None = None,
    constant: str = "error",
) -> float:
    """Mean over factors of (I1 - I2) / H(v): how far one latent stands out in telling each factor, in [0, 1].

    Chen et al. 2018, "Isolating Sources of Disentanglement in Variational Autoencoders", estimated as in
    disentanglement_lib (Locatello et al. 2019). A factor that needs two latents, such as an angle given as
    (cos, sin), scores low by design. With a single latent, I2 is 0.

    Args: as for ``mutual_information_matrix``; with ``constant="drop"`` the mean leaves constant factors out.

    Raises:
        SimfactorError: as ``mutual_information_matrix``.
    """
    information = mutual_information_matrix(
        codes, factors, bins=bins, kinds=kinds, factor_bins=factor_bins, names=names, constant=constant
    )
    ranked = np.sort(np.vstack([information, np.zeros(information.shape[1])]), axis=0)
    return float(np.nanmean(ranked[-1] - ranked[-2]))
