"""What encoders learn from: the data set's images, or each of them beside a partner of the same world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.data import FactorDataset, change_some
from simfactor.encoders import OBJECTIVES
from simfactor.factors import canonical_rows
from simfactor.pipeline.plan import Plan

RENDERED_AT_ONCE = 512


def encoder_images(plan: Plan, dataset: FactorDataset) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """What the run's objective learns from: images (n, s, s, 3) and rows (n, K) of the data set's space.

    For an objective that learns from pairs each has another axis of length 2 behind the first: the data set's
    image, and the same world, rendered here, with one factor changed, drawn for each image, or with all
    nuisance factors at their canonical values. Both depend on the configuration and its seed only.
    """
    count = plan.run.data.count
    pairing = OBJECTIVES[plan.run.encoder.objective].pairs
    if pairing is None:
        return dataset.images(slice(0, count)), dataset.factors(slice(0, count))
    before = dataset.factors(slice(0, count))
    if pairing == "canonical":
        after = canonical_rows(dataset.space, before, plan.canonical_space)
    else:
        after = change_some(dataset.space, before, plan.run.seed)
    images = np.stack([dataset.images(slice(0, count))] * 2, axis=1)
    with plan.studio.open() as studio, tqdm(total=count, desc="partners", unit="img", disable=None) as bar:
        for start in range(0, count, RENDERED_AT_ONCE):
            rows = after[start : start + RENDERED_AT_ONCE]
            images[start : start + len(rows), 1] = studio.images(dataset.space, rows).rgb
            bar.update(len(rows))
    return images, np.stack([before, after], axis=1)
