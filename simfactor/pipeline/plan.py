"""A run thought through: spaces, domains and folders, all checked before any work starts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym

from simfactor.agents import make_advised
from simfactor.config import Agent, RunConfig
from simfactor.encoders import OBJECTIVES, LatentLayout
from simfactor.envs import make_env, make_vector_env
from simfactor.envs.task_env import TASKS
from simfactor.errors import SimfactorError, naming
from simfactor.factors import FactorSpace, load_space
from simfactor.factors.canonical import canonical_setting
from simfactor.pipeline.agent_options import (
    check_agent,
    check_teacher,
    counterfactual_space,
    sees_task,
    training_space,
)
from simfactor.pipeline.shown import shown_space
from simfactor.pipeline.tested import ENCODER, Tested, tested_agents
from simfactor.pipeline.whole import encoder_support, whole_space
from simfactor.render import StudioSpec
from simfactor.render.renderer import check_renderer
from simfactor.transfer import Domain, MakeEnv, MakeVector, Shift, load_suite, transfer_domains

EPISODE_SEEDS = 1_000_000  # test episodes are numbered from here on, training seeds lie below


@dataclass(frozen=True)
class Images:
    """A data set of a run: where it is, and which sample of which space it shows."""

    folder: Path
    space: FactorSpace
    count: int
    seed: int


@dataclass(frozen=True)
class Plan:
    """What a configuration amounts to."""

    run: RunConfig
    encoder_space: FactorSpace  # what the data set shows
    score_space: FactorSpace  # what the scores' images show
    policy_space: FactorSpace  # the clean domain, where agents train
    domains: tuple[Domain, ...]  # the clean one first, then every shift's

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return Path(self.run.out)

    @property
    def labels(self) -> FactorSpace:
        """The factors that vary in the data set: what the encoder has to separate."""
        return self.encoder_space.varying

    @property
    def canonical_space(self) -> FactorSpace:
        """The clean domain as far as the data set shows it; its middle is what canonical images show."""
        return self.encoder_space.restrict(self.run.world.policy_support)

    @property
    def tested(self) -> dict[str, Tested]:
        """Who takes the transfer tests, by name."""
        return tested_agents(self.run)

    @property
    def diagnosed(self) -> dict[str, Tested]:
        """Those of them whose failures are to be told apart: those that see latents of the task."""
        agents = self.tested if self.run.transfer.diagnose else {}
        return {name: tested for name, tested in agents.items() if sees_task(tested.agent, self.layout)}

    @property
    def climbs(self) -> bool:
        """Whether the transfer tests climb the ladders of a suite."""
        return any(domain.rung is not None for domain in self.domains)

    @property
    def training_images(self) -> Images:
        """The data set, with the scores' images at its end if they are drawn alike."""
        data = self.run.data
        count = data.count + (data.score_count if data.score_on == "seen" else 0)
        return Images(self.folder / "data", self.encoder_space, count, self.run.seed)

    @property
    def score_images(self) -> Images:
        """The data set whose last images are those of the scores."""
        if self.run.data.score_on == "seen":
            return self.training_images
        # another seed: factors that nothing correlates would have the values of the training images again
        return Images(
            self.folder / "score-data", self.score_space, self.run.data.score_count, self.run.seed + 1
        )

    @property
    def studio(self) -> StudioSpec:
        """How the data set's pictures are taken."""
        world = self.run.world
        return StudioSpec(self.encoder_space.scene, world.renderer, world.image_size)

    @property
    def layout(self) -> LatentLayout:
        """The layout that the encoder will have."""
        return OBJECTIVES[self.run.encoder.objective].layout(self.labels, self.run.encoder.residual)

    @property
    def training_seeds(self) -> range:
        """One seed for each training of an agent, the same for all agents."""
        return range(self.run.seed, self.run.seed + self.run.agents.seeds)

    @property
    def episode_seeds(self) -> tuple[int, ...]:
        """The test episodes, in every domain and for every agent."""
        start = EPISODE_SEEDS * (self.run.seed + 1)
        return tuple(range(start, start + self.run.transfer.episodes))

    @property
    def encoder_folder(self) -> Path:
        """Where the encoder is kept."""
        return self.folder / ENCODER

    def agent_folder(self, name: str, seed: int) -> Path:
        """Where a trained agent is kept."""
        return self.folder / "agents" / name / f"seed-{seed}"

    def make_env(self, tested: Tested, true_task: bool = False, renderer: str | None = None) -> MakeEnv:
        """A picklable function: factor space -> the environment that this agent acts in.

        ``true_task``: with the truth in the latents of task factors. ``renderer``: shows it, by default the
        world's.
        """
        shown = self._shown(tested.agent, tested.encoder, renderer)
        return functools.partial(make_env, **shown, render_mode="rgb_array", true_task=true_task)

    def make_vector(self, tested: Tested, true_task: bool = False, renderer: str | None = None) -> MakeVector:
        """A picklable function: factor space, n -> n worlds in which this agent acts, as :meth:`make_env`."""
        shown = self._shown(tested.agent, tested.encoder, renderer)
        return functools.partial(make_vector_env, **shown, true_task=true_task)

    def _shown(self, agent: Agent, encoder: Path | None, renderer: str | None = None) -> dict[str, Any]:
        """The task, and what this agent is shown of it."""
        latent, world = agent.shown == "latent", self.run.world
        return {
            "task": world.task,
            "observation": agent.shown,
            "encoder": encoder if latent else None,
            "blocks": (agent.blocks or None) if latent else None,
            "measured": (agent.measured or None) if latent else None,
            "image_size": None if latent else world.image_size,
            "renderer": renderer or world.renderer,
        }

    def make_training_env(self, agent: Agent, seed: int) -> Callable[[], gym.Env[Any, Any]]:
        """A picklable function of no arguments: the environment this agent trains in at a seed."""
        shown = self._shown(agent, self.encoder_folder)
        if agent.critic == "state":
            shown["observation"] = "pixels+state"
        counterfactual = counterfactual_space(agent, self.encoder_space)
        trains_in = functools.partial(
            make_env, self.training_space(agent), **shown, counterfactual=counterfactual
        )
        if agent.teacher is None:
            return trains_in
        return functools.partial(make_advised, trains_in, self.agent_folder(agent.teacher, seed))

    def training_space(self, agent: Agent) -> FactorSpace:
        """What this agent's training episodes are drawn from."""
        support = self.run.world.policy_support
        return training_space(agent, self.policy_space, self.encoder_space, support)


def make_plan(run: RunConfig) -> Plan:
    """Check a configuration against the factors it names, and lay the run out.

    Raises SimfactorError for ranges, shifts and latent blocks that are not possible.
    """
    world = run.world
    full = whole_space(world)
    with naming("world.encoder_support"):
        seen = encoder_support(world)
        support_space = full.restrict(seen)
    with naming("world.policy_support (must lie inside encoder_support)"):
        policy_space = support_space.restrict(world.policy_support)
    encoder_space = shown_space(support_space, world)
    score_space = encoder_space if run.data.score_on == "seen" else support_space
    support = {**seen, **world.policy_support}
    with naming("transfer"):
        shifts = [
            Shift(name, shift.factors, shift.level, renderer=shift.renderer, sensor=shift.sensor)
            for name, shift in run.transfer.shifts.items()
        ]
        if run.transfer.suite is not None:
            shifts += load_suite(run.transfer.suite).shifts
        domains = transfer_domains(full, support, encoder_space, shifts, world.renderer)
        for renderer in {domain.renderer for domain in domains}:
            check_renderer(renderer)
    _check_truth(run)
    tested_agents(run)
    plan = Plan(run, encoder_space, score_space, policy_space, domains)
    if OBJECTIVES[run.encoder.objective].pairs == "canonical":
        with naming("world.policy_support (canonical images show its middle)"):
            canonical_setting(encoder_space, plan.canonical_space)
    with naming("encoder"):
        layout = plan.layout
    for name, agent in run.agents.train.items():
        with naming(f"agents.train.{name}"):
            check_agent(agent, layout, encoder_space)
            check_teacher(agent, run.agents.train)
            with naming("randomise"):
                plan.training_space(agent)
    return plan


def _check_truth(run: RunConfig) -> None:
    """Raise SimfactorError for what needs latents that mean a factor's value, if the encoder's will not."""
    if OBJECTIVES[run.encoder.objective].labels:
        return
    asked = ["transfer.diagnose"] if run.transfer.diagnose else []
    asked += [f"agents.train.{name}.measured" for name, agent in run.agents.train.items() if agent.measured]
    if asked:
        raise SimfactorError(
            f"{asked[0]} puts the truth into latents, and those of an encoder trained as "
            f"{run.encoder.objective!r} have none; use an objective with labels, or leave it out."
        )


def check_task(plan: Plan) -> None:
    """Raise SimfactorError unless the agents' task is in the scene that is rendered."""
    task = plan.run.world.task
    ready = load_space(TASKS[task].space)
    if plan.policy_space.scene != ready.scene:
        raise SimfactorError(
            f"agents do {task!r} in scene {ready.scene!r}, but world.space is of "
            f"{plan.policy_space.scene!r}; use the space {TASKS[task].space!r}, or another task."
        )
