import math

import pytest
import torch
from dots import SPACE

from simfactor.encoders import OBJECTIVES, LatentLayout
from simfactor.encoders.codes import heads_of
from simfactor.encoders.objectives import (
    Batch,
    Forward,
    anchors,
    beta_vae,
    gaussian_kl,
    reconstruction,
    supervised,
)
from simfactor.encoders.training import total
from simfactor.errors import SimfactorError

LAYOUT = LatentLayout.for_space(SPACE, residual=2)


def example(count: int = 6, decoded: int = 3, clean: int = 4) -> tuple[Forward, Batch]:
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    forward = Forward(
        heads_of(SPACE, LAYOUT),
        normal(count, 6),
        normal(count, 2),
        normal(count, 2),
        normal(decoded, 3, 8, 8),
    )
    categories = torch.zeros(count, 4, dtype=torch.int64)
    categories[::2, 3] = 1
    pixels = torch.rand(count, 3, 8, 8, generator=generator)
    return forward, Batch(pixels, normal(count, LAYOUT.size), categories, clean)


def test_kl_against_torch_distributions():
    forward, _ = example()
    posterior = torch.distributions.Normal(forward.mean, (0.5 * forward.log_variance).exp())
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0, 1)).sum(1).mean()
    assert gaussian_kl(forward.mean, forward.log_variance) == pytest.approx(float(expected), rel=1e-5)


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


def test_beta_vae_terms():
    forward, batch = example(decoded=6)
    terms = beta_vae(forward, batch, beta=3.0)
    assert float(terms["kl"]) == pytest.approx(3 * float(gaussian_kl(forward.mean, forward.log_variance)))
    assert float(terms["reconstruction"]) == pytest.approx(
        float(reconstruction(batch.pixels, forward.logits, "bernoulli"))
    )


def test_anchors_by_hand():
    forward, batch = example()
    errors = anchors(forward, batch)
    x = (forward.outputs[:, 0] - batch.codes[:, 0]).square().mean() * 3
    hue = (forward.outputs[:4, 2:4] - batch.codes[:4, 2:4]).square().sum(1).mean()
    log_share = torch.log_softmax(forward.outputs[:4, 4:], dim=1)
    shape = -log_share[range(4), batch.categories[:4, 3]].mean() / math.log(2)
    assert [float(errors[name]) for name in ("x", "hue", "shape")] == pytest.approx(
        [float(x), float(hue), float(shape)], rel=1e-5
    )


def test_one_is_the_cost_of_knowing_nothing():
    rows = torch.from_numpy(SPACE.sample(4000, 0))
    from simfactor.encoders import ideal_latents

    codes = torch.from_numpy(ideal_latents(SPACE, LAYOUT, rows.numpy()))
    nothing = torch.zeros(4000, 6)
    forward = Forward(heads_of(SPACE, LAYOUT), nothing, nothing, nothing, nothing)
    errors = anchors(forward, Batch(nothing, codes, rows.long(), 4000))
    for name, error in errors.items():
        assert float(error) == pytest.approx(1, abs=0.05), name


def test_nuisances_are_anchored_on_clean_images_only():
    forward, batch = example(clean=4)
    wrong = batch._replace(codes=batch.codes + torch.tensor([0, 0, 0, 0, 9, 9.0])[:, None])
    before, after = anchors(forward, batch), anchors(forward, wrong)
    assert after["hue"] == before["hue"]
    assert after["x"] > before["x"]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_loss_is_the_sum_of_its_terms(name):
    forward, batch = example(decoded=6)
    terms = OBJECTIVES[name].terms(forward, batch)
    assert float(total(terms)) == pytest.approx(sum(float(value) for value in terms.values()), rel=1e-6)


def test_weights_scale_their_terms_only():
    forward, batch = example()
    light, heavy = supervised(forward, batch, task_weight=1.0), supervised(forward, batch, task_weight=4.0)
    ratio = {name: float(heavy[name] / light[name]) for name in light}
    assert ratio == pytest.approx({name: 4.0 if name in ("anchor/x", "anchor/y") else 1.0 for name in light})
    double = supervised(forward, batch, residual_weight=2e-3)
    for name in ("reconstruction", "residual_kl"):
        assert float(double[name] / light[name]) == pytest.approx(2)


def test_an_unknown_option_is_refused():
    OBJECTIVES["beta_vae"].check_options({"beta": 1.0})
    with pytest.raises(SimfactorError, match=r"unknown option of the objective 'betta'.*Did you mean 'beta'"):
        OBJECTIVES["beta_vae"].check_options({"betta": 1.0})
