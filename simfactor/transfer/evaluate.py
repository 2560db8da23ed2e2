"""Paired evaluation: the same episode seeds in every domain, one job for each agent, training and domain."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from tqdm import tqdm

from simfactor.data.shards import write_atomically
from simfactor.errors import SimfactorError
from simfactor.transfer.domain import Domain, check_name
from simfactor.transfer.episodes import Act, Episodes, MakeEnv, evaluate_domain

Results: TypeAlias = dict[str, dict[int, dict[str, Episodes]]]


@dataclass(frozen=True)
class Job:
    """One trained agent in one domain; it must pickle, because it may run in another process.

    ``open_agent()`` returns observation -> action (``functools.partial`` of a loader and its path) and
    ``make_env(space)`` the environment. ``seed`` is the agent's training seed. ``version`` names all that
    decides the outcome and is not written here (the weights' checksum, the environment's options): a stored
    result is taken only if it was made with the same version, space and episode seeds.
    """

    agent: str
    seed: int
    domain: Domain
    open_agent: Callable[[], Act]
    make_env: MakeEnv
    episode_seeds: tuple[int, ...]
    version: str = ""

    def __post_init__(self) -> None:
        check_name("agent", self.agent)

    @property
    def name(self) -> str:
        """What the stored result's files are called."""
        return f"{self.agent}.{self.seed}.{self.domain.name}"

    @property
    def fingerprint(self) -> str:
        """Changes with everything that decides the result."""
        space = self.domain.space.to_dict()
        what = [self.name, self.version, self.domain.renderer, space, list(self.episode_seeds)]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def evaluate(
    act: Act,
    make_env: MakeEnv,
    domains: Sequence[Domain],
    seeds: Sequence[int],
    training_seeds: Iterable[int] = (),
    film_frames: int = 6,
    progress: bool = True,
) -> dict[str, Episodes]:
    """Run one agent in every domain on the same episode seeds, in this process; domain name -> episodes.

    The episode seeds must be none that training used, or the test would repeat the training's starts: name
    those in ``training_seeds`` and an overlap is an error. Raises SimfactorError also for repeated seeds and
    if the episodes turn out not to be paired (see :func:`check_pairing`).
    """
    check_episode_seeds(seeds, training_seeds)
    results = {d.name: evaluate_domain(act, make_env, d, seeds, film_frames, progress) for d in domains}
    check_pairing(domains, results)
    return results


def evaluate_jobs(
    jobs: Sequence[Job],
    out: str | Path,
    training_seeds: Iterable[int] = (),
    workers: int | None = None,
    progress: bool = True,
) -> Results:
    """Run jobs on a pool of spawned processes, each result written to ``out`` as soon as it is there.

    Returns agent -> training seed -> domain -> episodes. A job whose stored result has its fingerprint is
    not run again, so an interrupted call resumes where it was. ``workers``: processes, by default one a
    core; 1 runs the jobs in this process. Raises SimfactorError as :func:`evaluate` does.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    training_seeds = tuple(training_seeds)
    for job in jobs:
        check_episode_seeds(job.episode_seeds, training_seeds)
    if len({job.name for job in jobs}) < len(jobs):
        raise SimfactorError("two jobs have the same agent, training seed and domain; keep one of them.")
    done = {job.name: stored for job in jobs if (stored := _load(folder, job)) is not None}
    todo = [job for job in jobs if job.name not in done]
    with tqdm(total=len(jobs), initial=len(done), desc="transfer", disable=None if progress else True) as bar:
        for job, episodes in _run_all(todo, workers or os.cpu_count() or 1):
            _store(folder, job, episodes)
            done[job.name] = episodes
            bar.update()
    results: Results = {}
    for job in jobs:
        results.setdefault(job.agent, {}).setdefault(job.seed, {})[job.domain.name] = done[job.name]
    for agent, trainings in results.items():
        for seed, tested in trainings.items():
            check_pairing([job.domain for job in jobs if (job.agent, job.seed) == (agent, seed)], tested)
    return results


def check_episode_seeds(seeds: Sequence[int], training_seeds: Iterable[int] = ()) -> None:
    """Raise SimfactorError unless there are seeds, each once, and none of them a training seed."""
    if not len(seeds) or len(set(seeds)) < len(seeds):
        raise SimfactorError(f"{len(seeds)} episode seeds, {len(set(seeds))} distinct; give each seed once.")
    shared = sorted(set(seeds) & set(training_seeds))
    if shared:
        raise SimfactorError(
            f"episode seeds {shared[:5]} were used in training; test on seeds that training never saw, "
            f"for example from {max(*training_seeds, *seeds) + 1} on."
        )


def check_pairing(domains: Sequence[Domain], results: Mapping[str, Episodes]) -> None:
    """Raise SimfactorError unless every domain met the same initial states, episode by episode.

    Compared are the task factors at the start (where the target is, ...), but for those that a shift
    changes on purpose. ``results``: domain name -> episodes.
    """
    reference = domains[0]
    first = results[reference.name]
    for domain in domains[1:]:
        other = results[domain.name]
        if not np.array_equal(first.seeds, other.seeds):
            raise SimfactorError(
                f"domains {reference.name!r} and {domain.name!r} ran on other episode seeds; "
                "give every domain the same."
            )
        for name in domain.space.by_role("task"):
            if domain.space[name] != reference.space[name]:
                continue
            a = first.rows[:, reference.space.index(name)]
            b = other.rows[:, domain.space.index(name)]
            differs = np.flatnonzero(a != b)
            if len(differs):
                e = differs[0]
                raise SimfactorError(
                    f"episode seed {first.seeds[e]} starts with {name}={a[e]:g} in domain {reference.name!r} "
                    f"but {b[e]:g} in {domain.name!r}: the episodes are not paired. The environment must "
                    "draw its factors from the seed of reset alone."
                )


def _run_all(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Episodes]]:
    """Each job with its result, in the order in which they finish."""
    if workers == 1 or len(jobs) < 2:
        yield from ((job, _run(job)) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), context, initializer=torch.set_num_threads, initargs=(1,)
    )
    with pool:
        futures = {pool.submit(_run, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _run(job: Job) -> Episodes:
    act = job.open_agent()
    return evaluate_domain(act, job.make_env, job.domain, job.episode_seeds, progress=False)


def _store(folder: Path, job: Job, episodes: Episodes) -> None:
    """The film first, then the JSON file whose presence says that the job is done."""
    if episodes.film is not None:
        buffer = io.BytesIO()
        np.save(buffer, episodes.film, allow_pickle=False)
        write_atomically(folder / f"{job.name}.npy", buffer.getvalue())
    data = {"fingerprint": job.fingerprint, "film": episodes.film is not None, **episodes.to_dict()}
    write_atomically(folder / f"{job.name}.json", json.dumps(data).encode())


def _load(folder: Path, job: Job) -> Episodes | None:
    path = folder / f"{job.name}.json"
    if not path.exists():
        return None
    data = json.loads(path.read_text())
    if data["fingerprint"] != job.fingerprint:
        return None
    film = np.load(folder / f"{job.name}.npy", allow_pickle=False) if data["film"] else None
    return Episodes.from_dict(data, film)
