"""Paired tests that go on until the episodes can tell, and no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from tqdm import tqdm

from simfactor.errors import SimfactorError
from simfactor.transfer.betting import Drop, drop_interval
from simfactor.transfer.episodes import ARRAYS, OPTIONAL, Episodes
from simfactor.transfer.evaluate import evaluate_with
from simfactor.transfer.job import Job
from simfactor.transfer.pool import Tester

Until: TypeAlias = Literal["each", "first"]
ROUND = 10  # episodes of each domain between two looks
HOPELESS = 20  # clean episodes without a success after which nothing is expected any more


def evaluate_until_clear(
    jobs: Sequence[Job],
    out: str | Path,
    tester: Tester,
    max_drop: float | None = None,
    until: Until = "each",
    progress: bool = True,
) -> dict[str, Episodes]:
    """Run jobs of one agent in rounds until it is clear what each shift costs; domain -> episodes.

    The first job's domain is the clean one. A shift whose drop is surely above ``max_drop``, or surely not,
    is not tested further, nor is the clean domain when no shift is left; at the latest all of the jobs'
    episodes are run. Without ``max_drop`` all are. Rounds are stored in ``out`` as :func:`evaluate_jobs` does
    it: an interrupted call goes on where it was, one with more episodes after those that are there.

    ``until``: ``each`` shift is clear, or the ``first`` that costs too much is found.

    Raises SimfactorError for a policy that solves none of the first twenty clean episodes, for it has nothing
    to lose; and as :func:`evaluate_jobs` does.
    """
    clean, *shifted = jobs
    rounds: list[dict[str, Episodes]] = []
    running = [*shifted]
    total = len(jobs) * len(clean.episode_seeds)
    with tqdm(total=total, desc="stress", unit="episode", disable=None if progress else True) as bar:
        for start in range(0, len(clean.episode_seeds), ROUND):
            if not running:
                break
            now = [_part(job, start) for job in (clean, *running)]
            folder = Path(out) / f"round-{start // ROUND:03d}"
            results = evaluate_with(
                tester, now, folder, progress=False, finished=lambda job: bar.update(len(job.episode_seeds))
            )
            rounds.append(results[clean.agent][clean.seed])
            bar.n = sum(len(episodes.seeds) for done in rounds for episodes in done.values())
            _check_hope(joined(rounds)[clean.domain.name])
            if max_drop is None:
                continue
            verdicts = {n: d.verdict(max_drop) for n, d in drops(joined(rounds), clean.domain.name).items()}
            if until == "first" and "violated" in verdicts.values():
                break
            running = [job for job in running if verdicts[job.domain.name] == "open"]
    return joined(rounds)


def drops(episodes: Mapping[str, Episodes], clean: str) -> dict[str, Drop]:
    """Shifted domain -> its drop from the clean domain, on as many of the first episodes as it has."""
    shifted = {name: tested for name, tested in episodes.items() if name != clean}
    return {
        name: drop_interval(
            episodes[clean].success[: len(tested.success)], tested.success, shifts=len(shifted)
        )
        for name, tested in shifted.items()
    }


def joined(rounds: Sequence[Mapping[str, Episodes]]) -> dict[str, Episodes]:
    """Domain -> its episodes of all rounds, without films."""
    names = dict.fromkeys(name for done in rounds for name in done)
    return {name: _concatenated([done[name] for done in rounds if name in done]) for name in names}


def _concatenated(parts: Sequence[Episodes]) -> Episodes:
    kept = [name for name in ARRAYS if name != OPTIONAL]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in kept}
    return Episodes(parts[0].domain, **arrays)


def _part(job: Job, start: int) -> Job:
    return replace(job, episode_seeds=tuple(job.episode_seeds[start : start + ROUND]), film_frames=0)


def _check_hope(clean: Episodes) -> None:
    tried = len(clean.success)
    if tried >= HOPELESS and not clean.success.any():
        raise SimfactorError(
            f"the policy solved none of {tried} episodes in the clean world, where nothing is shifted: it "
            "has nothing to lose. Is it the policy of this environment, does it see what it saw in training, "
            "and is success what the environment calls success?"
        )
