"""Paired tests that stop when it is clear what a shift costs."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import dial_env
import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.transfer import Job, outward_domains
from simfactor.transfer.bench import Bench
from simfactor.transfer.domain import CLEAN, Domain
from simfactor.transfer.sequential import drops, evaluate_until_clear

SPACE = dial_env.FULL.restrict(dial_env.POLICY)
DOMAINS = (Domain(CLEAN, SPACE), *outward_domains(dial_env.FULL, SPACE, ["light"], severities=7))
JOBS = tuple(
    Job("greedy", 0, domain, dial_env.open_greedy, dial_env.Dial, tuple(range(100, 160)), "v1")
    for domain in DOMAINS
)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with closing(Bench()) as bench:
        yield bench


def counts(episodes: dict) -> list[int]:
    return [len(tested.success) for tested in episodes.values()]


def test_a_shift_is_tested_until_it_is_clear(tmp_path: Path, bench: Bench) -> None:
    episodes = evaluate_until_clear(JOBS[:4], tmp_path, bench, max_drop=0.3, progress=False)
    found = drops(episodes, CLEAN)
    verdicts = [found[job.domain.name].verdict(0.3) for job in JOBS[1:4]]
    assert verdicts[1:] == ["violated", "violated"]  # light 0.6 and more: off by twice of what is allowed
    clean, *shifted = counts(episodes)
    assert clean == max(shifted) <= 60
    assert shifted[2] <= 20  # every episode is lost
    np.testing.assert_array_equal(episodes[CLEAN].seeds[:10], episodes["light-3"].seeds[:10])


def test_without_a_bound_all_episodes_are_run(tmp_path: Path, bench: Bench) -> None:
    jobs = [replace(job, episode_seeds=job.episode_seeds[:25]) for job in JOBS[:2]]
    assert counts(evaluate_until_clear(jobs, tmp_path, bench, progress=False)) == [25, 25]


def test_the_first_shift_that_costs_too_much_may_end_it(tmp_path: Path, bench: Bench) -> None:
    jobs = (JOBS[0], JOBS[0], JOBS[7])  # the clean domain again, by another name: takes longest to clear
    jobs = (jobs[0], replace(jobs[1], domain=replace(DOMAINS[0], name="same")), jobs[2])
    each = evaluate_until_clear(jobs, tmp_path / "each", bench, max_drop=0.1, progress=False)
    first = evaluate_until_clear(jobs, tmp_path / "first", bench, max_drop=0.1, until="first", progress=False)
    assert counts(first) == [10, 10, 10]
    assert counts(each) == [40, 40, 10]
    assert drops(each, CLEAN)["same"].verdict(0.1) == "held"


def test_it_goes_on_where_it_was(tmp_path: Path, bench: Bench) -> None:
    short = [replace(job, episode_seeds=job.episode_seeds[:20]) for job in JOBS[:2]]
    evaluate_until_clear(short, tmp_path, bench, progress=False)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    longer = [replace(job, episode_seeds=job.episode_seeds[:30]) for job in JOBS[:2]]
    assert counts(evaluate_until_clear(longer, tmp_path, bench, progress=False)) == [30, 30]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_policy_without_success_has_nothing_to_lose(tmp_path: Path, bench: Bench) -> None:
    hopeless = [replace(job, open_agent=open_idle) for job in JOBS[:2]]
    hopeless = [replace(job, domain=replace(job.domain, space=FAR)) for job in hopeless]
    with pytest.raises(SimfactorError, match="none of 20 episodes in the clean world"):
        evaluate_until_clear(hopeless, tmp_path, bench, progress=False)


FAR = SPACE.restrict({"target": [0.8, 1.0]})


def open_idle():
    return lambda observation: np.zeros(1)
