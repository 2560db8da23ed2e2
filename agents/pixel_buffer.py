"""A replay buffer of images: each is stored once, as uint8, and augmented when it is sampled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.buffers import BaseBuffer, ReplayBuffer
from stable_baselines3.common.type_aliases import DictReplayBufferSamples
from stable_baselines3.common.vec_env import VecNormalize
from torch import Tensor

from simfactor.agents.image_augmentation import ImageAugmenter
from simfactor.agents.pixel_policy import CHANGED, COUNTERFACTUAL, PIXELS, to_float
from simfactor.errors import SimfactorError

Shown: TypeAlias = NDArray[Any] | Mapping[str, NDArray[Any]]
ROOM = ("actions", "rewards", "dones", "follows")  # what there is one of for each transition, beside pictures


class PixelReplayBuffer(ReplayBuffer):
    """Replayed transitions of one environment whose observations are images, or a Dict with ``pixels``.

    A ring of observations: the successor of one is the next, which Stable-Baselines3's ring does not keep at
    the end of an episode. Here an episode's last observation has a place of its own, so ``buffer_size``
    observations hold so many transitions less the episodes. Samples are dicts: ``pixels``, float in [0, 1],
    and, of the observations, ``changed`` if the critic is to learn from that too; numbers that are shown
    beside images, as a ``state``, come as they are. All draws come from the buffer's own generator, seeded by
    ``seed`` and pickled with it. ``steps``, the transitions of the whole training, is what strengths that
    rise are timed by.

    Raises SimfactorError for several environments.
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
        augmenter: ImageAugmenter,
        seed: int,
        steps: int = 1,
    ) -> None:
        if n_envs != 1:
            raise SimfactorError(f"{n_envs} environments: this buffer keeps the transitions of one.")
        BaseBuffer.__init__(self, buffer_size, observation_space, action_space, device, n_envs)
        self.optimize_memory_usage = optimize_memory_usage
        self.handle_timeout_termination = handle_timeout_termination
        named = observation_space.spaces if isinstance(observation_space, spaces.Dict) else None
        self.shown = {
            key: np.zeros((buffer_size, *space.shape), space.dtype)
            for key, space in (named or {PIXELS: observation_space}).items()
            if space.shape is not None
        }
        self.actions = np.zeros((buffer_size, self.action_dim), np.float32)
        self.rewards, self.dones = np.zeros((2, buffer_size, 1), np.float32)
        self.follows = np.zeros(buffer_size, bool)  # whether a transition begins here
        self.augmenter = augmenter
        self.generator = torch.Generator().manual_seed(seed)
        self.steps, self.added = steps, 0

    def __getstate__(self) -> dict[str, Any]:
        """Without the room that no transition has taken: of a long training's checkpoints, gigabytes."""
        used = self.buffer_size if self.full else self.pos + 1
        shown = {key: values[:used] for key, values in self.shown.items()}
        return {**vars(self), "shown": shown, **{name: vars(self)[name][:used] for name in ROOM}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """With all of its room again."""
        vars(self).update(state)
        self.shown = {key: _padded(values, self.buffer_size) for key, values in self.shown.items()}
        for name in ROOM:
            setattr(self, name, _padded(state[name], self.buffer_size))

    def size(self) -> int:
        """The transitions that can be sampled."""
        return int(self.follows.sum())

    def add(
        self,
        obs: Shown,
        next_obs: Shown,
        action: NDArray[Any],
        reward: NDArray[Any],
        done: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        """Store a transition: what Stable-Baselines3 gives, a batch of one."""
        now, then = _named(obs), _named(next_obs)
        if self.size() and any((self.shown[key][self.pos] != now[key]).any() for key in now):
            self._advance()  # not what the last transition led to: another episode
        for key, value in now.items():
            self.shown[key][self.pos] = value
        self.actions[self.pos] = action[0]
        self.rewards[self.pos] = reward[0]
        truncated = self.handle_timeout_termination and infos[0].get("TimeLimit.truncated", False)
        self.dones[self.pos] = done[0] and not truncated
        self.follows[self.pos] = True
        self.added += 1
        self._advance()
        for key, value in then.items():
            self.shown[key][self.pos] = value
        self.follows[self.pos] = False

    def _advance(self) -> None:
        self.pos = (self.pos + 1) % self.buffer_size
        self.full = self.full or self.pos == 0

    def sample(  # type: ignore[override]
        self, batch_size: int, env: VecNormalize | None = None
    ) -> DictReplayBufferSamples:
        """``batch_size`` augmented transitions, drawn with replacement."""
        begun = np.flatnonzero(self.follows)
        return self._get_samples(
            begun[torch.randint(len(begun), (batch_size,), generator=self.generator).numpy()], env
        )

    def _get_samples(  # type: ignore[override]
        self, batch_inds: NDArray[np.integer], env: VecNormalize | None = None
    ) -> DictReplayBufferSamples:
        following = (batch_inds + 1) % self.buffer_size
        now, then, changed = self.augmenter(
            self._images(PIXELS, batch_inds),
            self._images(PIXELS, following),
            self._images(COUNTERFACTUAL, batch_inds) if self.augmenter.rerenders else None,
            self.generator,
            min(1.0, self.added / self.steps),
        )
        critics = {} if changed is None else {CHANGED: changed}
        return DictReplayBufferSamples(
            observations={PIXELS: now, **critics, **self._numbers(batch_inds)},
            actions=self.to_torch(self.actions[batch_inds]),
            next_observations={PIXELS: then, **self._numbers(following)},
            dones=self.to_torch(self.dones[batch_inds]),
            rewards=self.to_torch(self.rewards[batch_inds]),
        )

    def _numbers(self, places: NDArray[np.integer]) -> dict[str, Tensor]:
        """What is shown beside images."""
        named = {key: values for key, values in self.shown.items() if values.dtype != np.uint8}
        return {key: self.to_torch(values[places]) for key, values in named.items()}

    def _images(self, key: str, places: NDArray[np.integer]) -> Tensor:
        return to_float(self.to_torch(self.shown[key][places], copy=False))


def _padded(values: NDArray[Any], size: int) -> NDArray[Any]:
    """(n, ...) -> (size, ...): zeros behind."""
    padded = np.zeros((size, *values.shape[1:]), values.dtype)
    padded[: len(values)] = values
    return padded


def _named(shown: Shown) -> dict[str, NDArray[Any]]:
    """Observations (1, ...) by name, without the axis of environments."""
    named = shown if isinstance(shown, Mapping) else {PIXELS: shown}
    return {key: np.asarray(value)[0] for key, value in named.items()}
