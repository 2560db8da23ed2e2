import pickle

import gymnasium as gym
import numpy as np
from point_reach import layout_with

from simfactor.agents import Augmentation, AugmentedReplayBuffer, resolve_augmentations

LAYOUT = layout_with(3)
TASK, NUISANCE = LAYOUT.dims("task"), LAYOUT.dims("nuisance")
COUNT = 30


def filled(seed: int = 0, steps: int = 1, rise: float = 0.0) -> AugmentedReplayBuffer:
    """Transition i has task latents i and i + 0.5, nuisance latents 100 + i, action i / 100, reward i."""
    observations = gym.spaces.Box(-np.inf, np.inf, (LAYOUT.size,), np.float32)
    augmenter = resolve_augmentations([Augmentation(("nuisance",), rise=rise)], LAYOUT)
    buffer = AugmentedReplayBuffer(
        50, observations, gym.spaces.Box(-1, 1, (3,)), "cpu", augmenter=augmenter, seed=seed, steps=steps
    )
    for i in range(COUNT):
        now, then = np.full((2, 1, LAYOUT.size), i, np.float32)
        now[:, NUISANCE] = then[:, NUISANCE] = 100 + i
        then[:, TASK] += 0.5
        buffer.add(now, then, np.full((1, 3), i / 100), np.array([i]), np.array([False]), [{}])
    return buffer


def test_only_the_nuisances_change_and_alike_in_both_observations() -> None:
    buffer = filled()
    batch = buffer.sample(64)
    now, then = batch.observations.numpy(), batch.next_observations.numpy()
    np.testing.assert_array_equal(now[:, TASK], np.tile(batch.rewards.numpy(), len(TASK)))
    np.testing.assert_array_equal(then[:, TASK], now[:, TASK] + 0.5)
    np.testing.assert_allclose(batch.actions.numpy()[:, 0], batch.rewards.numpy()[:, 0] / 100, rtol=1e-6)
    np.testing.assert_array_equal(now[:, NUISANCE], then[:, NUISANCE])
    moved = now[:, NUISANCE] != 100 + batch.rewards.numpy()
    assert moved.mean() > 0.8
    np.testing.assert_array_equal(buffer.observations[:COUNT, 0, NUISANCE[0]], 100 + np.arange(COUNT))


def test_strength_rises_with_the_transitions_of_the_training() -> None:
    def moved(steps: int) -> float:
        batch = filled(steps=steps, rise=1.0).sample(2000)
        unmoved = (100 + batch.rewards.numpy()) == batch.observations.numpy()[:, NUISANCE]
        return float(1 - unmoved.mean())

    assert moved(steps=COUNT) > 0.9  # the training is over
    assert 0.2 < moved(steps=4 * COUNT) < 0.3
    copy = pickle.loads(pickle.dumps(filled(steps=4 * COUNT)))
    assert copy.added == COUNT


def test_a_pickled_buffer_goes_on_as_the_original_would() -> None:
    buffer = filled()
    buffer.sample(8)
    copy = pickle.loads(pickle.dumps(buffer))
    for a, b in zip(buffer.sample(16)[:5], copy.sample(16)[:5], strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_seed_decides_and_the_global_generator_does_not() -> None:
    np.random.seed(0)  # noqa: NPY002  # the generator that must not matter
    first = filled().sample(32).observations
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(first, filled().sample(32).observations)
    assert (first != filled(seed=1).sample(32).observations).any()
