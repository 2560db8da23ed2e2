"""Pictures as points of which distances mean something: what an encoder reads and sees, and their colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.reading import points_of
from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import Head
from simfactor.encoders.features import dense_layers, inputs_of
from simfactor.frames import Byte

Floats = NDArray[np.float64]
Points = dict[str, Floats]  # view -> points (n, d)
CELLS = 4  # of a side of the coarse picture


@dataclass(frozen=True)
class Viewed:
    """n pictures: the values (n, K) read in the encoder's space, and points (n, d) of each view."""

    values: Floats
    points: Points


def view(encoder: FactorEncoder, heads: Sequence[Head], images: Byte) -> Viewed:
    """Images (n, s, s, 3) in several views.

    One view a factor of ``heads``, of what is read of it (:func:`.reading.points_of`); ``features``, what the
    encoder's last dense layer is given; ``colours``, mean and deviation of each channel; ``layout``, means
    over the cells of a coarse grid.
    """
    with inputs_of(dense_layers(encoder)[-1]) as late:
        values = encoder.predict(images)
    points = {head.name: points_of(head.factor, values[:, head.column]) for head in heads}
    points["features"] = np.concatenate([part.cpu().numpy() for part in late]).astype(np.float64)
    pixels = images.astype(np.float32) / np.float32(255)
    colours = [pixels.mean(axis=(1, 2)), pixels.std(axis=(1, 2))]
    points["colours"] = np.concatenate(colours, axis=1).astype(np.float64)
    points["layout"] = _coarse(pixels).astype(np.float64)
    return Viewed(values, points)


def _coarse(pixels: NDArray[np.floating]) -> NDArray[np.floating]:
    """Means over CELLS x CELLS cells of pictures (n, s, s, 3), (n, 3 CELLS^2)."""
    edges = np.linspace(0, pixels.shape[1], CELLS + 1).astype(int)[:-1]
    rows = np.add.reduceat(pixels, edges, axis=1)
    sums = np.add.reduceat(rows, edges, axis=2)
    lengths = np.diff(np.append(edges, pixels.shape[1])).astype(np.float32)
    return (sums / (lengths[:, None, None] * lengths[:, None])).reshape(len(pixels), -1)
