from dataclasses import replace

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.frames import RenderBatch
from simfactor.render import Studio, make_renderer, render_counterfactuals

TIMES = 3


@pytest.fixture(scope="module")
def scenes() -> tuple[RenderBatch, RenderBatch]:
    """Two tabletop scenes, and three other appearances of each, poses and cameras included."""
    space = load_space("tabletop")
    with Studio("tabletop", image_size=32) as studio:
        return studio.batch(space, space.sample(2, 0)), studio.batch(space, space.sample(2 * TIMES, 1))


@pytest.mark.parametrize("name", ["raster", "tiny"])
def test_geometry_comes_from_one_batch_and_looks_from_the_other(
    scenes: tuple[RenderBatch, RenderBatch], name: str
) -> None:
    batch, looks = scenes
    with make_renderer(name) as renderer:
        images = render_counterfactuals(renderer, batch, looks)
        factual = renderer.render(batch)
        assert len(images) == 2 * TIMES
        for i in range(2 * TIMES):
            np.testing.assert_array_equal(images.depth[i], factual.depth[i // TIMES])
            np.testing.assert_array_equal(images.segmentation[i], factual.segmentation[i // TIMES])
            assert (images.rgb[i] != factual.rgb[i // TIMES]).mean() > 0.5
        same = render_counterfactuals(renderer, batch, batch)
        np.testing.assert_array_equal(same.rgb, factual.rgb)


def test_each_counterfactual_is_what_it_would_be_alone(scenes: tuple[RenderBatch, RenderBatch]) -> None:
    batch, looks = scenes
    lights = replace(looks, light_direction=np.repeat(looks.light_direction[::TIMES], TIMES, axis=0))
    with make_renderer("raster") as renderer:
        together = render_counterfactuals(renderer, batch, lights)
        for i in range(2 * TIMES):
            alone = render_counterfactuals(renderer, batch[[i // TIMES]], lights[[i]])
            np.testing.assert_array_equal(together.rgb[i], alone.rgb[0])


def test_batches_that_do_not_fit_are_refused(scenes: tuple[RenderBatch, RenderBatch]) -> None:
    batch, looks = scenes
    with make_renderer("raster") as renderer:
        with pytest.raises(SimfactorError, match=r"5 appearances for 2 images.*a multiple of 2"):
            render_counterfactuals(renderer, batch, looks[:5])
        with pytest.raises(SimfactorError, match="must be of one world"):
            render_counterfactuals(renderer, batch, replace(looks, textures=(*looks.textures,) * 2))
