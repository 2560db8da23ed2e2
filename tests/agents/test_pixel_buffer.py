import pickle

import gymnasium as gym
import numpy as np
import pytest
import torch

from simfactor.agents import ImageAugmentation, ImageAugmenter, PixelReplayBuffer
from simfactor.errors import SimfactorError

ACTIONS = gym.spaces.Box(-1, 1, (2,), np.float32)
RERENDER = ImageAugmenter((ImageAugmentation("rerender", target="clean"),))


def empty(places: int = 50, size: int = 8, augmenter=None) -> PixelReplayBuffer:
    images = gym.spaces.Box(0, 255, (3, size, size), np.uint8)
    return PixelReplayBuffer(places, images, ACTIONS, "cpu", augmenter=augmenter or ImageAugmenter(), seed=0)


def picture(number: int, size: int = 8) -> np.ndarray:
    return np.full((1, 3, size, size), number, np.uint8)


def add(buffer: PixelReplayBuffer, lengths: list[int], truncated: bool = False) -> None:
    """Episodes e of so many transitions from picture 20 e + t to 20 e + t + 1, with that number as reward."""
    for episode, length in enumerate(lengths):
        for t in range(length):
            number, over = 20 * episode + t, t == length - 1
            buffer.add(
                picture(number),
                picture(number + 1),
                np.full((1, 2), number / 255),
                np.array([number]),
                np.array([over]),
                [{"TimeLimit.truncated": truncated and over}],
            )


def numbers(images: torch.Tensor) -> np.ndarray:
    return np.round(255 * images[:, 0, 0, 0].numpy()).astype(int)


@pytest.mark.parametrize("places", [50, 12, 7])
def test_every_transition_keeps_its_successor_across_episodes_and_when_full(places: int) -> None:
    buffer = empty(places)
    add(buffer, [4, 1, 6, 3])
    assert buffer.size() == {50: 14, 12: 9, 7: 5}[places]
    batch = buffer.sample(400)
    now, then = numbers(batch.observations["pixels"]), numbers(batch.next_observations["pixels"])
    np.testing.assert_array_equal(now, batch.rewards.numpy()[:, 0])
    np.testing.assert_array_equal(then, now + 1)
    np.testing.assert_allclose(batch.actions.numpy()[:, 1], now / 255, rtol=1e-6)
    ends = {3, 20, 45, 62}
    np.testing.assert_array_equal(batch.dones.numpy()[:, 0] == 1, np.isin(now, list(ends)))
    assert len(set(now)) == buffer.size()


def test_strength_rises_with_the_transitions_of_the_training() -> None:
    rising = ImageAugmenter((ImageAugmentation("rerender", target="clean", rise=1.0),))
    pixels = gym.spaces.Box(0, 255, (3, 8, 8), np.uint8)
    both = gym.spaces.Dict(pixels=pixels, counterfactual=pixels)

    def changed(steps: int) -> float:
        buffer = PixelReplayBuffer(50, both, ACTIONS, "cpu", augmenter=rising, seed=0, steps=steps)
        for t in range(10):
            now, then = ({"pixels": picture(n), "counterfactual": picture(200)} for n in (t, t + 1))
            buffer.add(now, then, np.zeros((1, 2)), np.zeros(1), np.zeros(1, bool), [{}])
        return float((numbers(buffer.sample(500).observations["changed"]) == 200).mean())

    assert changed(steps=10) == 1
    assert 0.2 < changed(steps=40) < 0.3


def test_the_end_of_the_time_is_no_end() -> None:
    buffer = empty()
    add(buffer, [4, 3], truncated=True)
    assert not buffer.sample(100).dones.any()


def test_ten_thousand_transitions_are_small() -> None:
    buffer = empty(10_000, 64)
    held = sum(array.nbytes for array in (*buffer.shown.values(), buffer.actions, buffer.rewards))
    assert held < 130e6  # one picture of 12 KB for each


def test_the_counterfactual_is_what_the_critic_sees_too() -> None:
    image = gym.spaces.Box(0, 255, (3, 8, 8), np.uint8)
    both = gym.spaces.Dict(pixels=image, counterfactual=image)
    buffer = PixelReplayBuffer(20, both, ACTIONS, "cpu", augmenter=RERENDER, seed=0)
    for i in range(10):
        now, then = ({"pixels": picture(n), "counterfactual": picture(100 + n)} for n in (i, i + 1))
        buffer.add(now, then, np.zeros((1, 2)), np.array([i]), np.array([False]), [{}])
    batch = buffer.sample(50)
    np.testing.assert_array_equal(
        numbers(batch.observations["changed"]), 100 + numbers(batch.observations["pixels"])
    )
    assert set(batch.next_observations) == {"pixels"}


@pytest.mark.parametrize("places", [50, 14, 13, 12, 7])
def test_a_pickled_buffer_goes_on_as_the_original_would(places: int) -> None:
    buffer = empty(places, augmenter=ImageAugmenter((ImageAugmentation("photometric"),)))
    add(buffer, [6, 6])
    buffer.sample(5)
    copy = pickle.loads(pickle.dumps(buffer))
    for more in ([], [3, 4, 30]):
        add(buffer, more)
        add(copy, more)
        for a, b in zip(buffer.sample(16), copy.sample(16), strict=True):
            if isinstance(a, dict):
                a, b = a["pixels"], b["pixels"]
            if a is not None:
                torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_room_that_nothing_took_is_not_pickled() -> None:
    buffer = empty(10_000)
    add(buffer, [5])
    assert len(pickle.dumps(buffer)) < 20_000


def test_it_keeps_one_environment() -> None:
    with pytest.raises(SimfactorError, match="2 environments"):
        PixelReplayBuffer(
            9,
            gym.spaces.Box(0, 255, (3, 8, 8), np.uint8),
            ACTIONS,
            "cpu",
            n_envs=2,
            augmenter=ImageAugmenter(),
            seed=0,
        )
