"""What can be read of a factor, and what an erasure leaves of it, where both are known."""

import numpy as np
import pytest
import torch

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace
from simfactor.plugin.deploying.network import fit_distance, fit_eraser
from simfactor.plugin.deploying.withholding import linear_targets, readability

SPACE = FactorSpace(
    {"size": Continuous(1.0, 3.0), "hue": Angle(0, 360), "person": Categorical(("ada", "eva", "ida"))}
)
ROWS = SPACE.sample(1200, seed=0)
TOLD = linear_targets(SPACE, ["person"], ROWS)
RNG = np.random.default_rng(1)


def read(outputs: np.ndarray, name: str, shuffles: int = 19):
    return readability((outputs[:800], ROWS[:800]), (outputs[800:], ROWS[800:]), SPACE, name, shuffles, 0)


def test_what_is_not_there_is_not_read() -> None:
    own = np.stack([ROWS[:, 0], *RNG.normal(size=(3, 1200))], axis=1)
    for found in read(own, "person"):
        assert not found.readable
        assert found.sentence().startswith("not readable above the baseline: ")


def test_what_leaks_is_read_and_by_whom_is_said() -> None:
    leaking = np.stack([ROWS[:, 0] + 2 * TOLD[:, 1], *RNG.normal(size=(3, 1200))], axis=1)
    for found in read(leaking, "person"):
        assert found.readable
        assert found.sentence().startswith("still readable: 0.")
        assert found.sentence().endswith(f"({found.learner})")


def test_only_the_learner_of_combinations_reads_a_product() -> None:
    sign = np.where(RNG.random(1200) < 0.5, -1, 1)
    hidden = np.stack([sign, sign * (ROWS[:, 0] - 2) + 0.1 * RNG.normal(size=1200)], axis=1)
    linear, mlp = read(hidden, "size")
    assert linear.score < 0.05
    assert mlp.readable


@pytest.mark.parametrize("name", SPACE.names)
def test_an_erasure_leaves_nothing_linear(name: str) -> None:
    targets = linear_targets(SPACE, [name], ROWS)
    mixed = np.concatenate([targets @ RNG.normal(size=(targets.shape[1], 5)), ROWS[:, :1]], axis=1)
    mixed = mixed @ RNG.normal(size=(6, 6)) + 0.3 * RNG.normal(size=(1200, 6)) + 5
    assert read(mixed, name, shuffles=1)[0].score > 0.5
    erased = fit_eraser(mixed, targets)(torch.tensor(mixed, dtype=torch.float32)).numpy().astype(float)
    crossed = (targets - targets.mean(axis=0)).T @ (erased - erased.mean(axis=0)) / len(mixed)
    assert np.abs(crossed).max() < 1e-5
    assert read(erased, name, shuffles=1)[0].score < 0.05
    np.testing.assert_allclose(erased.mean(axis=0), mixed.mean(axis=0), atol=1e-4)


def test_an_erasure_changes_nothing_else() -> None:
    latents = RNG.normal(size=(1200, 3))
    latents[:, 0] = ROWS[:, 0]
    targets = linear_targets(SPACE, ["size"], ROWS)
    erased = fit_eraser(latents, targets)(torch.tensor(latents, dtype=torch.float32)).numpy()
    assert erased[:, 0].std() < 0.1
    np.testing.assert_allclose(erased[:, 1:], latents[:, 1:], atol=0.2)  # their chance correlation goes, too


def test_a_constant_latent_and_one_that_repeats_another_are_no_obstacle() -> None:
    latents = np.stack([np.ones(1200), ROWS[:, 0], ROWS[:, 0]], axis=1)
    erased = fit_eraser(latents, linear_targets(SPACE, ["size"], ROWS))
    after = erased(torch.tensor(latents, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(after, np.broadcast_to(latents.mean(axis=0), after.shape), atol=1e-4)


def test_the_distance_is_that_of_mahalanobis() -> None:
    features = RNG.normal(size=(2000, 4)) @ RNG.normal(size=(4, 4)) + 3
    distance = fit_distance(features, seed=0)(torch.tensor(features[:50], dtype=torch.float32)).numpy()
    apart = features[:50] - features.mean(axis=0)
    inverse = np.linalg.inv(np.cov(features, rowvar=False))
    np.testing.assert_allclose(distance, np.sqrt(np.einsum("ni,ij,nj->n", apart, inverse, apart)), rtol=1e-3)


def test_a_factor_that_does_not_vary_is_named() -> None:
    still = np.where(np.arange(3) == 0, 2.0, ROWS)
    outputs = RNG.normal(size=(1200, 2))
    with pytest.raises(SimfactorError, match="size"):
        readability((outputs[:800], still[:800]), (outputs[800:], still[800:]), SPACE, "size", 1, 0)
