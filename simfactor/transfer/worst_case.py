"""The worst case: a search for the setting of the factors in which a policy fails most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from cmaes import CMAwM
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import Categorical, FactorSpace
from simfactor.statistics import Interval, wilson_interval
from simfactor.transfer.batched import MakeVector
from simfactor.transfer.domain import Domain
from simfactor.transfer.episodes import Act, Episodes, Film, MakeEnv
from simfactor.transfer.evaluate import check_episode_seeds, evaluate_with
from simfactor.transfer.job import Job
from simfactor.transfer.pool import open_tester

Setting: TypeAlias = dict[str, float | str]
Tried: TypeAlias = tuple[Setting, float, float]  # with its success and mean return
SPREAD = 0.3  # the search's first standard deviation; every factor's range is 1 long


@dataclass(frozen=True, eq=False)
class WorstCase:
    """What a search found.

    setting: factor -> value. searched: success on the episodes of the search, which is too low, because the
    setting was chosen for it; confirmed: success on episodes that the search never saw, with Wilson's
    interval. film: frames (F, H, W, 3) uint8 of the first confirming episode, None if the environment shows
    nothing. tried: every setting with its success and mean return, in the order of the search.
    """

    setting: Setting
    searched: Interval
    confirmed: Interval
    film: Film | None
    tried: tuple[Tried, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the film."""
        return {
            "setting": self.setting,
            "searched": self.searched.to_dict(),
            "confirmed": self.confirmed.to_dict(),
            "tried": [{"setting": s, "success": success, "return": r} for s, success, r in self.tried],
        }


def find_worst_case(
    open_agent: Callable[[], Act],
    make_env: MakeEnv,
    space: FactorSpace,
    names: Sequence[str],
    out: str | Path,
    *,
    search_seeds: Sequence[int],
    confirm_seeds: Sequence[int],
    budget: int = 200,
    seed: int = 0,
    version: str = "",
    training_seeds: Iterable[int] = (),
    make_vector: MakeVector | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> WorstCase:
    """Search ``space`` for the setting of some factors in which an agent succeeds least.

    CMA-ES with margin (Hamano et al. 2022), which takes numbers and categories together, over settings that
    all meet the same episodes. Fewer successes are worse, and of as many a lower mean return is. The episodes
    of every setting are kept in ``out``: an interrupted search goes on, and the same call again only
    reads. A budget of some tens of settings a factor is modest: what is found is bad, the worst may be worse.

    Args:
        open_agent, make_env, make_vector, version: as of :class:`Job`.
        space: the factors' ranges; those not in ``names`` are drawn anew in every episode.
        names: the factors to search over, nuisances as a rule.
        search_seeds, confirm_seeds: episode seeds, none in common, and none of ``training_seeds``.
        budget: settings to try; rounded up to whole generations.
        seed: of the search.

    Raises SimfactorError for factors that are not in the space or do not vary, a space with excluded
    combinations, a budget below 1, seeds in common, and as :func:`evaluate_jobs` does.
    """
    _check(space, names, budget)
    training_seeds = tuple(training_seeds)
    _check_seeds(search_seeds, confirm_seeds, training_seeds)

    def evaluated(settings: Mapping[str, Setting], seeds: Sequence[int], film: int) -> dict[str, Episodes]:
        jobs = [
            Job(
                "worst",
                0,
                Domain(name, space.fix(setting)),
                open_agent,
                make_env,
                tuple(seeds),
                version,
                film,
                make_vector,
            )
            for name, setting in settings.items()
        ]
        return evaluate_with(tester, jobs, out, training_seeds, progress=False)["worst"][0]

    bar = tqdm(total=budget, desc="worst case", disable=None if progress else True)
    with closing(open_tester(workers)) as tester, bar:
        tried = _tried(
            _start(space, names, seed),
            lambda place: _setting(space, names, place),
            lambda settings: evaluated(settings, search_seeds, film=0),
            budget,
            bar,
        )
        setting, success, _ = min(tried, key=lambda entry: entry[1:])
        confirmed = evaluated({"confirmed": setting}, confirm_seeds, film=6)["confirmed"]
    return WorstCase(
        setting,
        wilson_interval(round(success * len(search_seeds)), len(search_seeds)),
        wilson_interval(int(confirmed.success.sum()), len(confirm_seeds)),
        confirmed.film,
        tuple(tried),
    )


def _tried(
    search: CMAwM,
    setting_at: Callable[[NDArray[np.float64]], Setting],
    evaluated: Callable[[Mapping[str, Setting]], Mapping[str, Episodes]],
    budget: int,
    bar: tqdm[Any],
) -> list[Tried]:
    """Generations of settings, each evaluated and told to the search, until the budget is spent."""
    tried: list[Tried] = []
    while len(tried) < budget:
        asked = [search.ask() for _ in range(search.population_size)]
        settings = {f"setting-{len(tried) + k}": setting_at(place) for k, (place, _) in enumerate(asked)}
        results = evaluated(settings).values()
        scores = [(float(e.success.mean()), float(e.returns.mean())) for e in results]
        search.tell([(raw, rank) for (_, raw), rank in zip(asked, _ranks(scores), strict=True)])
        tried += [(s, *score) for s, score in zip(settings.values(), scores, strict=True)]
        bar.update(len(scores))
        bar.set_postfix(success=f"{min(success for _, success, _ in tried):.2f}")
    return tried


def _check(space: FactorSpace, names: Sequence[str], budget: int) -> None:
    for name in names:
        if name not in space.varying.names:
            raise unknown_name("factor that varies", name, space.varying.names)
    if not names or budget < 1:
        raise SimfactorError(f"names={list(names)!r}, budget={budget!r}: name a factor, and try one setting.")
    if space.excluded:
        raise SimfactorError(
            "the space excludes combinations of factors, among which a search cannot find its way; give one "
            "that excludes none."
        )


def _check_seeds(search: Sequence[int], confirm: Sequence[int], training: tuple[int, ...]) -> None:
    for seeds in (search, confirm):
        check_episode_seeds(seeds, training)
    shared = sorted(set(search) & set(confirm))
    if shared:
        raise SimfactorError(
            f"episode seeds {shared[:5]} are to search and to confirm with; what was chosen on an episode is "
            "not confirmed by it: give others."
        )


def _start(space: FactorSpace, names: Sequence[str], seed: int) -> CMAwM:
    """A search over [0, 1] for every factor; categories are the middles of equal parts of it."""
    levels = [factor.levels if isinstance(factor := space[name], Categorical) else 0 for name in names]
    margins = np.array([0.5 / count if count else 0.0 for count in levels])
    return CMAwM(
        mean=np.full(len(names), 0.5),
        sigma=SPREAD,
        bounds=np.stack([margins, 1 - margins], axis=1),
        steps=np.array([1 / count if count else 0.0 for count in levels]),
        seed=seed,
    )


def _setting(space: FactorSpace, names: Sequence[str], place: NDArray[np.float64]) -> Setting:
    row = space.sample(1, seed=0)[0]
    for name, share in zip(names, np.clip(place, 0, 1 - 1e-9), strict=True):
        row[space.index(name)] = space[name].quantile(np.array([share]))[0]
    values = space.decode(row)
    return {name: values[name] for name in names}


def _ranks(scores: Sequence[tuple[float, float]]) -> list[float]:
    """The worst has rank 0; equal ones share theirs. CMA-ES looks at nothing but the order."""
    order = sorted(set(scores))
    return [float(order.index(score)) for score in scores]
