"""Many episodes at a time: their pictures are drawn, and acted on, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simfactor.factors import FactorSpace
from simfactor.transfer.domain import Domain
from simfactor.transfer.episodes import OPTIONAL, Act, Episode, Episodes, factor_row, gathered

Worlds: TypeAlias = gym.vector.VectorEnv[Any, Any, Any]
MakeVector: TypeAlias = Callable[[FactorSpace, int], Worlds]
AT_ONCE = 8  # worlds: each takes a sixth of a second to open, and many wait for the last episodes to end


def evaluate_batched(act: Act, make_vector: MakeVector, domain: Domain, seeds: Sequence[int]) -> Episodes:
    """As :func:`simfactor.transfer.evaluate_domain`, several episodes at a time and without a film.

    ``make_vector(space, n)`` gives n worlds, each of which takes a sequence of seeds, one for each of its
    episodes in turn (:class:`simfactor.envs.VectorEnv`); ``act`` takes observations (n, ...). What comes out
    is what single episodes give, but for the rounding of latents of several images together.
    """
    with closing(open_worlds(make_vector, domain, seeds)) as env:
        return play(act, env, domain, seeds)


def open_worlds(make_vector: MakeVector, domain: Domain, seeds: Sequence[int]) -> Worlds:
    """The worlds that :func:`play` needs for so many episodes, in this domain or in another."""
    return make_vector(domain.space, min(AT_ONCE, len(seeds)))


def play(act: Act, env: Worlds, domain: Domain, seeds: Sequence[int]) -> Episodes:
    """The episodes of ``seeds`` in ``domain``, in worlds that may have been in another before."""
    return gathered(domain, seeds, _Run(env, domain, seeds).play(act))


class _Run:
    """n worlds that share the episodes: whichever has ended one starts the next in the step after."""

    def __init__(self, env: Worlds, domain: Domain, seeds: Sequence[int]) -> None:
        n = env.num_envs
        self.env, self.domain, self.wanted = env, domain, len(seeds)
        self.left = iter(seeds)
        self.playing: list[int | None] = [None] * n  # each world's episode, None when there is none for it
        self.rows: list[NDArray[np.float64]] = []
        self.returns, self.errors = np.zeros((2, n))
        self.lengths = np.zeros(n, np.int64)

    def play(self, act: Act) -> dict[int, Episode]:
        """Episode seed -> episode."""
        found: dict[int, Episode] = {}
        observations, infos = self.env.reset(
            seed=[self._seeds(i) for i in range(len(self.playing))],  # type: ignore[arg-type]  # seeds in turn are ours, not gymnasium's
            options={"space": self.domain.space},
        )
        self.rows = [self._row(infos, i) for i in range(len(self.playing))]
        self.errors = self._error(infos)
        over = np.zeros(len(self.playing), bool)
        while len(found) < self.wanted:
            observations, rewards, terminated, truncated, infos = self.env.step(act(observations))
            began, over = over, terminated | truncated
            error = self._error(infos)
            self.returns, self.lengths = self.returns + rewards, self.lengths + 1
            self.errors = self.errors + error
            for i in np.flatnonzero(began).tolist():
                self.rows[i], self.returns[i], self.lengths[i] = self._row(infos, i), 0.0, 0
                self.errors[i] = error[i]
            for i in np.flatnonzero(over).tolist():
                seed = self.playing[i]
                if seed is not None:  # else it only goes on because the others do
                    found[seed] = self._episode(infos, i)
        return found

    def _seeds(self, i: int) -> Iterator[int]:
        """What world i plays next, as long as there are episodes left."""
        for seed in self.left:
            self.playing[i] = seed
            yield seed
        self.playing[i] = None

    def _episode(self, infos: dict[str, Any], i: int) -> Episode:
        success, steps = bool(infos["is_success"][i]), int(self.lengths[i])
        error = float(self.errors[i]) / (steps + 1)  # the mean over all that was seen
        return Episode(self.rows[i], success, float(self.returns[i]), steps, error)

    def _error(self, infos: dict[str, Any]) -> NDArray[np.float64]:
        """What the environment tells of its task error, not a number if nothing."""
        told: NDArray[np.float64] = infos.get(OPTIONAL, np.full(len(self.playing), np.nan))
        return told.copy()

    def _row(self, infos: dict[str, Any], i: int) -> NDArray[np.float64]:
        told = infos["factors"]
        return factor_row({"factors": {name: told[name][i] for name in self.domain.space.names}}, self.domain)
