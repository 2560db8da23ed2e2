"""Denoising features and the distance in them: what is hidden, what is frozen, and that trainings resume."""

import json

import numpy as np
import pytest
import torch
from dots import SPACE, draw

from simfactor.encoders import OBJECTIVES, FactorEncoder, train_encoder
from simfactor.encoders.batches import put_on_device, seeded
from simfactor.encoders.objectives.denoising import occluded
from simfactor.encoders.objectives.objective import Step, option_names
from simfactor.encoders.objectives.terms import reconstruction
from simfactor.encoders.objectives.vae import beta_vae
from simfactor.encoders.perceptual import PerceptualDistance
from simfactor.encoders.training import Training, total
from simfactor.errors import SimfactorError
from simfactor.factors import canonical_rows

CPU = torch.device("cpu")
ROWS = SPACE.sample(60, 4)
IMAGES = draw(ROWS)
QUICK = {"network": "conv64", "epochs": 1, "batch_size": 16, "progress": False}
PERCEPTUAL = {**QUICK, "objective": "beta_vae", "options": {"likelihood": "perceptual", "beta": 1.0}}


@pytest.fixture(scope="module")
def features(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("features")
    train_encoder(IMAGES, ROWS, SPACE, folder, objective="dae", **QUICK)
    return str(folder)


@pytest.fixture
def distance(features) -> PerceptualDistance:
    return PerceptualDistance(FactorEncoder.from_pretrained(features))


def pictures(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=seeded(CPU, seed))


def test_one_rectangle_of_each_image_is_black_and_the_rest_as_it_was():
    pixels = pictures(200, 0) + 0.1
    masked = occluded(pixels, seeded(CPU, 1))
    hidden = (masked == 0).all(dim=1)  # (n, h, w)
    assert torch.equal(masked, pixels.where(~hidden[:, None], torch.zeros(())))
    down, across = hidden.any(dim=2), hidden.any(dim=1)
    assert torch.equal(hidden, down[:, :, None] & across[:, None, :])
    for line in (down, across):
        assert int((line[:, 1:] & ~line[:, :-1]).sum(dim=1).max()) <= 1  # one run of rows, one of columns
        assert float(line.float().mean()) == pytest.approx(
            1 / 3, abs=0.05
        )  # two uniform numbers lie so far apart
    assert torch.equal(occluded(pixels, seeded(CPU, 1)), masked)


def test_the_distance_by_hand(distance):
    seen, shown = pictures(5, 1), pictures(5, 2)
    with torch.no_grad():
        gap = distance.encoder.posterior(seen).mean - distance.encoder.posterior(shown).mean
    assert gap.shape == (5, 100)
    pixels = 0.5 * float(((seen - shown) ** 2).sum()) / 5
    assert float(distance(seen, shown)) == pytest.approx(0.5 * float((gap**2).sum()) / 5 + pixels, rel=1e-5)
    assert float(distance(seen, seen)) == 0


def test_a_distance_takes_the_place_of_the_likelihood():
    def first_pixel(seen: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
        return (seen - shown)[:, 0, 0, 0].sum()

    targets, logits = torch.full((3, 3, 2, 2), 0.75), torch.zeros(2, 3, 2, 2)
    assert float(reconstruction(targets, logits, first_pixel)) == pytest.approx(2 * 0.25)


def test_the_features_are_frozen_and_the_vae_learns_through_them(distance):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = FactorEncoder(SPACE, 64, "beta_vae", network="conv64")
    batch = put_on_device(IMAGES, ROWS, encoder.layout, SPACE, CPU).batch(torch.arange(8), seeded(CPU, 0))
    total(beta_vae(encoder, batch, Step(seeded(CPU, 7), 0.5), likelihood=distance)).backward()
    assert all(p.grad is None and not p.requires_grad for p in distance.encoder.parameters())
    for part in (encoder.encoder, encoder.decoder):
        assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in part.parameters())


def test_a_perceptual_training_leaves_the_features_alone_and_records_them(features, tmp_path):
    before = FactorEncoder.from_pretrained(features).encode(IMAGES)
    train_encoder(IMAGES, ROWS, SPACE, tmp_path, features=features, **PERCEPTUAL)
    np.testing.assert_array_equal(FactorEncoder.from_pretrained(features).encode(IMAGES), before)
    done = json.loads((tmp_path / "done.json").read_text())
    with open(f"{features}/config.json") as config:
        assert done["features"] == json.load(config)["weights_sha256"]
    assert done["options"] == {"likelihood": "perceptual", "beta": 1.0}
    assert not any("features" in name for name in FactorEncoder.from_pretrained(tmp_path).state_dict())


def test_a_perceptual_training_that_was_stopped_ends_with_the_same_bits(features, tmp_path, monkeypatch):
    options = {**PERCEPTUAL, "epochs": 3, "features": features}
    whole = train_encoder(IMAGES, ROWS, SPACE, tmp_path / "whole", **options)
    run_epoch = Training.run_epoch

    def stopped(training: Training, bar: object) -> None:
        if training.epoch == 1:
            raise KeyboardInterrupt
        run_epoch(training, bar)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "run_epoch", stopped)
        with pytest.raises(KeyboardInterrupt):
            train_encoder(IMAGES, ROWS, SPACE, tmp_path / "stopped", **options)
    assert (tmp_path / "stopped" / "checkpoint.pt").exists()
    resumed = train_encoder(IMAGES, ROWS, SPACE, tmp_path / "stopped", **options)
    np.testing.assert_array_equal(resumed.encode(IMAGES), whole.encode(IMAGES))


def test_other_features_are_another_training(features, tmp_path):
    train_encoder(IMAGES, ROWS, SPACE, tmp_path / "vae", features=features, **PERCEPTUAL)
    train_encoder(IMAGES, ROWS, SPACE, tmp_path / "other", objective="dae", **QUICK, seed=1)
    with pytest.raises(SimfactorError, match="other arguments: features was"):
        train_encoder(IMAGES, ROWS, SPACE, tmp_path / "vae", features=tmp_path / "other", **PERCEPTUAL)


def constant(seen: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
    return torch.tensor(42.0)


def test_every_objective_that_has_a_likelihood_can_be_perceptual():
    tried = []
    for name, objective in OBJECTIVES.items():
        for player in objective.players.values():
            if "likelihood" not in option_names(player.terms):
                continue
            encoder = FactorEncoder(SPACE, 64, name, network="conv64")
            images, rows = IMAGES[:12], ROWS[:12]
            if objective.pairs is not None:
                rows = np.stack([rows, canonical_rows(SPACE, rows)], axis=1)
                images = np.stack([images, draw(rows[:, 1])], axis=1)
            data = put_on_device(images, rows, encoder.layout, SPACE, CPU, objective.pairs)
            batch = data.batch(torch.arange(4), seeded(CPU, 0))
            terms = player.terms(encoder, batch, Step(seeded(CPU, 7), 0.5), likelihood=constant)
            assert float(terms["reconstruction"]) == 42, name
            tried.append(name)
    assert {"dae", "beta_vae", "dip_vae_ii", "qlae"} <= set(tried)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"options": {"likelihood": "perceptual"}},
            "and no other, needs `features`, the folder of an encoder",
        ),
        ({"features": "here"}, "likelihood 'as usual' with features='here'"),
        ({"options": {"likelihood": "perceptal"}}, "allowed: bernoulli, gaussian, perceptual. Did you mean"),
        ({"options": {"likelihood": "perceptual"}, "features": "nowhere"}, r"nowhere has no config\.json"),
    ],
)
def test_what_does_not_fit_together_is_refused(arguments, message, tmp_path):
    with pytest.raises(SimfactorError, match=message):
        train_encoder(IMAGES, ROWS, SPACE, tmp_path, objective="vae", **QUICK, **arguments)


def test_features_for_another_size_are_refused(features, tmp_path):
    large = IMAGES.repeat(2, axis=1).repeat(2, axis=2)
    with pytest.raises(SimfactorError, match="is for images of size 64, these have size 128"):
        train_encoder(large, ROWS, SPACE, tmp_path, features=features, **PERCEPTUAL)
