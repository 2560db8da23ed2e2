"""CUDA's division of the work, done on the CPU: the kernels must not care who does which part."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.factors import load_space
from simfactor.render import Studio
from simfactor.render.raster import RasterRenderer


@pytest.mark.parametrize("samples", [1, 2])
def test_many_small_threads_give_the_same_bytes(samples: int) -> None:
    space = load_space("tabletop")
    with Studio("tabletop", image_size=64) as studio:
        batch = studio.batch(space, space.sample(4, seed=5))
    batch = replace(batch, light_softness=np.float32([0.0, 0.05, 0.0, 0.1]))
    renderer = RasterRenderer(normals=True, albedo=True, supersample=samples)
    narrow = renderer.render(batch)
    renderer._settings = replace(renderer._settings, wide=True)
    wide = renderer.render(batch)
    for name in ("rgb", "depth", "segmentation", "normals", "albedo"):
        np.testing.assert_array_equal(getattr(narrow, name), getattr(wide, name), err_msg=name)
