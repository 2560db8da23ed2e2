"""Classical baselines: scikit-learn models of the pixels, as pairs of affine maps.

Nothing is trained: :mod:`simfactor.encoders.classical` fits these at once and keeps what they found as the
weights of the ``linear`` network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Fitted(NamedTuple):
    """Two affine maps between pictures (n, D) and latents (n, L)."""

    latents: Callable[[Values], Values]
    pictures: Callable[[Values], Values]


def pca(pictures: Values, latents: int, seed: int) -> Fitted:
    """Principal components, largest first (randomised: Halko et al. 2011)."""
    from sklearn.decomposition import PCA  # here and below: takes a second that other encoders need not spend

    model = PCA(latents, whiten=True, svd_solver="randomized", random_state=seed).fit(pictures)
    return Fitted(model.transform, model.inverse_transform)


def ica(pictures: Values, latents: int, seed: int) -> Fitted:
    """Independent components (FastICA: Hyvarinen & Oja 2000) of the whitened principal components.

    As usual, as many components as principal components are kept. They are found one after the other
    (deflation): on rendered pictures the joint iteration did not converge in 2,000 steps, this one in 30.
    """
    from sklearn.decomposition import FastICA

    whitened = pca(pictures, latents, seed)
    scores = whitened.latents(pictures)
    model = FastICA(None, algorithm="deflation", whiten=False, max_iter=1000, random_state=seed).fit(scores)
    return Fitted(
        lambda given: model.transform(whitened.latents(given)),
        lambda codes: whitened.pictures(model.inverse_transform(codes)),
    )


def factor_analysis(pictures: Values, latents: int, seed: int) -> Fitted:
    """Factor analysis (Rubin & Thayer 1982): latents with noise of its own in every pixel value.

    Fitted to the pixels, not to principal components, whose covariance is diagonal: there noise alone
    would explain everything.
    """
    from sklearn.decomposition import FactorAnalysis

    model = FactorAnalysis(latents, svd_method="randomized", random_state=seed).fit(pictures)
    return Fitted(model.transform, lambda codes: codes @ model.components_ + model.mean_)
