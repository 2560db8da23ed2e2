"""Where jobs are tested in one process, one after another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from simfactor.transfer.batched import Worlds, open_worlds, play
from simfactor.transfer.episodes import Act, Episodes, evaluate_domain
from simfactor.transfer.job import Job

Finished: TypeAlias = Generator[tuple[Job, Episodes], None, None]


class Bench:
    """The agent and its worlds stay open as long as the next job needs the same."""

    def __init__(self) -> None:
        self._open: tuple[Any, Act, Worlds | None] | None = None

    def run(self, jobs: Sequence[Job]) -> Finished:
        """Each job with its result, in their order."""
        for job in jobs:
            yield job, self.test(job)

    def test(self, job: Job, guard: Callable[[Act], Act] = lambda act: act) -> Episodes:
        """The episodes of a job; ``guard`` may look on at every step."""
        act, worlds = self._opened(job)
        act = guard(act)

        def one_by_one(seeds: Sequence[int]) -> Episodes:
            return evaluate_domain(act, job.make_env, job.domain, seeds, job.film_frames, progress=False)

        if worlds is None:
            return one_by_one(job.episode_seeds)
        episodes = play(act, worlds, job.domain, job.episode_seeds)
        return replace(episodes, film=one_by_one(job.episode_seeds[:1]).film) if job.film_frames else episodes

    def close(self) -> None:
        """Close the worlds; a second call does nothing."""
        if self._open is not None and self._open[2] is not None:
            self._open[2].close()
        self._open = None

    def _opened(self, job: Job) -> tuple[Act, Worlds | None]:
        makers = (_content(job.open_agent), _content(job.make_vector))
        wanted = (*makers, job.version, len(job.episode_seeds))
        if self._open is None or self._open[0] != wanted:
            self.close()
            make = job.make_vector
            worlds = None if make is None else open_worlds(make, job.domain, job.episode_seeds)
            self._open = wanted, job.open_agent(), worlds
        return self._open[1:]


def _content(function: Any) -> Any:
    """What two partial functions of equal content have in common; they travel one by one, as copies."""
    if isinstance(function, partial):
        return function.func, function.args, function.keywords
    return function
