"""Stress tests: what a policy loses when a factor of the world leaves its training, told with statistics."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import gymnasium as gym

from simfactor.agents import Policy, open_policy
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.plugin.stressing.films import film_of
from simfactor.plugin.stressing.result import Shifted, StressResult, rate
from simfactor.plugin.stressing.shifts import clean_domain, described, moved, shifted_domains
from simfactor.plugin.stressing.subject import Subject, code_version, fitted
from simfactor.transfer import Act, Domain, Job, find_worst_case
from simfactor.transfer.domain import CLEAN
from simfactor.transfer.outward import moved_space
from simfactor.transfer.pool import open_tester
from simfactor.transfer.sequential import Until, drops, evaluate_until_clear

PolicySource: TypeAlias = str | Path | Act
AGENT = "policy"
SEARCH, CONFIRM = 500_000, 600_000  # where the search's episode seeds begin, from that of the test
SEARCH_EPISODES = 10  # in each setting


@dataclass(frozen=True)
class StressTest:
    """A policy in an environment, and what is to be shifted.

    Args:
        subject: the environment, and how it is seen.
        policy: a file as :func:`simfactor.agents.open_policy` takes it, or a function observation -> action.
        suite: names of factors, groups or roles that are moved outward one at a time and together; or one
            suite of shifts, ready or a YAML file.
        trained: factor -> range or values that the policy was trained with; the others were as they are.
        episodes: of each shift at most, and in the clean world.
        max_drop: how much success a shift may cost; None: nothing is judged.
        severities: how many rungs lead to the end of a number's range.
        seed: of the first episode; give one that training did not use.
        search: settings to try in a search for the worst one of all factors of the suite, 0 for none; what is
            found is then tested as the shifts are, on episodes of its own.
        algorithm, normalize: what a policy's file may not say (:func:`simfactor.agents.open_policy`).

    Raises SimfactorError for numbers out of range.
    """

    subject: Subject
    policy: PolicySource
    suite: tuple[str, ...] = ("lighting",)
    trained: Mapping[str, Any] = field(default_factory=dict)
    episodes: int = 100
    max_drop: float | None = None
    severities: int = 2
    seed: int = 100_000
    search: int = 0
    algorithm: str | None = None
    normalize: str | None = None

    def __post_init__(self) -> None:
        if not self.suite:
            raise SimfactorError(
                "suite=() names nothing; name a factor, a group such as lighting, or a suite."
            )
        for name, least in (("episodes", 1), ("severities", 1), ("seed", 0), ("search", 0)):
            if getattr(self, name) < least:
                raise SimfactorError(f"{name}={getattr(self, name)!r} must be at least {least}.")
        if self.max_drop is not None and not 0 <= self.max_drop < 1:
            raise SimfactorError(
                f"max_drop={self.max_drop!r} must be in [0, 1): 0.1 allows success to fall from 90 % to 80 %."
            )


def run_stress(
    test: StressTest,
    out: str | Path,
    workers: int | None = None,
    until: Until = "each",
    progress: bool = True,
) -> StressResult:
    """Test the policy in the clean world and in every shifted one, on the same episodes, until it is clear.

    What was run stays in ``out``; the same call again, or one with more episodes, goes on from there, unless
    the file that defines the environment has changed. With a policy or an environment that is a function,
    nothing is taken from earlier calls, for who knows whether it is the same. ``workers``: processes, by
    default one a core; 1: this one. ``until``: as of :func:`evaluate_until_clear`.

    Raises SimfactorError, before any episode is run, if policy, environment and suite do not fit together,
    and as :func:`evaluate_until_clear` does.
    """
    prepared = _prepared(test)
    clean, domains = prepared.clean, prepared.domains
    with closing(open_tester(workers)) as tester:
        if test.search:
            domains = (*domains, _worst(test, prepared, Path(out) / "search", workers, progress))
        jobs = [prepared.job(domain) for domain in (clean, *domains)]
        episodes = evaluate_until_clear(jobs, Path(out) / "episodes", tester, test.max_drop, until, progress)
    found = drops(episodes, CLEAN)
    film = film_of(prepared.policy.act, prepared.subject.open, clean, domains, episodes, found)
    shifts = [
        Shifted(domain.name, described(domain, clean), rate(episodes[domain.name]), found[domain.name])
        for domain in domains
    ]
    return StressResult(rate(episodes[CLEAN]), tuple(shifts), test.max_drop, film)


@dataclass(frozen=True)
class _Prepared:
    """A test whose parts fit together."""

    test: StressTest
    policy: Policy
    subject: Subject
    full: FactorSpace
    clean: Domain
    domains: tuple[Domain, ...]
    code: str

    def job(self, domain: Domain) -> Job:
        return Job(
            AGENT,
            0,
            domain,
            functools.partial(_act, self.test),
            self.subject.open,
            tuple(range(self.test.seed, self.test.seed + self.test.episodes)),
            self.version,
            film_frames=0,
        )

    @cached_property
    def version(self) -> str:
        named = isinstance(self.subject.env, str)  # of a function, nobody knows whether it is the same
        return f"{self.policy.version}-{self.code}-{self.subject.version if named else uuid.uuid4().hex}"


def _prepared(test: StressTest) -> _Prepared:
    policy = _opened(test)
    subject, env = fitted(test.subject, policy)
    with closing(env):
        full: FactorSpace = env.get_wrapper_attr("space")
        bound = env.get_wrapper_attr("bound") if env.has_wrapper_attr("bound") else ()
        clean = clean_domain(full, test.trained)
        domains = shifted_domains(test.suite, full, clean.space, _natural(env), test.severities)
        code = code_version(env)
    if subject.observation == "state" and not {name for d in domains for name in moved(d, clean)} <= {*bound}:
        raise SimfactorError(
            "the policy observes what the environment itself observes, and no picture, which "
            f"{', '.join(test.suite)} cannot change. Test one that sees pixels, or latents (encoder=...)."
        )
    return _Prepared(test, policy, subject, full, clean, domains, code)


def _opened(test: StressTest) -> Policy:
    if callable(test.policy):
        return Policy(test.policy, None, None, uuid.uuid4().hex)
    return open_policy(test.policy, test.algorithm, test.normalize)


def _act(test: StressTest) -> Act:
    return _opened(test).act


def _natural(env: gym.Env[Any, Any]) -> Mapping[str, Any]:
    """The values that factors have when nobody sets them."""
    if env.has_wrapper_attr("natural_factors"):
        return dict(env.get_wrapper_attr("natural_factors"))
    return dict(env.unwrapped.reset(seed=0)[1]["factors"])


def _worst(test: StressTest, prepared: _Prepared, out: Path, workers: int | None, progress: bool) -> Domain:
    """The clean world with the worst setting for the policy, of those tried, of the suite's factors."""
    clean, full = prepared.clean, prepared.full
    names = list(dict.fromkeys(name for domain in prepared.domains for name in moved(domain, clean)))
    job = prepared.job(clean)
    found = find_worst_case(
        job.open_agent,
        job.make_env,
        moved_space(full, clean.space, {name: full[name] for name in names}),
        names,
        out,
        search_seeds=range(test.seed + SEARCH, test.seed + SEARCH + SEARCH_EPISODES),
        confirm_seeds=(test.seed + CONFIRM,),
        budget=test.search,
        version=job.version,
        workers=workers,
        progress=progress,
    )
    held = {name: full[name].fix(value) for name, value in found.setting.items()}  # type: ignore[arg-type]  # of its kind
    return Domain("worst", moved_space(full, clean.space, held), level="out")
