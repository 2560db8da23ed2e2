import json

import numpy as np
import pytest
import torch
from dots import SPACE, draw

from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError

ROWS = SPACE.sample(40, seed=5)
IMAGES = draw(ROWS)


@pytest.fixture(scope="module")
def encoder() -> FactorEncoder:
    return FactorEncoder(SPACE, 64, residual=3)


def test_encode_gives_latents_of_the_layout(encoder):
    latents = encoder.encode(IMAGES)
    assert latents.shape == (40, encoder.layout.size) == (40, 8)
    assert latents.dtype == np.float32
    assert encoder.encode(IMAGES[:0]).shape == (0, 8)


def test_encode_does_not_depend_on_the_batch_or_the_container(encoder):
    whole = encoder.encode(IMAGES)
    single = np.concatenate([encoder.encode(image[None]) for image in IMAGES])
    np.testing.assert_allclose(single, whole, atol=1e-5)
    np.testing.assert_array_equal(encoder.encode(torch.from_numpy(IMAGES)), whole)
    np.testing.assert_array_equal(encoder.train().encode(IMAGES), whole)


def test_forward_has_gradients_and_equals_encode(encoder):
    latents = encoder(torch.from_numpy(IMAGES[:4]))
    assert latents.requires_grad
    np.testing.assert_allclose(latents.detach().numpy(), encoder.encode(IMAGES[:4]), atol=1e-6)


def test_decode_gives_pictures(encoder):
    pictures = encoder.decode(encoder.encode(IMAGES))
    assert pictures.shape == IMAGES.shape
    assert pictures.dtype == np.uint8
    with pytest.raises(SimfactorError, match=r"shape \(2, 5\); this encoder's are \(n, 8\)"):
        encoder.decode(np.zeros((2, 5)))


def test_predictions_are_rows(encoder):
    estimates = encoder.predict(IMAGES)
    assert estimates.shape == ROWS.shape
    assert set(estimates[:, 3]) <= {0.0, 1.0}
    unlabelled = FactorEncoder(SPACE, 64, "beta_vae")
    assert unlabelled.encode(IMAGES).shape == (40, 10)
    with pytest.raises(SimfactorError, match="'beta_vae' was trained without labels"):
        unlabelled.predict(IMAGES)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 32, 32, 3), np.uint8), r"shape \(2, 32, 32, 3\); this encoder needs \(n, 64, 64, 3\)"),
        (np.zeros((2, 3, 64, 64), np.uint8), "move the channels to the end"),
        (np.zeros((64, 64, 3), np.uint8), r"pass a single image as images\[None\]"),
        (np.zeros((2, 64, 64, 4), np.uint8), r"needs \(n, 64, 64, 3\)"),
        (np.zeros((2, 64, 64, 3), np.float32), "dtype float32; give uint8"),
        (torch.zeros(2, 64, 64, 3), "dtype float32; give uint8"),
    ],
)
def test_images_that_do_not_fit_are_refused(encoder, images, message):
    with pytest.raises(SimfactorError, match=message):
        encoder.encode(images)


def test_unknown_objective():
    with pytest.raises(SimfactorError, match=r"unknown objective 'vea'; allowed: supervised, .*beta_vae"):
        FactorEncoder(SPACE, 64, "vea")
    with pytest.raises(SimfactorError, match="unknown network 'vgg'; allowed: keypoints, conv64"):
        FactorEncoder(SPACE, 64, network="vgg")


@pytest.mark.parametrize("objective", ["supervised", "beta_vae"])
def test_the_round_trip_through_a_folder(tmp_path, objective):
    saved = FactorEncoder(SPACE, 64, objective, residual=5)
    saved.save_pretrained(tmp_path / "new")
    loaded = FactorEncoder.from_pretrained(tmp_path / "new")
    assert (loaded.layout, loaded.objective, loaded.image_size) == (saved.layout, objective, 64)
    assert loaded.space == SPACE
    np.testing.assert_array_equal(loaded.encode(IMAGES), saved.encode(IMAGES))
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["config.json", "model.safetensors"]


def test_a_folder_that_is_not_whole_is_refused(tmp_path, encoder):
    with pytest.raises(SimfactorError, match=r"has no config\.json"):
        FactorEncoder.from_pretrained(tmp_path)
    encoder.save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-4])
    with pytest.raises(SimfactorError, match="corrupt or not the one of"):
        FactorEncoder.from_pretrained(tmp_path)
    weights.unlink()
    with pytest.raises(SimfactorError, match=r"has no model\.safetensors"):
        FactorEncoder.from_pretrained(tmp_path)


def test_a_config_that_does_not_fit_is_refused(tmp_path, encoder):
    encoder.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())

    def changed(**entries: object) -> None:
        path.write_text(json.dumps({**config, **entries}))

    changed(image_size=128)
    with pytest.raises(SimfactorError, match="cannot rebuild"):
        FactorEncoder.from_pretrained(tmp_path)
    changed(space=SPACE.select(["x", "y"]).to_dict())
    with pytest.raises(SimfactorError, match="cannot rebuild"):
        FactorEncoder.from_pretrained(tmp_path)
    changed(format=2)
    with pytest.raises(SimfactorError, match="not an encoder's config of format 1"):
        FactorEncoder.from_pretrained(tmp_path)
    path.write_text("{")
    with pytest.raises(SimfactorError, match="not valid JSON"):
        FactorEncoder.from_pretrained(tmp_path)
