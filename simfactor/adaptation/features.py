"""Two domains in an encoder's features: distances, each with what is no distance, and nearest pictures."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from simfactor.adaptation.distances import Floats, frechet_distance, kernel_distance
from simfactor.adaptation.pictures import Indices
from simfactor.adaptation.result import NearPair
from simfactor.encoders.support import conformal_p_values
from simfactor.statistics import Interval, wilson_interval

DRAWS = 10  # of parts of either domain
SHOWN, NEAREST = 6, 4  # pictures of the target, and of the source beside each


def feature_distances(
    source: Floats, target: Floats, identical: bool, seed: int
) -> tuple[Interval, Interval, Interval]:
    """Of features (n, F) and (m, F): the Frechet distance, that of parts of the source, the kernel distance.

    Features are divided by their root mean square in the source: encoders' have no scale of their own, and a
    kernel (x'y / F + 1)^3 expects this one. The very same images are no distance apart.
    """
    scale = np.sqrt(np.square(source).mean()) or 1.0
    source, target = source / scale, target / scale
    frechet, halves = frechet_and_halves(source, target, seed)
    kernel = kernel_distance(source, target)
    if identical:
        frechet, kernel = (Interval(0.0, 0.0, 0.0, own.n) for own in (frechet, kernel))
    return frechet, halves, kernel


def frechet_and_halves(source: Floats, target: Floats, seed: int) -> tuple[Interval, Interval]:
    """Frechet distance of the domains, and of disjoint parts of the source, at the same number of images.

    That number, the most that the source has twice and the target once, decides how much of either is mere
    sampling error. Means of ten draws, between the least and the largest.
    """
    count = min(len(source) // 2, len(target))
    rng = np.random.default_rng(seed)
    domains, halves = [], []
    for _ in range(DRAWS):
        order = rng.permutation(len(source))
        first, second = source[order[:count]], source[order[count : 2 * count]]
        domains.append(frechet_distance(first, target[rng.permutation(len(target))[:count]]))
        halves.append(frechet_distance(first, second))
    return _range(domains, count), _range(halves, count)


def unlike_share(source: Floats, target: Floats, alpha: float) -> Interval:
    """Share of the target's images that are farther from the source's nearest than all but a share alpha of
    the source's own are from their nearest, with Wilson's interval (Sun et al. 2022, with k = 1)."""
    own = cdist(source, source)
    np.fill_diagonal(own, np.inf)
    calibration = np.sort(own.min(axis=1))[:, None]
    apart = cdist(target, source).min(axis=1)[:, None]
    unlike = conformal_p_values(calibration, apart) <= alpha
    return wilson_interval(int(unlike.sum()), len(unlike))


def nearest_pairs(
    source: Floats, target: Floats, of_source: Indices, of_target: Indices
) -> tuple[NearPair, ...]:
    """Six pictures of the target, from the most ordinary to the strangest, and the four of the source that
    are nearest to each: of features (n, F) and (m, F), by the indices (n,) and (m,) of their pictures."""
    apart = cdist(target, source)
    distances = apart.min(axis=1)
    ranks = np.linspace(0, len(target) - 1, SHOWN).astype(int)
    return tuple(
        NearPair(
            int(of_target[i]), tuple(of_source[np.argsort(apart[i])[:NEAREST]].tolist()), float(distances[i])
        )
        for i in np.argsort(distances)[ranks]
    )


def _range(found: list[float], count: int) -> Interval:
    return Interval(float(np.mean(found)), min(found), max(found), count)
