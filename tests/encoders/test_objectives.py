import math

import numpy as np
import pytest
import torch
from dots import SPACE, draw

from simfactor.encoders import OBJECTIVES, FactorEncoder, LatentLayout, ideal_latents
from simfactor.encoders.batches import LabelledImages, put_on_device, seeded
from simfactor.encoders.codes import heads_of
from simfactor.encoders.objectives.objective import Batch, Pairing, Posterior, Step
from simfactor.encoders.objectives.supervised import supervised
from simfactor.encoders.objectives.terms import anchors, block_anchors, gaussian_kl, reconstruction, sample
from simfactor.encoders.objectives.vae import (
    annealed_vae,
    beta_vae,
    covariance,
    total_correlation,
)
from simfactor.encoders.training import total
from simfactor.errors import SimfactorError
from simfactor.factors import canonical_rows

LAYOUT = LatentLayout.for_space(SPACE, residual=2)
HEADS = heads_of(SPACE, LAYOUT)
CPU = torch.device("cpu")


def example(count: int = 6, clean: int = 4) -> tuple[Posterior, Batch]:
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    posterior = Posterior(normal(count, 6), normal(count, LAYOUT.size), normal(count, 2))
    categories = torch.zeros(count, 4, dtype=torch.int64)
    categories[::2, 3] = 1
    pixels = torch.rand(count, 3, 8, 8, generator=generator)
    everyone = torch.ones(count, 4, dtype=torch.bool)
    return posterior, Batch(pixels, pixels, normal(count, LAYOUT.size), categories, clean, everyone)


def model(name: str) -> FactorEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FactorEncoder(SPACE, 64, name)


def data(encoder: FactorEncoder, pairs: Pairing | None) -> LabelledImages:
    rows = SPACE.sample(12, seed=3)
    images = draw(rows)
    if pairs is not None:
        canonical = pairs == "canonical"
        changed = canonical_rows(SPACE, rows) if canonical else SPACE.intervene(rows, ["x"], seed=1)
        images, rows = np.stack([images, draw(changed)], axis=1), np.stack([rows, changed], axis=1)
    return put_on_device(images, rows, encoder.layout, SPACE, CPU, pairs)


def step(progress: float = 0.5) -> Step:
    return Step(seeded(CPU, 7), progress)


def test_kl_against_torch_distributions():
    posterior, _ = example()
    mean, log_variance = posterior.mean[:, -2:], posterior.log_variance
    normal = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0, 1)).sum(1).mean()
    assert gaussian_kl(mean, log_variance) == pytest.approx(float(expected), rel=1e-5)


def test_kl_by_hand():
    # N(1, e): (1 + e - 1 - 1) / 2 nats each, two dimensions
    value = gaussian_kl(torch.ones(5, 2), torch.ones(5, 2))
    assert float(value) == pytest.approx(math.e - 1)
    assert float(gaussian_kl(torch.zeros(5, 2), torch.zeros(5, 2))) == 0


def test_reconstruction_by_hand():
    pixels, logits = torch.ones(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    assert float(reconstruction(pixels, logits, "bernoulli")) == pytest.approx(48 * math.log(2))
    assert float(reconstruction(pixels, logits, "gaussian")) == pytest.approx(48 * 0.5 * 0.25)
    with pytest.raises(SimfactorError, match="unknown likelihood 'poisson'; allowed: bernoulli, gaussian"):
        reconstruction(pixels, logits, "poisson")


def test_samples_leave_exact_latents_alone():
    posterior, _ = example(count=4000)
    mean = torch.zeros_like(posterior.mean)
    drawn = sample(Posterior(posterior.outputs, mean, torch.full((4000, 2), math.log(9.0))), seeded(CPU, 0))
    assert torch.equal(drawn[:, :-2], mean[:, :-2])
    assert drawn[:, -2:].std(dim=0).tolist() == pytest.approx([3, 3], rel=0.05)


def test_beta_scales_the_kl_only():
    encoder = model("beta_vae")
    batch = data(encoder, pairs=None).batch(torch.arange(12), seeded(CPU, 0))
    one, three = (beta_vae(encoder, batch, step(), beta=beta) for beta in (1.0, 3.0))
    torch.testing.assert_close(three["kl"], 3 * one["kl"])
    torch.testing.assert_close(three["reconstruction"], one["reconstruction"])


def test_the_capacity_rises_with_progress():
    encoder = model("annealed_vae")
    batch = data(encoder, pairs=None).batch(torch.arange(12), seeded(CPU, 0))
    options = {"gamma": 1.0, "capacity": 1000.0, "rise": 0.5}
    costs = [
        annealed_vae(encoder, batch, step(progress), **options)["capacity"].item()
        for progress in (0.0, 0.25, 0.5, 0.9)
    ]
    kl = costs[0]
    assert costs[1:] == pytest.approx([500 - kl, 1000 - kl, 1000 - kl], rel=1e-4)


def test_total_correlation_of_known_posteriors():
    generator = seeded(CPU, 2)
    mean = torch.randn(800, 2, generator=generator)
    narrow = torch.full((800, 2), -3.0)
    noise = torch.randn(800, 2, generator=generator) * math.exp(-1.5)

    def estimate(mean: torch.Tensor) -> float:
        return float(total_correlation(mean + noise, Posterior(mean[:, :0], mean, narrow)))

    # a correlation of r between two Gaussians is -log(1 - r^2) / 2 nats; the noise takes some of it away
    mixed = torch.stack([mean[:, 0], 0.9 * mean[:, 0] + math.sqrt(0.19) * mean[:, 1]], dim=1)
    r = 0.9 / (1 + math.exp(-3.0))
    assert estimate(mean) == pytest.approx(0, abs=0.06)
    assert estimate(mixed) == pytest.approx(-0.5 * math.log(1 - r * r), abs=0.12)


def test_covariance_against_torch():
    values = torch.randn(50, 3, generator=seeded(CPU, 1))
    torch.testing.assert_close(covariance(values), torch.cov(values.T, correction=0))


def test_anchors_by_hand():
    posterior, batch = example()
    errors = anchors(HEADS, posterior, batch)  # shape is geometric: it counts in another light, too
    x = (posterior.outputs[:, 0] - batch.codes[:, 0]).square().mean() * 3
    hue = (posterior.outputs[:4, 2:4] - batch.codes[:4, 2:4]).square().sum(1).mean()
    log_share = torch.log_softmax(posterior.outputs[:, 4:], dim=1)
    shape = -log_share[range(6), batch.categories[:, 3]].mean() / math.log(2)
    assert [float(errors[name]) for name in ("x", "hue", "shape")] == pytest.approx(
        [float(x), float(hue), float(shape)], rel=1e-5
    )


def test_one_is_the_cost_of_knowing_nothing():
    rows = SPACE.sample(4000, 0)
    codes = torch.from_numpy(ideal_latents(SPACE, LAYOUT, rows))
    nothing = torch.zeros(4000, 6)
    everyone = torch.ones(4000, 4, dtype=torch.bool)
    batch = Batch(nothing, nothing, codes, torch.from_numpy(rows).long(), 4000, everyone)
    for name, error in anchors(HEADS, Posterior(nothing, nothing, nothing), batch).items():
        assert float(error) == pytest.approx(1, abs=0.05), name


def test_what_light_can_change_is_anchored_on_clean_images_only():
    posterior, batch = example(clean=4)
    wrong = batch._replace(codes=batch.codes + torch.tensor([0, 0, 0, 0, 9, 9.0])[:, None])
    before, after = anchors(HEADS, posterior, batch), anchors(HEADS, posterior, wrong)
    assert after["hue"] == before["hue"]
    assert after["x"] > before["x"]


def test_only_labelled_images_are_anchored():
    posterior, batch = example(clean=6)
    known = torch.zeros(6, 4, dtype=torch.bool)
    known[[0, 2]] = True
    some = batch._replace(known=known)
    few = Batch(*(t[[0, 2]] if isinstance(t, torch.Tensor) else t for t in some))._replace(clean=2)
    found = anchors(HEADS, posterior, some)
    expected = anchors(HEADS, Posterior(*(tensor[[0, 2]] for tensor in posterior)), few)
    assert {k: float(v) for k, v in found.items()} == pytest.approx(
        {k: float(v) for k, v in expected.items()}
    )
    nobody = anchors(HEADS, posterior, batch._replace(known=torch.zeros(6, 4, dtype=torch.bool)))
    assert [float(value) for value in nobody.values()] == [0, 0, 0, 0]


def test_an_image_anchors_what_is_known_of_it():
    posterior, batch = example(clean=6)
    known = batch.known.clone()
    known[1:, SPACE.index("y")] = False
    wrong = batch._replace(codes=batch.codes + torch.tensor([0, 9, 9, 9, 9, 9.0])[:, None], known=known)
    for errors in (
        lambda given: anchors(HEADS, posterior, given),
        lambda given: block_anchors(SPACE, LAYOUT, posterior, given),
    ):
        whole, part, misled = (errors(given) for given in (batch, batch._replace(known=known), wrong))
        assert {name for name in whole if whole[name] != part[name]} == {"y"}
        assert misled["y"] == part["y"]
        assert misled["x"] > part["x"]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_player_moves_its_own_parts_and_logs_what_it_optimises(name):
    encoder = model(name)
    batch = data(encoder, OBJECTIVES[name].pairs).batch(torch.arange(12), seeded(CPU, 0))
    for player in OBJECTIVES[name].players.values():
        encoder.zero_grad()
        terms = player.terms(encoder, batch, step())
        assert all(value.ndim == 0 and torch.isfinite(value) for value in terms.values())
        assert total(terms).item() == pytest.approx(sum(v.item() for v in terms.values()), rel=1e-5)
        total(terms).backward()
        for part in player.parts:
            for parameter_name, parameter in encoder.get_submodule(part).named_parameters():
                assert parameter.grad is not None, f"{part}.{parameter_name}"


def test_weights_scale_their_terms_only():
    encoder = model("supervised")
    batch = data(encoder, pairs=None).batch(torch.arange(12), seeded(CPU, 0))
    light, heavy, double = (
        supervised(encoder, batch, step(), **options)
        for options in ({"task_weight": 1.0}, {"task_weight": 4.0}, {"residual_weight": 2e-3})
    )
    ratio = {name: (heavy[name] / light[name]).item() for name in light}
    assert ratio == pytest.approx({name: 4.0 if name in ("anchor/x", "anchor/y") else 1.0 for name in light})
    for name in ("reconstruction", "residual_kl"):
        assert (double[name] / light[name]).item() == pytest.approx(2)


def test_an_unknown_option_is_refused():
    OBJECTIVES["beta_vae"].check_options({"beta": 1.0})
    with pytest.raises(SimfactorError, match=r"unknown option of the objective 'betta'.*Did you mean 'beta'"):
        OBJECTIVES["beta_vae"].check_options({"betta": 1.0})
