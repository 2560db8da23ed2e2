"""What encoders learn from: the data set's images, or each of them beside itself with one factor changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.data import FactorDataset, change_some
from simfactor.encoders import OBJECTIVES
from simfactor.pipeline.plan import Plan

RENDERED_AT_ONCE = 512


def encoder_images(plan: Plan, dataset: FactorDataset) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """What the run's objective learns from: images (n, s, s, 3) and rows (n, K) of the data set's space.

    For an objective that learns from pairs each has another axis of length 2 behind the first: the data set's
    image, and the same world with one factor changed, drawn for each image and rendered here. Both depend on
    the run's seed only.
    """
    count = plan.run.data.count
    if not OBJECTIVES[plan.run.encoder.objective].pairs:
        return dataset.images(slice(0, count)), dataset.factors(slice(0, count))
    before = dataset.factors(slice(0, count))
    after = change_some(dataset.space, before, plan.run.seed)
    images = np.stack([dataset.images(slice(0, count))] * 2, axis=1)
    with plan.studio.open() as studio, tqdm(total=count, desc="partners", unit="img", disable=None) as bar:
        for start in range(0, count, RENDERED_AT_ONCE):
            rows = after[start : start + RENDERED_AT_ONCE]
            images[start : start + len(rows), 1] = studio.images(dataset.space, rows).rgb
            bar.update(len(rows))
    return images, np.stack([before, after], axis=1)
