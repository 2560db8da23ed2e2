"""A run thought through: spaces, domains and folders, all checked before any work starts."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import gymnasium as gym
import numpy as np

from simfactor import agents
from simfactor.config import Agent, RunConfig
from simfactor.encoders import OBJECTIVES, LatentLayout
from simfactor.envs import make_reach
from simfactor.errors import SimfactorError, naming
from simfactor.factors import FactorSpace, load_space
from simfactor.render import StudioSpec
from simfactor.transfer import Domain, MakeEnv, Shift, transfer_domains

EPISODE_SEEDS = 1_000_000  # test episodes are numbered from here on, training seeds lie below


@dataclass(frozen=True)
class Plan:
    """What a configuration amounts to."""

    run: RunConfig
    encoder_space: FactorSpace  # what the data set shows
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
    def studio(self) -> StudioSpec:
        """How the data set's pictures are taken."""
        world = self.run.world
        return StudioSpec(self.encoder_space.scene, world.renderer, world.image_size)

    @property
    def layout(self) -> LatentLayout:
        """The layout that the encoder will have."""
        return OBJECTIVES[self.run.encoder.objective].layout(self.labels, None)

    @property
    def training_seeds(self) -> range:
        """One seed for each training of an agent, the same for all agents."""
        return range(self.run.seed, self.run.seed + self.run.agents.seeds)

    @property
    def episode_seeds(self) -> tuple[int, ...]:
        """The test episodes, in every domain and for every agent."""
        start = EPISODE_SEEDS * (self.run.seed + 1)
        return tuple(range(start, start + self.run.transfer.episodes))

    def agent_folder(self, name: str, seed: int) -> Path:
        """Where a trained agent is kept."""
        return self.folder / "agents" / name / f"seed-{seed}"

    def make_env(self, agent: Agent) -> MakeEnv:
        """A picklable function: factor space -> the environment that this agent acts in."""
        latent = agent.observation == "latent"
        return functools.partial(
            make_reach,
            observation=agent.observation,
            encoder=self.folder / "encoder" if latent else None,
            blocks=(agent.blocks or None) if latent else None,
            renderer=self.run.world.renderer,
            render_mode="rgb_array",
        )

    def make_training_env(self, agent: Agent) -> functools.partial[gym.Env]:
        """A picklable function of no arguments: the environment this agent trains in."""
        return functools.partial(self.make_env(agent), self.policy_space)


def make_plan(run: RunConfig) -> Plan:
    """Check a configuration against the factors it names, and lay the run out.

    Raises SimfactorError for ranges, shifts and latent blocks that are not possible.
    """
    world = run.world
    full = load_space(world.space)
    with naming("world.encoder_support"):
        encoder_space = full.restrict(world.encoder_support)
    with naming("world.policy_support (must lie inside encoder_support)"):
        policy_space = encoder_space.restrict(world.policy_support)
    support = {**world.encoder_support, **world.policy_support}
    with naming("transfer.shifts"):
        shifts = [Shift(name, shift.factors, shift.level) for name, shift in run.transfer.shifts.items()]
        domains = transfer_domains(full, support, encoder_space, shifts, world.renderer)
    plan = Plan(run, encoder_space, policy_space, domains)
    for name, agent in run.agents.train.items():
        with naming(f"agents.train.{name}"):
            _check_agent(agent, plan.layout)
    return plan


def augmentations(agent: Agent) -> list[agents.Augmentation]:
    """The augmentations of an agent as ``train_agent`` takes them."""
    return [agents.Augmentation(a.factors, a.kind) for a in agent.augment]


def observed_layout(agent: Agent, layout: LatentLayout) -> LatentLayout:
    """The layout of what an agent on latents observes."""
    return agents.observed_layout(layout, agent.blocks or None)


def _check_agent(agent: Agent, layout: LatentLayout) -> None:
    if agent.observation == "state":
        named = [*agent.blocks, *(factor for a in agent.augment for factor in a.factors)]
        if named:
            raise SimfactorError(
                f"observation 'state' has no latent blocks, but {', '.join(named)} are named; "
                "use observation: latent, or name none."
            )
        return
    observed = observed_layout(agent, layout)
    agents.resolve_augmentations(augmentations(agent), observed, np.zeros((2, observed.size)))
