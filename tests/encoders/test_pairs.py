import math

import numpy as np
import pytest
import torch
from dots import SPACE, draw

from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.encoders.batches import put_on_device, seeded
from simfactor.encoders.objectives.interventional import LEAST_SHARE, exchange, invariance, selectivity
from simfactor.encoders.objectives.objective import Posterior
from simfactor.encoders.objectives.pairs import (
    average,
    changed_dims,
    mean_of_both,
    probably_shared,
    product_of_both,
)
from simfactor.errors import SimfactorError

CPU = torch.device("cpu")


def pairs_of(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that differ in one factor each, in turn x, y, hue, shape."""
    before = SPACE.sample(count, seed)
    after = before.copy()
    for k, name in enumerate(SPACE.names):
        after[k::4] = SPACE.intervene(before, [name], seed)[k::4]
    rows = np.stack([before, after], axis=1)
    return np.stack([draw(before), draw(after)], axis=1), rows


def test_two_equal_posteriors_stay_what_they_are():
    mean, log_variance = torch.randn(3, 4).repeat(2, 1), torch.randn(3, 4).repeat(2, 1)
    for how in (mean_of_both, product_of_both):
        found = how(mean, log_variance)
        torch.testing.assert_close(found[0], mean[:3])
        torch.testing.assert_close(found[1], log_variance[:3])


def test_averages_by_hand():
    mean = torch.tensor([[0.0], [4.0]])
    log_variance = torch.tensor([[1.0], [3.0]]).log()
    m, v = mean_of_both(mean, log_variance)
    assert (float(m), float(v.exp())) == pytest.approx((2, 2))
    m, v = product_of_both(mean, log_variance)  # precisions 1 and 1/3
    assert (float(m), float(v.exp())) == pytest.approx((1, 1.5))


def test_only_shared_latents_are_averaged():
    posterior = Posterior(torch.zeros(4, 0), torch.randn(4, 3), torch.randn(4, 3))
    shared = torch.tensor([[True, False, True], [False, False, False]])
    found = average(posterior, shared, mean_of_both)
    assert torch.equal(found.mean[0, [0, 2]], found.mean[2, [0, 2]])
    assert torch.equal(found.mean[:, 1], posterior.mean[:, 1])
    assert torch.equal(found.mean[[1, 3]], posterior.mean[[1, 3]])


def test_what_moved_most_is_not_shared():
    mean = torch.zeros(2, 4)
    mean[1] = torch.tensor([0.1, 3.0, 0.0, 2.5])
    shared = probably_shared(Posterior(torch.zeros(2, 0), mean, torch.zeros(2, 4)))
    assert shared.tolist() == [[True, False, True, False]]


def test_the_dimensions_of_what_changed():
    encoder = FactorEncoder(SPACE, 64, "group_vae")
    images, rows = pairs_of(4)
    batch = put_on_device(images, rows, encoder.layout, SPACE, CPU, pairs="changes").batch(
        torch.arange(4), seeded(CPU, 0)
    )
    found = changed_dims(encoder, batch)  # x, y, hue (two), shape, residual (two)
    assert found.tolist() == [
        [True, False, False, False, False, False, False],
        [False, True, False, False, False, False, False],
        [False, False, True, True, False, False, False],
        [False, False, False, False, True, False, False],
    ]


def test_exchange_swaps_what_changed_and_nothing_else():
    latents = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    changed = torch.tensor([[True, False], [False, True]])
    assert exchange(latents, changed).tolist() == [[5, 2], [3, 8], [1, 6], [7, 4]]
    torch.testing.assert_close(exchange(exchange(latents, changed), changed), latents)


def test_one_is_a_latent_that_moves_freely():
    before, after = torch.rand(2, 5000, 1, generator=seeded(CPU, 0)) * 7
    mean = torch.cat([before, after])
    unchanged = torch.zeros(5000, 1, dtype=torch.bool)
    assert float(invariance(mean, unchanged)) == pytest.approx(1, abs=0.05)
    assert float(invariance(mean, ~unchanged)) == 0
    assert float(invariance(torch.cat([before, before]), unchanged)) == 0


def test_a_latent_should_move_with_its_own_factor():
    changed = torch.tensor([[True, False], [False, True], [False, True]])
    alone = changed * torch.tensor([[2.0, -3.0]])  # each latent moves in its own pairs, and in no other
    assert float(selectivity(pairs_that_move(alone), changed)) == pytest.approx(
        -2 * math.log(1 + LEAST_SHARE), abs=1e-3
    )
    alike = torch.ones(3, 2)  # every change moves both: a third, and two thirds, of it are their own
    expected = -math.log(1 / 3 + LEAST_SHARE) - math.log(2 / 3 + LEAST_SHARE)
    assert float(selectivity(pairs_that_move(alike), changed)) == pytest.approx(expected, abs=1e-3)
    assert float(selectivity(pairs_that_move(10 * alike), changed)) == pytest.approx(expected, abs=1e-3)
    still = torch.zeros(3, 2)  # saying nothing is no way out
    assert float(selectivity(pairs_that_move(still), changed)) == pytest.approx(-2 * math.log(LEAST_SHARE))


def test_a_factor_that_never_changed_asks_nothing_of_its_latent():
    changed = torch.tensor([[True, False], [True, False]])
    assert float(selectivity(pairs_that_move(torch.ones(2, 2)), changed)) == pytest.approx(
        -math.log(1 + LEAST_SHARE), abs=1e-3
    )


def test_only_the_pairs_that_are_counted_matter():
    changed = torch.tensor([[True], [False], [False], [True]])
    latents = pairs_that_move(torch.tensor([[1.0], [1.0], [5.0], [7.0]]))
    half = torch.tensor([True, True, False, False])
    expected = 0.5 * -math.log(1 / 2 + LEAST_SHARE)
    assert float(selectivity(latents, changed, half)) == pytest.approx(expected, abs=1e-3)
    assert float(selectivity(latents, changed, ~half & half)) == 0


def pairs_that_move(movement: torch.Tensor) -> torch.Tensor:
    """Latents (2m, L) before and after a movement (m, L)."""
    before = torch.randn(movement.shape, generator=torch.Generator().manual_seed(0))
    return torch.cat([before, before + movement])


def test_interventions_alone_give_every_block_its_factor(tmp_path):
    images, rows = pairs_of(900)
    encoder = train_encoder(
        images,
        rows,
        SPACE,
        tmp_path,
        objective="interventional_unlabelled",
        residual=0,
        epochs=4,
        learning_rate=3e-3,
        progress=False,
    )
    test = SPACE.sample(300, 9)
    codes = encoder.encode(draw(test))
    for name, other in (("x", "y"), ("y", "x")):
        block = codes[:, encoder.layout.dims(name)[0]]
        own, foreign = (abs(np.corrcoef(block, test[:, SPACE.index(f)])[0, 1]) for f in (name, other))
        assert own > 0.9, name
        assert foreign < 0.3, name


def test_few_labels_are_drawn_into_every_batch(tmp_path):
    images, rows = pairs_of(100)
    flat = images.reshape(-1, 64, 64, 3), rows.reshape(-1, 4)
    for share in (0.01, 0.5):
        encoder = train_encoder(
            *flat,
            SPACE,
            tmp_path / str(share),
            objective="semi_supervised",
            label_share=share,
            epochs=2,
            progress=False,
        )
        assert encoder.layout.names == ("x", "y", "hue", "shape", "residual")


@pytest.mark.parametrize(
    ("objective", "arguments", "message"),
    [
        ("ada_gvae", {}, r"shape \(8, 64, 64, 3\); this objective learns from pairs"),
        ("supervised", {"label_share": 0}, "label_share=0 must be above 0 and at most 1"),
        ("vae", {"label_share": math.nan}, "label_share=nan must be above 0"),
        ("vae", {"label_share": 0.1}, r"label_share=0\.1: this objective learns from no labels"),
        ("vae", {"noise": 1.5}, r"noise=1\.5 must be at least 0 and below 1"),
        ("ada_gvae", {"augment": True}, "labels, which this objective does not use"),
    ],
)
def test_data_that_an_objective_cannot_learn_from(tmp_path, objective, arguments, message):
    rows = SPACE.sample(8, 0)
    with pytest.raises(SimfactorError, match=message):
        train_encoder(draw(rows), rows, SPACE, tmp_path, objective=objective, progress=False, **arguments)
    assert not any(tmp_path.iterdir())
