"""The scored images again, one factor changed in each, for scores that need no estimate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.data import FactorDataset
from simfactor.pipeline.plan import Plan

PER_FACTOR = 32  # scored images that each factor is changed in
COMPONENTS = 10  # principal components of the pixels, to compare with
FITTED_TO = 300  # images
SCALE = 255.0


class Changed(NamedTuple):
    """P pairs: which scored image came before (P,), what it became (P, s, s, 3), what changed (P, K) bool."""

    before: NDArray[np.intp]
    after: NDArray[np.uint8]
    changed: NDArray[np.bool_]


def change_each(
    plan: Plan, dataset: FactorDataset, indices: NDArray[np.intp], names: tuple[str, ...]
) -> Changed:
    """Render the first of the images ``indices`` again with each of the K named factors changed alone."""
    rows = dataset.factors(indices[:PER_FACTOR])
    space, seed = dataset.space, plan.run.seed
    with plan.studio.open() as studio:
        after = [
            studio.images(space, space.intervene(rows, [name], seed)).rgb
            for name in tqdm(names, desc="interventions", unit="factor", disable=None)
        ]
    return Changed(
        np.tile(np.arange(len(rows)), len(names)),
        np.concatenate(after),
        np.repeat(np.eye(len(names), dtype=np.bool_), len(rows), axis=0),
    )


def principal_components(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean (d,) and the first components (d, c) of images (n, s, s, 3): the plainest code there is."""
    pixels = _pixels(images[:FITTED_TO])
    mean = pixels.mean(axis=0)
    _, _, directions = np.linalg.svd(pixels - mean, full_matrices=False)
    return mean, directions[:COMPONENTS].T


def project(
    images: NDArray[np.uint8], components: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Codes (n, c) of images (n, s, s, 3)."""
    mean, directions = components
    return (_pixels(images) - mean) @ directions


def _pixels(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    return images.reshape(len(images), -1) / SCALE
