"""Many worlds, and the same worlds one by one."""

from collections.abc import Iterator, Sequence
from typing import Any

import gymnasium as gym
import numpy as np


def abreast(
    worlds: gym.vector.VectorEnv, single: Sequence[gym.Env], seeds: Sequence[int], actions: np.ndarray
) -> Iterator[tuple[int, Any, dict, Any, dict]]:
    """After the reset and after a step, world by world: which it is, what all show and tell, and what it
    shows and tells alone. Closes all."""
    try:
        shown, infos = worlds.reset(seed=list(seeds))
        alone = [env.reset(seed=seed) for env, seed in zip(single, seeds, strict=True)]
        for _ in range(2):
            for i, (latents, info) in enumerate(alone):
                yield i, shown, infos, latents, info
            shown, *_, infos = worlds.step(actions)
            stepped = [env.step(action) for env, action in zip(single, actions, strict=True)]
            alone = [(step[0], step[-1]) for step in stepped]
    finally:
        for env in (worlds, *single):
            env.close()
