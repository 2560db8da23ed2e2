"""Paired evaluation: the same episode seeds in every domain, one job for each agent, training and domain."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from tqdm import tqdm

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError
from simfactor.transfer.domain import Domain
from simfactor.transfer.episodes import Act, Episodes, Frames, MakeEnv, evaluate_domain
from simfactor.transfer.job import Job
from simfactor.transfer.pool import Tester, open_tester

Results: TypeAlias = dict[str, dict[int, dict[str, Episodes]]]


def evaluate(
    act: Act,
    make_env: MakeEnv,
    domains: Sequence[Domain],
    seeds: Sequence[int],
    training_seeds: Iterable[int] = (),
    film_frames: Frames = 6,
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
    core; 1 runs the jobs in this process. Raises SimfactorError as :func:`evaluate` does, for a damaged
    stored result, for a job that cannot be sent to a process, and when a worker dies.
    """
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    with closing(open_tester(max(workers, 1))) as tester:
        return evaluate_with(tester, jobs, out, training_seeds, progress)


def evaluate_with(
    tester: Tester,
    jobs: Sequence[Job],
    out: str | Path,
    training_seeds: Iterable[int] = (),
    progress: bool = True,
    finished: Callable[[Job], Any] = lambda job: None,
) -> Results:
    """As :func:`evaluate_jobs`, by a tester that stays open; ``finished`` is told of each job run."""
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
        for job, episodes in tester.run(todo):
            _store(folder, job, episodes)
            done[job.name] = episodes
            bar.update()
            finished(job)
    results: Results = {}
    for job in jobs:
        results.setdefault(job.agent, {}).setdefault(job.seed, {})[job.domain.name] = done[job.name]
    for agent, trainings in results.items():
        for seed, tested in trainings.items():
            check_pairing([job.domain for job in jobs if (job.agent, job.seed) == (agent, seed)], tested)
    return results


def stored_results(jobs: Sequence[Job], out: str | Path) -> Results:
    """What :func:`evaluate_jobs` has left in ``out`` of these jobs so far, in its words; nothing is run.

    Raises SimfactorError for a damaged stored result.
    """
    results: Results = {}
    for job in jobs:
        stored = _load(Path(out), job)
        if stored is not None:
            results.setdefault(job.agent, {}).setdefault(job.seed, {})[job.domain.name] = stored
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
    try:
        data = json.loads(path.read_text())
        if data["fingerprint"] != job.fingerprint:
            return None
        film = np.load(folder / f"{job.name}.npy", allow_pickle=False) if data["film"] else None
        return Episodes.from_dict(data, film)
    except (KeyError, ValueError, OSError) as error:
        raise SimfactorError(
            f"{path} is damaged ({error!r}); delete it and run the same call again."
        ) from error
