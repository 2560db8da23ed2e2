import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.scene.textures import TEXTURES, Source, all_textures, load_texture


@pytest.mark.parametrize("name", TEXTURES)
def test_every_texture_exists(name: str) -> None:
    texture = load_texture(name)
    assert texture.shape == (256, 256, 3)
    assert texture.dtype == np.uint8
    assert texture.std() > 5, "a texture must show something"


def test_textures_differ() -> None:
    small = np.array([t[::4, ::4].astype(float).ravel() for t in all_textures()])
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
    monkeypatch.setitem(TEXTURES, "gone", source)
    with pytest.raises(SimfactorError, match=message):
        load_texture("gone")
