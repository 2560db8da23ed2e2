"""The objectives with a critic: FactorVAE, and InfoGAN with and without a price on the critic's slope."""

import io
import json
import math

import numpy as np
import pytest
import torch
from dots import SPACE, draw
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from tqdm import tqdm

from simfactor.encoders import OBJECTIVES, FactorEncoder, train_encoder
from simfactor.encoders.batches import put_on_device, seeded
from simfactor.encoders.networks.critics import ImageCritic, LatentCritic
from simfactor.encoders.objectives.factor_vae import permuted, told_apart
from simfactor.encoders.objectives.info_gan import NOISE, code_surprise, generated, squared_slope
from simfactor.encoders.objectives.objective import Posterior, Step
from simfactor.encoders.training import Training, total

CPU = torch.device("cpu")
ADVERSARIAL = ("factor_vae", "info_gan", "info_gan_r1")
ARGUMENTS = {
    "epochs": 3,
    "batch_size": 8,
    "learning_rate": 2e-3,
    "validation_share": 0.2,
    "label_share": 1.0,
    "augment": False,
    "noise": 0.0,
    "seed": 0,
    "options": {},
}


def model(name: str) -> FactorEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FactorEncoder(SPACE, 64, name, network="conv64")


def training(name: str) -> Training:
    encoder, rows = model(name), SPACE.sample(20, seed=3)
    return Training(encoder, put_on_device(draw(rows), rows, encoder.layout, SPACE, CPU), ARGUMENTS)


def correlated(count: int, r: float, generator: torch.Generator) -> torch.Tensor:
    drawn = torch.randn(count, 2, generator=generator)
    return torch.stack([drawn[:, 0], r * drawn[:, 0] + math.sqrt(1 - r * r) * drawn[:, 1]], dim=1)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 40), width=st.integers(1, 5), seed=st.integers(0, 2**32))
def test_permuted_latents_keep_their_marginals(count, width, seed):
    latents = torch.randn(count, width, generator=seeded(CPU, seed))
    shuffled = permuted(latents, seeded(CPU, seed, 1))
    assert torch.equal(shuffled.sort(dim=0).values, latents.sort(dim=0).values)


def test_permuted_latents_do_not_know_of_each_other():
    latents = correlated(4000, 0.9, seeded(CPU, 0))
    assert torch.corrcoef(latents.T)[0, 1] > 0.85
    assert abs(torch.corrcoef(permuted(latents, seeded(CPU, 1)).T)[0, 1]) < 0.05


def test_the_critic_estimates_a_known_total_correlation():
    generator = seeded(CPU, 0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        judge = LatentCritic(2, hidden=64, layers=2)
    optimizer = torch.optim.Adam(judge.parameters(), 3e-3)
    for _ in range(250):
        optimizer.zero_grad()
        total(told_apart(judge, correlated(200, 0.9, generator), generator)).backward()
        optimizer.step()
    with torch.no_grad():
        estimate = float(judge(correlated(20000, 0.9, generator)).mean())
    assert estimate == pytest.approx(-0.5 * math.log(1 - 0.81), abs=0.1)


def test_the_surprise_of_a_code_against_torch_distributions():
    generator = seeded(CPU, 0)
    code, mean, log_variance = (torch.randn(7, 3, generator=generator) for _ in range(3))
    normal = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = -normal.log_prob(code).sum(dim=1).mean()
    torch.testing.assert_close(code_surprise(code, Posterior(mean[:, :0], mean, log_variance)), expected)


def test_the_slope_of_a_linear_critic_is_that_of_its_weights():
    judge = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 1), nn.Flatten(0))
    slope = squared_slope(judge, torch.rand(5, 3, 8, 8))
    assert slope.item() == pytest.approx(judge[1].weight.square().sum().item(), rel=1e-5)
    slope.backward()
    torch.testing.assert_close(judge[1].weight.grad, 2 * judge[1].weight)


@pytest.mark.parametrize("size", [64, 128])
def test_a_critic_judges_each_image_by_itself(size):
    judge, pixels = ImageCritic(), torch.rand(3, 3, size, size)
    assert judge(pixels).shape == (3,)
    torch.testing.assert_close(judge(pixels)[1:2], judge(pixels[1:2]))


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_players_step_changes_its_own_parts_only(name):
    run = training(name)
    batch = run.data.batch(torch.arange(8), seeded(CPU, 0))
    players = OBJECTIVES[name].players
    assert sorted(part for player in players.values() for part in player.parts) == [
        "decoder",
        "encoder",
        "extras.critic",
    ]
    for number, (key, player) in enumerate(players.items()):
        before = {key: tensor.clone() for key, tensor in run.encoder.state_dict().items()}
        run._descend(key, player, player.terms(run.encoder, batch, Step(seeded(CPU, 1), 0.0)), number)
        for part_name, tensor in run.encoder.state_dict().items():
            own = part_name.startswith(tuple(f"{part}." for part in player.parts))
            assert own or torch.equal(tensor, before[part_name]), f"{key} changed {part_name}"
        moved = [n for n, tensor in run.encoder.state_dict().items() if not torch.equal(tensor, before[n])]
        assert {part for part in player.parts for n in moved if n.startswith(part)} == set(player.parts)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_critics_loss_leaves_no_gradient_elsewhere(name):
    run = training(name)
    batch = run.data.batch(torch.arange(8), seeded(CPU, 0))
    total(OBJECTIVES[name].players["critic"].terms(run.encoder, batch, Step(seeded(CPU, 1), 0.0))).backward()
    for part_name, parameter in run.encoder.named_parameters():
        assert (parameter.grad is not None) == part_name.startswith("extras.critic."), part_name


@pytest.mark.parametrize("name", ["factor_vae", "info_gan_r1"])
def test_a_resumed_training_ends_with_the_bits_of_one_that_was_not(name):
    bar = tqdm(disable=True)
    whole = training(name)
    for _ in range(3):
        whole.run_epoch(bar)
    first, then = training(name), training(name)
    first.run_epoch(bar)
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    then.restore(torch.load(stored, weights_only=True))
    for _ in range(2):
        then.run_epoch(bar)
    mine, theirs = then.encoder.state_dict(), whole.encoder.state_dict()
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    assert [r["validation"] for r in then.history] == [r["validation"] for r in whole.history]


def test_the_decoders_noise_is_one_unless_given():
    encoder = model("info_gan")
    code, _ = generated(encoder, 4, seeded(CPU, 0))
    usual = encoder.logits(torch.cat([code, torch.ones(4, NOISE)], dim=1))
    torch.testing.assert_close(encoder.logits(code), usual)
    silent = encoder.logits(torch.cat([code, torch.zeros(4, NOISE)], dim=1))
    assert not torch.allclose(silent, usual)
    shown = usual.sigmoid().permute(0, 2, 3, 1).detach().numpy() * 255
    assert np.abs(encoder.decode(code) - shown).max() <= 0.51


def test_a_factor_vae_learns_pictures_beside_its_critic(images, rows, tmp_path):
    train_encoder(
        images[:300],
        rows[:300],
        SPACE,
        tmp_path,
        objective="factor_vae",
        network="conv64",
        options={"likelihood": "gaussian", "gamma": 2.0},
        batch_size=16,
        epochs=4,
        progress=False,
    )
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert history[-1]["validation"]["reconstruction"] < 0.8 * history[0]["training"]["reconstruction"]
    for record in history:  # the critic can hardly tell such a code from an independent one, but is not lost
        assert 0.5 < record["critic"]["loss"] < 2 * math.log(2) + 0.05


def test_generated_pictures_come_to_resemble_the_data(images, rows, tmp_path):
    def distance(encoder: FactorEncoder) -> float:
        """Between the mean pictures, root mean square, in [0, 1]."""
        with torch.no_grad():
            made = generated(encoder, 64, seeded(CPU, 5))[1].mean(dim=0).permute(1, 2, 0).numpy()
        return float(np.sqrt(np.mean((made - images.mean(axis=0) / 255) ** 2)))

    trained = train_encoder(
        images[:200],
        rows[:200],
        SPACE,
        tmp_path,
        objective="info_gan_r1",
        options={"slope_weight": 5.0},  # slow and steady: there are 60 steps
        network="conv64",
        batch_size=16,
        epochs=5,
        progress=False,
    )
    assert distance(trained) < 0.5 * distance(model("info_gan_r1"))
