"""What an encoder reads of each factor in a set of images, as points whose distances mean something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.two_sample import bootstrap_means
from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import Head
from simfactor.encoders.features import encode_with_features
from simfactor.encoders.layout import is_circular
from simfactor.encoders.support import support_distances
from simfactor.factors import Angle, Categorical, Factor
from simfactor.statistics import Interval

Floats = NDArray[np.float64]
TAIL = 0.05  # of the readings, below ``low`` and above ``high``


class Seen(NamedTuple):
    """n images as an encoder sees them: latents (n, L), what the first and the last dense layer are given,
    (n, E) and (n, F), and the values (n, K) of its factor space, (n, 0) where no latents are a factor's."""

    latents: Floats
    early: Floats
    features: Floats
    values: Floats

    def read(self, head: Head) -> Floats:
        """The values (n,) read of a factor."""
        return self.values[:, head.column]


@dataclass(frozen=True)
class Reading:
    """What is read of one factor in one domain.

    Numbers: their mean, and what 5 % of the readings lie below and above. Angles on a circle: the mean
    direction alone, None where the readings have none (Rayleigh's test at 5 %, Mardia & Jupp 2000, section
    6.3). Categories: the share of images that each value is read in.
    """

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    shares: dict[str, float] | None = None


def see(encoder: FactorEncoder, images: NDArray[np.uint8]) -> Seen:
    """Images (n, s, s, 3) as the encoder sees them."""
    values = encoder.predict(images) if encoder.heads else np.empty((len(images), 0))
    latents, early, features = (own.astype(np.float64) for own in encode_with_features(encoder, images))
    return Seen(latents, early, features, values)


def points_of(factor: Factor, values: Floats) -> Floats:
    """Values (n,) as points (n, d): a number as it is, a direction on the unit circle, a category as the
    corner of a simplex. So distances do not depend on where a circle is cut or how values are ordered, and
    means of points tell the mean, the mean direction, the shares."""
    if isinstance(factor, Categorical):
        return np.eye(len(factor.values))[values.astype(np.int64)]
    if _on_circle(factor):
        turn = 2 * np.pi * values / factor.period
        return np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return values[:, None]


def summary(factor: Factor, values: Floats) -> Reading:
    """What is read, of values (n,)."""
    mean = points_of(factor, values).mean(axis=0)
    if isinstance(factor, Categorical):
        return Reading(shares=dict(zip(factor.values, mean.tolist(), strict=True)))
    if _on_circle(factor):
        directed = np.exp(-len(values) * np.square(mean).sum()) <= 0.05
        return Reading(mean=float(_direction(factor, mean)) if directed else None)
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    return Reading(float(mean[0]), float(low), float(high))


def difference(
    factor: Factor, source: Floats, target: Floats, resamples: int, seed: int
) -> tuple[Interval | None, str]:
    """Target minus source of values (n,) and (m,), with a 95 % percentile bootstrap interval; and of what.

    Of the means, in the factor's unit; of mean directions, the short way round, None if either has none; of
    the share of the category that changes most, whose name is returned.
    """
    both = source, target
    if not isinstance(factor, Categorical) and any(summary(factor, own).mean is None for own in both):
        return None, ""
    points = [points_of(factor, own) for own in both]
    found = _moved(factor, *(own.mean(axis=0) for own in points))
    drawn = _moved(factor, *(bootstrap_means(own, resamples, seed + i) for i, own in enumerate(points)))
    most = int(np.abs(found).argmax())
    middle, around = float(found[most]), drawn[:, most]
    if _on_circle(factor):
        around = middle + _short_way(factor, around - middle)
    low, high = np.quantile(around, [0.025, 0.975])
    named = factor.values[most] if isinstance(factor, Categorical) else ""
    return Interval(middle, float(low), float(high), min(map(len, both))), named


def outside_scores(head: Head, latents: Floats) -> Floats:
    """How far the blocks of latents (n, L) are from what the training support says there, (n,)."""
    return support_distances(head.factor, latents[:, head.latents])


def _on_circle(factor: Factor) -> TypeGuard[Angle]:
    return isinstance(factor, Angle) and is_circular(factor)


def _moved(factor: Factor, source: Floats, target: Floats) -> Floats:
    """From mean points (..., d) to others: (..., 1), of categories (..., d)."""
    if _on_circle(factor):
        return _short_way(factor, _direction(factor, target) - _direction(factor, source))[..., None]
    return target - source


def _direction(factor: Angle, points: Floats) -> Floats:
    """The angle of points (..., 2) in [low, low + period)."""
    value = np.arctan2(points[..., 1], points[..., 0]) * factor.period / (2 * np.pi)
    return np.asarray(factor.low + np.mod(value - factor.low, factor.period))


def _short_way(factor: Angle, apart: Floats) -> Floats:
    return np.mod(apart + factor.period / 2, factor.period) - factor.period / 2
