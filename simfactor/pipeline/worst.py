"""The command that searches for the setting in which an agent of a run fails most."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from simfactor.atomic import write_atomically
from simfactor.config import RunConfig
from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import FactorSpace
from simfactor.json_files import write_json
from simfactor.pipeline.plan import Plan, make_plan
from simfactor.pipeline.policies import check_policy, open_policy, version
from simfactor.pipeline.records import timed
from simfactor.pipeline.whole import encoder_support, whole_space
from simfactor.report import image_grid
from simfactor.transfer import WorstCase, find_worst_case, format_interval

RESULT, FILM = "worst.json", "worst.png"
SEARCH, CONFIRM = 500_000, 600_000  # where their episode seeds begin, from that of the transfer tests


def worst_case(
    config: RunConfig,
    agent: str | None = None,
    factors: tuple[str, ...] = (),
    budget: int = 100,
    episodes: int = 10,
) -> WorstCase:
    """Search for the setting of the nuisance factors that breaks an agent (its first training)."""
    plan = make_plan(config)
    name = agent or next(iter(plan.tested))
    if name not in plan.tested:
        raise unknown_name("agent", name, plan.tested)
    if episodes < 1:
        raise SimfactorError(f"episodes={episodes!r} must be at least 1.")
    tested, seed = plan.tested[name], plan.training_seeds[0]
    check_policy(plan, tested, seed)
    with naming("factors"):
        space, names = _searched(plan, factors)
    first = plan.episode_seeds[0]
    folder = worst_folder(plan, name)
    with timed(config, "worst-case"):
        found = find_worst_case(
            functools.partial(open_policy, plan.agent_folder(tested.trained, seed)),
            plan.make_env(tested),
            space,
            names,
            folder / "episodes",
            search_seeds=range(first + SEARCH, first + SEARCH + episodes),
            confirm_seeds=range(first + CONFIRM, first + CONFIRM + config.transfer.episodes),
            budget=budget,
            seed=config.seed,
            version=version(plan, tested, seed),
            training_seeds=plan.training_seeds,
            make_vector=plan.make_vector(tested),
            workers=config.transfer.workers,
        )
    if found.film is not None:
        write_atomically(folder / FILM, image_grid([list(found.film)]))
    write_json(folder / RESULT, found.to_dict())
    print(f"{name}: {summary(found.to_dict())}\nnumbers and picture: {folder}")
    return found


def worst_folder(plan: Plan, agent: str) -> Path:
    """Where the worst case of an agent is kept."""
    return plan.folder / "transfer" / "worst" / agent


def summary(found: dict[str, Any]) -> str:
    """The worst case in a sentence, from :meth:`WorstCase.to_dict`."""
    values = (f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in found["setting"].items())
    sure = found["confirmed"]
    return (
        f"Success {format_interval(sure)} on {sure['n']} episodes that the "
        f"search of {len(found['tried'])} settings did not see, at {', '.join(values)}."
    )


def _searched(plan: Plan, factors: tuple[str, ...]) -> tuple[FactorSpace, tuple[str, ...]]:
    """The policies' world, but for what is searched over: that has its full range."""
    world = plan.run.world
    full = whole_space(world)
    names = factors or full.varying.by_role("nuisance")
    for name in names:
        full[name]  # raises for unknown names
    held = {**encoder_support(world), **world.policy_support}
    return full.restrict({name: choice for name, choice in held.items() if name not in names}), names
