"""What is trained and tested: every part is kept in the study's folder, and done once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from simfactor import agents, pipeline
from simfactor.agents.agent import MODEL
from simfactor.atomic import write_atomically
from simfactor.config import Agents, RunConfig, Transfer, load_config
from simfactor.encoders import FactorEncoder
from simfactor.encoders.pretrained import WEIGHTS
from simfactor.pipeline import Plan, make_plan
from simfactor.pipeline.policies import training_jobs, transfer_jobs
from simfactor.transfer import Domain, Job, Results, evaluate_jobs, probe_domains, stored_results

from .contenders import ENCODERS, EVERYONE, TEACHER, Contender

NO_ENCODER, EPISODES, PROBES = "none", "episodes", "probes"


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

    def run(self, seed: int, encoder: str | None) -> RunConfig:
        """The configuration of an encoder with its agents, or of the agents without one."""
        base = load_config(self.config)
        folder = self.out / f"seed-{seed}"
        trained = {name: c.agent for name, c in self.contenders.items() if c.encoder == encoder}
        if any(agent.teacher == TEACHER for agent in trained.values()):
            trained[TEACHER] = EVERYONE[TEACHER].agent
        chosen = base.encoder if encoder is None else ENCODERS[encoder]
        if chosen.features is not None:
            chosen = replace(chosen, features=str(folder / chosen.features / "encoder"))
        return replace(
            base,
            out=str(folder / (encoder or NO_ENCODER)),
            seed=seed,
            data=replace(base.data, count=self.images or base.data.count, workers=self.workers),
            encoder=chosen,
            agents=Agents(self.steps or base.agents.steps, seeds=1, workers=self.workers, train=trained),
            transfer=Transfer(episodes=self.episodes, suite=base.transfer.suite),
        )

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
            for job in transfer_jobs(plan, name, self.contenders[name].agent)
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


def gather(study: Study, seeds: Sequence[int]) -> Results:
    """What has been tested so far: of every contender the seeds with all of their domains."""
    found = stored_results(study.jobs(seeds), study.out / EPISODES)
    wanted = {domain.name for domain in study.domains}
    whole = {
        name: {seed: tested for seed, tested in trainings.items() if tested.keys() == wanted}
        for name, trainings in found.items()
    }
    return {name: trainings for name, trainings in whole.items() if trainings}


def probe(
    study: Study, wanted: Sequence[tuple[str, int]], stored_only: bool = False
) -> dict[str, dict[int, dict[str, float]]]:
    """The proxy probe of encoders, given by name and seed: encoder -> seed -> domain -> score."""
    found: dict[str, dict[int, dict[str, float]]] = {}
    for name, seed in tqdm(wanted, desc="probe", disable=True if stored_only else None):
        scores = _probed(study, name, seed, stored_only)
        if scores is not None:
            found.setdefault(name, {})[seed] = scores
    return found


def _probed(study: Study, name: str, seed: int, stored_only: bool) -> dict[str, float] | None:
    """One encoder's scores, which are kept with what they follow from; None if they may not be computed."""
    plan = make_plan(study.run(seed, name))
    folder, path = plan.folder / "encoder", study.out / PROBES / f"{name}.{seed}.json"
    spaces = json.dumps([domain.space.to_dict() for domain in plan.domains])
    fingerprint = hashlib.sha256((folder / WEIGHTS).read_bytes() + spaces.encode()).hexdigest()[:16]
    if path.exists() and (kept := json.loads(path.read_text()))["fingerprint"] == fingerprint:
        stored: dict[str, float] = kept["scores"]
        return stored
    if stored_only:
        return None
    scores = probe_domains(FactorEncoder.from_pretrained(folder), plan.domains)
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, json.dumps({"fingerprint": fingerprint, "scores": scores}).encode())
    return scores


def _share(data: Path, here: Path) -> None:
    here.parent.mkdir(parents=True, exist_ok=True)
    if not here.exists():
        here.symlink_to(os.path.relpath(data, here.parent))


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _train_encoder(run: RunConfig) -> None:
    pipeline.train_encoder(run)
