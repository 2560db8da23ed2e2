"""The films of a run: one telling episode of every agent again, clean and shifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from simfactor.atomic import write_atomically
from simfactor.json_files import write_json
from simfactor.pipeline.plan import Plan
from simfactor.report import Picture, film_strip
from simfactor.transfer import Job, Results, choose_example
from simfactor.transfer.evaluate import evaluate_with
from simfactor.transfer.pool import Tester

FILMS = Path("transfer") / "films" / "films.json"


def film_examples(plan: Plan, jobs: Sequence[Job], results: Results, tester: Tester) -> None:
    """Choose an episode of every agent, run it again one by one, and keep its strip and what became of it.

    ``jobs`` and their ``results``: the transfer tests. What was filmed before is not run again.
    """
    folder = (plan.folder / FILMS).parent
    chosen = {agent: choose_example(agent, plan.domains, tested) for agent, tested in results.items()}
    again = [
        replace(job, episode_seeds=(example.episode,), film_frames=example.steps, make_vector=None)
        for job in jobs
        if job.seed == (example := chosen[job.agent]).training and job.domain.name in example.domains
    ]
    filmed = evaluate_with(tester, again, folder / "episodes", plan.training_seeds)
    levels = {domain.name: domain.level for domain in plan.domains}
    told = {}
    for agent, example in chosen.items():
        takes = {name: filmed[agent][example.training][name] for name in example.domains}
        write_atomically(folder / f"{agent}.png", film_strip(takes, levels, example.steps))
        told[agent] = {
            **asdict(example),
            "success": {name: bool(take.success[0]) for name, take in takes.items()},
            "lengths": {name: int(take.lengths[0]) for name, take in takes.items()},
        }
    write_json(plan.folder / FILMS, told)


def film_pictures(plan: Plan, films: Mapping[str, Any]) -> list[Picture]:
    """The strips that :func:`film_examples` left, with what they show; ``films``: what it wrote of them."""
    folder = (plan.folder / FILMS).parent
    return [
        Picture(agent, _caption(**told), (folder / f"{agent}.png").read_bytes())
        for agent, told in films.items()
    ]


def _caption(training: int, episode: int, success: Mapping[str, bool], **_: Any) -> str:
    clean, *shifted = success.values()
    outcome = "solved" if clean else "not solved"
    return (
        f"Training seed {training}, episode seed {episode}: {outcome} in the clean domain, "
        f"failed under {len(shifted) - sum(shifted)} of {len(shifted)} shifts."
    )
