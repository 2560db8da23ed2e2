"""What is trained and tested: every part is kept in the study's folder, and done once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from simfactor import agents, pipeline
from simfactor.agents.agent import MODEL
from simfactor.config import Agent, Agents, RunConfig, Transfer, load_config
from simfactor.factors import load_space
from simfactor.pipeline import Plan, make_plan
from simfactor.pipeline.policies import training_jobs, transfer_jobs
from simfactor.transfer import Domain, Job, Results, evaluate_jobs

from .contenders import ENCODERS, EVERYONE, TEACHER, Contender

NO_ENCODER, EPISODES = "none", "episodes"


@dataclass(frozen=True)
class Study:
    """What all contenders have in common: a ready configuration's world, support and suite of shifts."""

    out: Path
    contenders: Mapping[str, Contender]
    config: str = "arm"
    images: int | None = None  # by default the configuration's, as are the steps
    steps: int | None = None
    episodes: int = 100
    workers: int = 2
    clean_only: bool = False  # no test under any shift
    results: Path = Path("results")  # where its records are

    def run(self, seed: int, encoder: str | None) -> RunConfig:
        """The configuration of an encoder with its agents, or of the agents without one."""
        base = load_config(self.config)
        folder = self.out / f"seed-{seed}"
        trained = {name: c.agent for name, c in self.contenders.items() if c.encoder == encoder}
        if any(agent.teacher == TEACHER for agent in trained.values()):
            trained[TEACHER] = EVERYONE[TEACHER].agent
        moving = load_space(base.world.space).varying.names
        trained = {name: _measuring(agent, moving) for name, agent in trained.items()}
        steps = base.agents.steps if self.steps is None else self.steps
        chosen = base.encoder if encoder is None else ENCODERS[encoder]
        if chosen.features is not None:
            chosen = replace(chosen, features=str(folder / chosen.features / "encoder"))
        return replace(
            base,
            out=str(folder / (encoder or NO_ENCODER)),
            seed=seed,
            data=replace(base.data, count=self.images or base.data.count, workers=self.workers),
            encoder=chosen,
            agents=Agents(steps, seeds=1, workers=self.workers, train=trained),
            transfer=Transfer(episodes=self.episodes, suite=base.transfer.suite),
        )

    def recipe(self, seed: int, encoder: str | None, contender: str | None = None) -> str:
        """Changes with all settings that decide what comes out of a contender, or of an encoder alone.

        Settings that are off do not count, or every new one would make old records worthless.
        """
        named = {} if contender is None else {contender: self.contenders[contender]}
        run = replace(self, contenders=named).run(seed, encoder)
        features = None if encoder is None else ENCODERS[encoder].features
        plan = make_plan(run)
        said = {
            "seed": seed,
            "world": asdict(run.world),
            "data": asdict(replace(run.data, workers=1)),
            "encoders": [asdict(ENCODERS[name]) for name in (encoder, features) if name is not None],
            "agents": asdict(replace(run.agents, workers=1)) if named else None,
            "domains": [(d.name, d.renderer, d.space.to_dict()) for d in plan.domains],
            "episodes": plan.episode_seeds,
        }
        return hashlib.sha256(json.dumps(_on(said), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders that the contenders need, each after those that it learns from."""
        needed = {c.encoder for c in self.contenders.values()}
        needed |= {ENCODERS[name].features for name in needed if name is not None}
        return tuple(name for name in ENCODERS if name in needed)

    def plans(self, seeds: Sequence[int]) -> list[tuple[Plan, list[str]]]:
        """Every run that has agents, seed by seed, with the names of its contenders."""
        named = {
            c.encoder: [n for n, d in self.contenders.items() if d.encoder == c.encoder]
            for c in self.contenders.values()
        }
        return [
            (make_plan(self.run(seed, encoder)), names) for seed in seeds for encoder, names in named.items()
        ]

    @property
    def domains(self) -> tuple[Domain, ...]:
        """Where all of them are tested, the clean domain first."""
        return make_plan(self.run(0, None)).domains

    def jobs(self, seeds: Sequence[int]) -> list[Job]:
        """The tests of all contenders that are trained, on episodes that are the same for all of them."""
        episodes = make_plan(self.run(0, None)).episode_seeds
        return [
            replace(job, episode_seeds=episodes)
            for plan, names in self.plans(seeds)
            for name in names
            if (plan.agent_folder(name, plan.run.seed) / MODEL).exists()
            for job in transfer_jobs(plan, name)
            if job.domain.level == "clean" or not self.clean_only
        ]


def prepare(study: Study, seeds: Sequence[int]) -> None:
    """Data sets and encoders: one data set a seed, which all its encoders share."""
    if not study.encoders:
        return
    for seed in seeds:
        first, *others = (study.run(seed, name) for name in study.encoders)
        pipeline.generate(first)
        for run in others:
            _share(Path(first.out) / "data", Path(run.out) / "data")
    plain = [n for n in study.encoders if ENCODERS[n].features is None]
    for names in (plain, [n for n in study.encoders if n not in plain]):
        runs = [study.run(seed, name) for seed in seeds for name in names]
        with ProcessPoolExecutor(study.workers, get_context("spawn"), _one_thread) as pool:
            list(tqdm(pool.map(_train_encoder, runs), total=len(runs), desc="encoders", disable=None))


def train(study: Study, seeds: Sequence[int]) -> None:
    """Every contender at every seed, teachers before their students."""
    for taught in (False, True):
        jobs = [
            replace(job, name=f"{plan.folder.name}: {job.name}")  # every run with students has a teacher
            for plan, _ in study.plans(seeds)
            for job in training_jobs(plan, plan.run.seed, taught)
        ]
        agents.train_agents(jobs, workers=study.workers)


def evaluate(study: Study, seeds: Sequence[int]) -> Results:
    """Every contender that is trained under every shift; what there is already stays as it is."""
    return evaluate_jobs(study.jobs(seeds), study.out / EPISODES, seeds, study.workers)


def _measuring(agent: Agent, moving: Sequence[str]) -> Agent:
    """An agent that measures only what moves: the rest has no latents."""
    return replace(agent, measured=tuple(name for name in agent.measured if name in moving))


def _on(said: Any) -> Any:
    """Without what is off: None, False and the empty."""
    if isinstance(said, Mapping):
        return {key: _on(value) for key, value in said.items() if value not in (None, False, (), [], {})}
    return [_on(value) for value in said] if isinstance(said, (list, tuple)) else said


def _share(data: Path, here: Path) -> None:
    here.parent.mkdir(parents=True, exist_ok=True)
    if not here.exists():
        here.symlink_to(os.path.relpath(data, here.parent))


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _train_encoder(run: RunConfig) -> None:
    pipeline.train_encoder(run)
