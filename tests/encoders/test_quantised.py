"""Latent quantisation: nearest values, which gradients go where, codes that are values to the last bit."""

import numpy as np
import pytest
import torch
from dots import SPACE, draw
from hypothesis import given
from hypothesis import strategies as st

from simfactor.encoders import OBJECTIVES, FactorEncoder, train_encoder, walks
from simfactor.encoders.batches import put_on_device, seeded
from simfactor.encoders.objectives.objective import Step
from simfactor.encoders.objectives.quantised import VALUES, Codebook, autoencoder, values
from simfactor.encoders.training import total

CPU = torch.device("cpu")
ROWS = SPACE.sample(60, 4)
IMAGES = draw(ROWS)


def codebook(*lines: tuple[float, ...]) -> Codebook:
    made = Codebook(len(lines), len(lines[0]))
    with torch.no_grad():
        made.values.copy_(torch.tensor(lines))
    return made


@pytest.fixture(scope="module")
def encoder() -> FactorEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FactorEncoder(SPACE, 64, "qlae", residual=4)


def a_batch(encoder: FactorEncoder):
    data = put_on_device(IMAGES, ROWS, encoder.layout, SPACE, CPU)
    return data.batch(torch.arange(12), seeded(CPU, 0))


def step() -> Step:
    return Step(seeded(CPU, 7), 0.5)


def gradients(encoder: FactorEncoder, terms: dict[str, torch.Tensor]) -> dict[str, float]:
    encoder.zero_grad(set_to_none=True)
    total(terms).backward()
    return {
        part: sum(float(p.grad.abs().sum()) for p in module.parameters() if p.grad is not None)
        for part, module in (("encoder", encoder.encoder), ("decoder", encoder.decoder))
    } | {
        "codebook": sum(float(p.grad.abs().sum()) for p in encoder.extras.parameters() if p.grad is not None)
    }


def test_each_latent_takes_the_nearest_of_its_own_values():
    made = codebook((-1.0, 0.0, 1.0), (10.0, 20.0, 30.0))
    found = made.nearest(torch.tensor([[0.4, 14.0], [-7.0, 26.0], [0.6, 20.0]]))
    assert found.tolist() == [[0, 10], [-1, 30], [1, 20]]


@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=20))
def test_no_value_is_nearer_than_the_one_taken(numbers):
    made = Codebook(1)
    latents = torch.tensor(numbers)[:, None]
    taken = (made.nearest(latents) - latents).abs()
    assert bool((taken <= (made.values - latents).abs() + 1e-6).all())


def test_the_gradient_goes_straight_through_and_passes_the_values_by():
    made = codebook((-1.0, 0.0, 1.0))
    latents = torch.tensor([[0.4], [0.9]], requires_grad=True)
    shown = made(latents)
    assert shown.tolist() == [[0.0], [1.0]]
    (3 * shown[0] - 2 * shown[1]).sum().backward()
    assert latents.grad is not None
    assert latents.grad.tolist() == [[3.0], [-2.0]]
    assert made.values.grad is None


def test_values_are_pulled_to_the_latents_nearest_to_them():
    made = codebook((-1.0, 0.0, 1.0))
    latents = torch.tensor([[0.4], [0.2], [0.9]])
    (latents - made.nearest(latents)).square().sum().backward()
    assert made.values.grad is not None
    # d/dv of (0.4 - v)^2 + (0.2 - v)^2 at v = 0, and of (0.9 - v)^2 at v = 1
    assert made.values.grad[0].tolist() == pytest.approx([0.0, -1.2, 0.2])


def test_commitment_moves_the_networks_and_quantisation_the_values_only(encoder):
    batch = a_batch(encoder)
    networks = autoencoder(encoder, batch, step())
    commitment = gradients(encoder, {"commitment": autoencoder(encoder, batch, step())["commitment"]})
    assert commitment["encoder"] > 0
    assert commitment["decoder"] == commitment["codebook"] == 0
    assert gradients(encoder, networks)["codebook"] == 0
    quantization = gradients(encoder, values(encoder, batch, step()))
    assert quantization["codebook"] > 0
    assert quantization["encoder"] == quantization["decoder"] == 0


def test_the_commitment_by_hand(encoder):
    batch = a_batch(encoder)
    latents = encoder.posterior(batch.pixels).mean
    distance = (latents - encoder.extras["codebook"].nearest(latents)).square().mean()
    terms = autoencoder(encoder, batch, step(), commitment=0.5)
    torch.testing.assert_close(terms["commitment"], 0.5 * 3 * 64 * 64 * distance)


def test_only_the_networks_decay():
    players = OBJECTIVES["qlae"].players
    assert {name: player.weight_decay for name, player in players.items()} == {
        "autoencoder": 0.1,
        "codebook": 0.0,
    }


def test_latents_are_values_to_the_last_bit_through_training_and_folder(tmp_path):
    options = {"objective": "qlae", "residual": 3, "epochs": 2, "batch_size": 16, "progress": False}
    trained = train_encoder(IMAGES, ROWS, SPACE, tmp_path, **options)
    made = trained.get_parameter("extras.codebook.values").detach().numpy()
    assert not np.allclose(made, np.linspace(-0.5, 0.5, VALUES), atol=1e-6)
    latents = trained.encode(IMAGES)
    for dimension in range(3):
        assert set(latents[:, dimension]) <= set(made[dimension])
    np.testing.assert_array_equal(FactorEncoder.from_pretrained(tmp_path).encode(IMAGES), latents)


def test_traversals_walk_the_codebook(encoder):
    made = encoder.get_parameter("extras.codebook.values").detach().numpy()
    first, *_ = walks(encoder, steps=VALUES)
    np.testing.assert_allclose(first.values[:, 0], np.sort(made[0]))
    assert len(walks(encoder, steps=3)[0].values) == 3
