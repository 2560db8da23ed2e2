"""The classical baselines against scikit-learn on the raw arrays, and as encoders like any other."""

import json

import numpy as np
import pytest
import torch
from dots import SPACE, draw
from sklearn.decomposition import PCA, FactorAnalysis

from simfactor.encoders import FactorEncoder, latent_traversals, train_encoder
from simfactor.encoders.batches import CPU, seeded, split
from simfactor.encoders.networks.linear import Decoder, small
from simfactor.encoders.objectives import classical
from simfactor.errors import SimfactorError

CLASSICAL = ("pca", "ica", "factor_analysis")
LATENTS = 6
ROWS = SPACE.sample(400, 3)
IMAGES = draw(ROWS)


def pictures(images: np.ndarray) -> np.ndarray:
    """Averages of 2 x 2 pixels, channels first, as rows."""
    pixels = images.reshape(-1, 32, 2, 32, 2, 3).mean(axis=(2, 4)) / 255
    return pixels.transpose(0, 3, 1, 2).reshape(len(images), -1)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> dict[str, FactorEncoder]:
    folder = tmp_path_factory.mktemp("classical")
    options = {"residual": LATENTS, "progress": False}
    return {
        name: train_encoder(IMAGES, ROWS, SPACE, folder / name, objective=name, **options)
        for name in CLASSICAL
    }


def folder_of(encoder: FactorEncoder, tmp_path) -> FactorEncoder:
    encoder.save_pretrained(tmp_path)
    return FactorEncoder.from_pretrained(tmp_path)


def training_pictures() -> np.ndarray:
    training, _ = split(len(IMAGES), 0.1, 0, 0)
    return pictures(IMAGES[training])


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(np.corrcoef(a.T, b.T)[: a.shape[1], a.shape[1] :])


def test_small_pictures_are_averages():
    made = small(torch.from_numpy(IMAGES[:3]).permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(made.numpy(), pictures(IMAGES[:3]), atol=1e-6)


def test_pca_is_that_of_scikit_learn(fitted):
    known = PCA(LATENTS, whiten=True, svd_solver="full").fit(training_pictures())
    ours, theirs = fitted["pca"].encode(IMAGES), known.transform(pictures(IMAGES))
    np.testing.assert_allclose(np.diag(correlations(ours, theirs)), 1, atol=0.02)


def test_factor_analysis_is_that_of_scikit_learn(fitted):
    known = FactorAnalysis(LATENTS, svd_method="randomized", random_state=0).fit(training_pictures())
    ours, theirs = fitted["factor_analysis"].encode(IMAGES), known.transform(pictures(IMAGES))
    best = correlations(ours, theirs).max(axis=1)
    np.testing.assert_allclose(best, 1, atol=0.02)


def test_ica_spans_the_principal_components_and_unmixes_them(fitted):
    pca, ica = (fitted[name].encode(IMAGES).astype(np.float64) for name in ("pca", "ica"))
    rotated = np.linalg.lstsq(pca - pca.mean(axis=0), ica - ica.mean(axis=0), rcond=None)[0]
    np.testing.assert_allclose(rotated.T @ rotated, np.eye(LATENTS), atol=0.02)
    sources = np.random.default_rng(0).uniform(-1, 1, (3000, 2))
    found = classical.ica(sources @ [[1.0, 0.4], [0.3, 1.0]], 2, 0).latents(
        sources @ [[1.0, 0.4], [0.3, 1.0]]
    )
    np.testing.assert_allclose(np.sort(correlations(found, sources), axis=1), [[0, 1], [0, 1]], atol=0.05)


@pytest.mark.parametrize("name", CLASSICAL)
def test_latents_of_the_training_images_are_standardised(fitted, name):
    training, _ = split(len(IMAGES), 0.1, 0, 0)
    latents = fitted[name].encode(IMAGES[training])
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(latents.std(axis=0), 1, atol=1e-3)


@pytest.mark.parametrize("name", CLASSICAL)
def test_they_are_encoders_like_any_other(fitted, name, tmp_path):
    encoder = folder_of(fitted[name], tmp_path)
    assert (encoder.objective, encoder.network, encoder.image_size) == (name, "linear", 64)
    assert encoder.layout.names == ("residual",)
    assert encoder.device == CPU
    np.testing.assert_array_equal(encoder.encode(IMAGES[:20]), fitted[name].encode(IMAGES[:20]))
    assert latent_traversals(encoder, IMAGES[0], steps=3).shape == (LATENTS, 3, 64, 64, 3)
    assert encoder(torch.from_numpy(IMAGES[:2])).requires_grad
    with pytest.raises(SimfactorError, match="trained without labels"):
        encoder.predict(IMAGES[:2])


def test_pictures_of_pca_latents_are_the_best_linear_ones(fitted):
    encoder = fitted["pca"]
    known = PCA(LATENTS, svd_solver="full").fit(training_pictures())
    expected = known.inverse_transform(known.transform(pictures(IMAGES))).clip(0, 1)
    shown = pictures(encoder.decode(encoder.encode(IMAGES)))
    # bilinear enlargement and averaging is a blur of its own
    assert np.mean((shown - expected) ** 2) < 0.1 * np.mean((expected - expected.mean(axis=0)) ** 2)
    assert np.mean((shown - pictures(IMAGES)) ** 2) < 0.8 * np.var(pictures(IMAGES), axis=0).mean()


def test_pixels_are_linear_in_the_latents_until_they_are_clipped():
    decoder = Decoder(64, 1)
    with torch.no_grad():
        decoder.weight.fill_(1.0)
        decoder.bias.fill_(0.5)
        shown = decoder(torch.tensor([[0.0], [0.25], [7.0], [-7.0]])).sigmoid()[:, 0, 0, 0]
    assert shown.tolist() == pytest.approx([0.5, 0.75, 1.0, 0.0], abs=2e-4)


def test_a_fit_is_repeatable_finished_once_and_recorded(fitted, tmp_path):
    options = {"objective": "pca", "residual": LATENTS, "progress": False}
    again = train_encoder(IMAGES, ROWS, SPACE, tmp_path, **options)
    np.testing.assert_array_equal(again.encode(IMAGES), fitted["pca"].encode(IMAGES))
    written = (tmp_path / "model.safetensors").stat().st_mtime_ns
    train_encoder(IMAGES, ROWS, SPACE, tmp_path, **options)
    assert (tmp_path / "model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(SimfactorError, match="seed was 0, now 1"):
        train_encoder(IMAGES, ROWS, SPACE, tmp_path, **options, seed=1)
    (line,) = (tmp_path / "history.jsonl").read_text().splitlines()
    record = json.loads(line)
    _, validation = split(len(IMAGES), 0.1, 0, 0)
    held_out = IMAGES[validation]
    error = 0.5 * (
        ((again.decode(again.encode(held_out)) / 255 - held_out / 255.0) ** 2).sum() / len(held_out)
    )
    assert record["validation"]["loss"] == pytest.approx(error, rel=0.02)


def test_at_most_so_many_images_are_fitted_to(monkeypatch, tmp_path):
    monkeypatch.setattr("simfactor.encoders.classical.FITTED_ON", 50)
    encoder = train_encoder(IMAGES, ROWS, SPACE, tmp_path, objective="pca", residual=3, progress=False)
    training, _ = split(len(IMAGES), 0.1, 0, 0)
    chosen = training[torch.randperm(len(training), generator=seeded(CPU, 0, 1))[:50]]
    np.testing.assert_allclose(encoder.encode(IMAGES[chosen]).std(axis=0), 1, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": "keypoints"}, "network='keypoints': this objective is fitted, not trained"),
        ({"options": {"beta": 1.0}}, r"unknown option of the objective 'beta'; allowed: \(none\)"),
        ({"residual": 500}, "360 training images vary in .* too few for 500 latents"),
        ({"validation_share": 0.0}, "leaves 0 for validation"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message, tmp_path):
    with pytest.raises(SimfactorError, match=message):
        train_encoder(IMAGES, ROWS, SPACE, tmp_path, objective="pca", progress=False, **arguments)


def test_images_that_are_all_the_same_are_refused(tmp_path):
    same = np.repeat(IMAGES[:1], 40, axis=0)
    with pytest.raises(SimfactorError, match="36 training images vary in 0 directions, too few for 10"):
        train_encoder(same, ROWS[:40], SPACE, tmp_path, objective="ica", progress=False)
