"""A replay buffer that augments latents whenever it is sampled. On-policy: :mod:`simfactor.agents.drac`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.common.vec_env import VecNormalize

from simfactor.agents.augmentation import LatentAugmenter


class AugmentedReplayBuffer(ReplayBuffer):
    """Stable-Baselines3's replay buffer of flat observations (L,), augmented in sampling.

    What is stored stays as it was seen. An observation and its successor get the same change, for a
    transition happens under one light. The sampled indices and the changes come from the buffer's own
    generator, seeded by ``seed`` and pickled with it. Off-policy algorithms take it as
    ``replay_buffer_class=AugmentedReplayBuffer, replay_buffer_kwargs={"augmenter": ..., "seed": ...}``;
    ``steps``, the transitions of the whole training, is what strengths that rise are timed by.
    """

    def __init__(
        self,
        buffer_size: int,
        observation_space: spaces.Space,
        action_space: spaces.Space,
        device: torch.device | str = "auto",
        n_envs: int = 1,
        optimize_memory_usage: bool = False,
        handle_timeout_termination: bool = True,
        *,
        augmenter: LatentAugmenter,
        seed: int,
        steps: int = 1,
    ) -> None:
        super().__init__(
            buffer_size,
            observation_space,
            action_space,
            device,
            n_envs,
            optimize_memory_usage,
            handle_timeout_termination,
        )
        self.augmenter = augmenter
        self.generator = np.random.default_rng(seed)
        self.steps, self.added = steps, 0

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Store a transition, as Stable-Baselines3's buffer does."""
        super().add(*args, **kwargs)
        self.added += self.n_envs

    def sample(self, batch_size: int, env: VecNormalize | None = None) -> ReplayBufferSamples:
        """``batch_size`` augmented transitions, drawn with replacement."""
        return self._get_samples(self.generator.integers(self.size(), size=batch_size), env)

    def _get_samples(
        self, batch_inds: NDArray[np.integer], env: VecNormalize | None = None
    ) -> ReplayBufferSamples:
        samples = super()._get_samples(batch_inds, env)
        transitions = torch.stack((samples.observations, samples.next_observations), dim=1).cpu().numpy()
        changed = self.augmenter(transitions, self.generator, min(1.0, self.added / self.steps))
        now, then = torch.from_numpy(changed).to(self.device).unbind(dim=1)
        return samples._replace(observations=now, next_observations=then)
