"""How a factor's value is written in its latent block, and read back. NumPy; n images on axis 0.

==================  =====================================================================================
continuous          one number: -1 at ``low``, +1 at ``high``
angle, short arc    the same, along the arc
angle, over half    cosine and sine of 2 pi value / period, exact on the whole circle
categorical         one number: K values evenly spaced over [-1, 1]
==================  =====================================================================================

For a categorical factor the *network* has K logits, trained by cross-entropy, and the latent is the mean of
the K codes under their softmax. So it keeps the accuracy of K logits, which a regression onto K centres
loses, and the single dimension per factor that separation metrics and policies want, which K logits would
spread. (Ours. The price: halfway between two codes may mean a third; ``FactorEncoder.predict`` therefore
reads categories from the logits.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders.layout import LatentLayout, is_circular
from simfactor.factors import Angle, Categorical, Continuous, Factor, FactorSpace

Latents = NDArray[np.float32]
Values = NDArray[np.float64]


class Head(NamedTuple):
    """A factor's place in the network's outputs and in the latents."""

    name: str
    column: int  # in the rows of the factor space
    factor: Factor
    outputs: slice
    latents: slice


def heads_of(space: FactorSpace, layout: LatentLayout) -> tuple[Head, ...]:
    """The heads of the factors that have a block in the layout, in latent order."""
    heads: list[Head] = []
    start = 0
    for name in layout.names[:-1]:
        factor, latents = space[name], layout.slice(name)
        width = len(factor.values) if isinstance(factor, Categorical) else latents.stop - latents.start
        heads.append(Head(name, space.index(name), factor, slice(start, start + width), latents))
        start += width
    return tuple(heads)


def category_codes(factor: Categorical) -> Values:
    """The K codes of a categorical factor's values, (K,)."""
    count = len(factor.values)
    return np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)


def factor_codes(factor: Factor, values: Values) -> Values:
    """The exact latent block (n, w) of factor values (n,)."""
    if isinstance(factor, Categorical):
        return category_codes(factor)[values.astype(np.int64), None]
    if isinstance(factor, Angle):
        if is_circular(factor):
            turn = 2 * np.pi * values / factor.period
            return np.stack([np.cos(turn), np.sin(turn)], axis=1)
        values = _nearest_turn(factor, values)
    return ((values - _middle(factor)) / _half(factor))[:, None]


def factor_values(factor: Factor, codes: Values) -> Values:
    """Factor values (n,) of latent blocks (n, w): the inverse of :func:`factor_codes`.

    Numbers may lie beyond the domain (an encoder can be off); angles over more than half the period come
    back in [low, low + period).
    """
    if isinstance(factor, Categorical):
        return np.abs(codes - category_codes(factor)[None]).argmin(axis=1).astype(np.float64)
    if isinstance(factor, Angle) and is_circular(factor):
        value = np.arctan2(codes[:, 1], codes[:, 0]) * factor.period / (2 * np.pi)
        return factor.low + np.mod(value - factor.low, factor.period)
    return _middle(factor) + codes[:, 0] * _half(factor)


def ideal_latents(space: FactorSpace, layout: LatentLayout, rows: Values) -> Latents:
    """The latents (n, L) that a perfect encoder of this layout gives for factor rows (n, K); residual 0.

    For policies on ground truth, as training targets and as the best a metric can be shown.
    """
    latents = np.zeros((len(rows), layout.size), np.float32)
    for head in heads_of(space, layout):
        latents[:, head.latents] = factor_codes(head.factor, rows[:, head.column])
    return latents


def _middle(factor: Continuous) -> float:
    return (factor.low + factor.high) / 2


def _half(factor: Continuous) -> float:
    return (factor.high - factor.low) / 2 or 1.0  # a fixed factor has code 0


def _nearest_turn(factor: Angle, values: Values) -> Values:
    """The values in the turn centred on the domain, so that 350 of a range around 0 is read as -10."""
    middle, period = _middle(factor), factor.period
    return middle + np.mod(values - middle + period / 2, period) - period / 2
