"""Against TinyRenderer, which shares no code with the rasteriser, on random tabletop scenes.

``benchmarks/raster_oracle.py`` does the same for 200 scenes.
"""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.factors import load_space
from simfactor.render import Studio

SCENES = 8


@pytest.fixture(scope="module")
def scenes():
    """A batch of tabletop scenes and what the oracle makes of it."""
    space = load_space("tabletop")
    with Studio("tabletop", renderer="tiny", image_size=224) as studio:
        batch = studio.batch(space, space.sample(SCENES, seed=5))
        yield batch, studio.renderer.render(batch), studio.renderer


def iou(a, b):
    labels = np.unique(np.concatenate([a.reshape(-1, 2), b.reshape(-1, 2)]), axis=0)
    masks = [((a == label).all(axis=-1), (b == label).all(axis=-1)) for label in labels]
    return np.mean([(x & y).sum() / (x | y).sum() for x, y in masks])


def difference(a, b):
    """rgb levels (P,), the largest of the channels, where both images show the same segment."""
    same = (a.segmentation == b.segmentation).all(axis=-1)
    return np.abs(a.rgb.astype(int) - b.rgb).max(axis=-1)[same]


def test_segments_are_those_of_the_oracle(lab, scenes):
    batch, oracle, _ = scenes
    images = lab.render(batch)
    each = [iou(a, b) for a, b in zip(images.segmentation, oracle.segmentation, strict=True)]
    assert min(each) >= 0.98
    assert np.mean(each) >= 0.999


def test_depth_is_that_of_the_oracle(lab, scenes):
    """The median error of every scene is far below 2 mm; that of the worst pixel away from edges, too."""
    batch, oracle, _ = scenes
    images = lab.render(batch)
    same = (images.segmentation == oracle.segmentation).all(axis=-1)
    both = same & np.isfinite(images.depth) & np.isfinite(oracle.depth)
    error = np.abs(images.depth - oracle.depth, where=both, out=np.full(both.shape, np.nan, np.float32))
    assert np.nanmedian(error, axis=(1, 2)).max() < 2e-5
    assert np.nanpercentile(error, 99.9) < 1e-3


def test_rgb_is_close_to_the_oracle(lab, scenes):
    """Differences remain at the edges of shadows, whose maps differ, and in textures between two levels."""
    batch, oracle, _ = scenes
    off = difference(lab.render(batch), oracle)
    assert np.median(off) <= 1
    assert np.percentile(off, 90) <= 5
    assert np.percentile(off, 99) <= 24
    assert (off > 64).mean() < 0.002


@pytest.mark.parametrize("specular", [0.0, 0.4])
def test_without_shadows_and_textures_rgb_is_the_oracles_to_a_level(lab, scenes, specular):
    """What is left is the shading model alone."""
    batch, _, tiny = scenes
    batch = replace(
        batch[:3],
        texture=np.full_like(batch.texture[:3], -1),
        specular=np.full_like(batch.specular[:3], specular),
    )
    tiny.ideal.shadows = False
    try:
        oracle = tiny.render(batch)
    finally:
        tiny.ideal.shadows = True
    off = difference(lab.render(batch, shadows=False), oracle)
    assert np.percentile(off, 99) <= 1
    assert (off > 8).mean() < 0.002
