import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.scene import textures
from simfactor.scene.patterns import FAMILIES, draw_pattern
from simfactor.scene.textures import PATTERNS, PICTURES, TEXTURES, Source, all_textures, load_texture

GOLDEN = [[178.8, 52.7, 83.7], [59.0, 42.7, 46.9], [103.1, 107.4, 158.5], [175.6, 169.2, 69.5]]


@pytest.mark.parametrize("name", TEXTURES)
def test_every_texture_exists(name: str) -> None:
    texture = load_texture(name)
    assert texture.shape == ((128, 128, 3) if name in PATTERNS else (256, 256, 3))
    assert texture.dtype == np.uint8
    assert texture.std() > 5, "a texture must show something"


def test_textures_differ() -> None:
    small = np.array([t[:: len(t) // 64, :: len(t) // 64].astype(float).ravel() for t in all_textures()])
    gap = np.abs(small[:, None] - small[None]).mean(axis=2)
    assert gap[~np.eye(len(gap), dtype=bool)].min() > 5
    assert all_textures() is all_textures()


def test_textures_are_rgb() -> None:
    red, _, blue = load_texture("retina")[64:192, 64:192].reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue


def test_an_unknown_texture_is_refused() -> None:
    with pytest.raises(SimfactorError, match="unknown texture 'wod'"):
        load_texture("wod")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Source("skimage", "data/gone.png"), "needs data/gone.png of the package 'skimage'"),
        (Source("no_such_package", "a.png"), "'no_such_package' is not installed"),
    ],
)
def test_a_missing_picture_is_named(monkeypatch: pytest.MonkeyPatch, source: Source, message: str) -> None:
    monkeypatch.setitem(PICTURES, "gone", source)
    monkeypatch.setattr(textures, "TEXTURES", ("gone",))
    with pytest.raises(SimfactorError, match=message):
        load_texture("gone")


def test_a_pattern_is_the_same_wherever_it_is_drawn() -> None:
    """Golden means, so that data sets of other machines and versions show the same."""
    means = np.array([draw_pattern(number, 32).mean(axis=(0, 1)) for number in range(len(FAMILIES))])
    np.testing.assert_allclose(means, GOLDEN, atol=0.5)


def test_patterns_are_neither_flat_nor_all_alike_in_colour() -> None:
    drawn = np.stack([load_texture(name) for name in PATTERNS]).astype(float)
    assert drawn.std(axis=(1, 2)).max(axis=1).min() > 5
    grey = drawn.mean(axis=(1, 2))
    saturation = np.ptp(grey, axis=1) / grey.max(axis=1)
    assert saturation.min() < 0.1 < 0.6 < saturation.max()
    assert grey.mean(axis=1).std() > 20
