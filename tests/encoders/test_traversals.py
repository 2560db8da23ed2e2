import numpy as np
import pytest

from simfactor.encoders import FactorEncoder, latent_traversals, tile, walks
from simfactor.encoders.codes import factor_codes
from simfactor.errors import SimfactorError


def test_a_row_for_each_block_and_each_residual_dimension(trained, images):
    grid = latent_traversals(trained, images[0], steps=5)
    names = [walk.name for walk in walks(trained)]
    assert names == ["x", "y", "hue", "shape", "residual[0]", "residual[1]"]
    assert grid.shape == (6, 5, 64, 64, 3)
    assert tile(grid).shape == (6 * 64, 5 * 64, 3)
    assert np.array_equal(tile(grid)[64:128, 128:192], grid[1, 2])


def test_a_circle_is_walked_round_and_categories_by_value(trained):
    hue, shape = walks(trained, ["shape", "hue"], steps=4)
    assert hue.name == "hue"
    assert np.hypot(*hue.values.T) == pytest.approx(1)
    expected = factor_codes(trained.space["hue"], np.linspace(0, 360, 4))
    np.testing.assert_allclose(hue.values, expected)
    assert shape.values.ravel().tolist() == [-1, -1, 1, 1]


def test_the_walked_factor_is_what_the_pictures_show(trained, images):
    row = latent_traversals(trained, images[0], "x", steps=3)[0].astype(float)
    background = np.median(row, axis=(0, 1, 2))
    weight = np.abs(row - background).sum(axis=-1)
    weight *= weight > 40
    centre = (weight.sum(axis=1) * np.arange(64)).sum(axis=1) / weight.sum(axis=(1, 2))
    assert np.all(np.diff(centre) > 5)


def test_mistakes_are_named(trained, images):
    with pytest.raises(SimfactorError, match="unknown latent block, group or role 'z'"):
        latent_traversals(trained, images[0], "z")
    with pytest.raises(SimfactorError, match="steps=1 must be at least 2"):
        walks(trained, steps=1)
    unlabelled = FactorEncoder(trained.space, 64, "beta_vae", residual=3)
    assert len(walks(unlabelled)) == 3
