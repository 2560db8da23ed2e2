import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simfactor.render.shading import bytes_to_linear, to_bytes, to_linear
from simfactor.render.texture import Texture


def test_srgb_bytes_survive_the_round_trip():
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_bytes(to_linear(every / 255.0)), every)
    np.testing.assert_array_equal(to_bytes(bytes_to_linear(every)), every)


def test_known_values_of_iec_61966():
    np.testing.assert_allclose(
        to_linear(np.array([0.0, 0.04045, 0.5, 1.0])), [0, 0.0031308, 0.2140411, 1], atol=1e-6
    )


@given(st.integers(0, 2**32 - 1))
def test_the_widest_footprint_gives_the_mean(seed):
    image = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    got = Texture(image).sample(np.float32([[0.3, 0.8]]), np.float32([1.0]))
    np.testing.assert_allclose(got[0], bytes_to_linear(image).mean(axis=(0, 1)), rtol=1e-5)


def test_texel_centres_give_texels_and_uvs_repeat():
    image = np.random.default_rng(0).integers(0, 256, (8, 4, 3), dtype=np.uint8)
    row, column = np.indices((8, 4)).reshape(2, -1)
    uv = np.stack([(column + 0.5) / 4, 1 - (row + 0.5) / 8], axis=-1).astype(np.float32)
    texture, fine = Texture(image), np.zeros(32, np.float32)
    expected = bytes_to_linear(image).reshape(-1, 3)
    np.testing.assert_allclose(texture.sample(uv, fine), expected, atol=1e-5)
    np.testing.assert_allclose(texture.sample(uv + np.float32([3, -2]), fine), expected, atol=1e-5)
