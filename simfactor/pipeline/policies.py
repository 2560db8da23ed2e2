"""How a run's agents are trained and opened: from the configuration's words to the library's arguments."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor import agents
from simfactor.agents.agent import MODEL
from simfactor.agents.algorithms import Algorithm
from simfactor.agents.augmentation import FROM_BANK
from simfactor.config import Agent
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.encoders.pretrained import WEIGHTS
from simfactor.envs.task_env import TASKS
from simfactor.errors import SimfactorError
from simfactor.pipeline.agent_options import (
    augmentations,
    counterfactual_space,
    image_augmentations,
    observed_layout,
)
from simfactor.pipeline.plan import Plan
from simfactor.pipeline.tested import Tested, check_encoder
from simfactor.transfer import Act, Job

PIXEL_SAC = agents.Sac(batch_size=64)  # updates are ten times as dear as steps (docs/benchmarks.md)
BANK = 1000  # images whose latents are the empirical prior of `resample`


def training_options(plan: Plan, agent: Agent) -> dict[str, Any]:
    """The arguments of ``train_agent`` for this agent, but for the seed."""
    options: dict[str, Any] = {
        "steps": plan.run.agents.steps,
        "algorithm": _algorithm(agent),
        "about": {
            "task": plan.run.world.task,
            "space": plan.training_space(agent).fingerprint,
            "observation": agent.observation,
        },
    }
    if agent.observation == "state":
        return options
    if agent.on_images and not agent.fine_tune:
        return _with_pixels(plan, agent, options)
    weights = _checksum([plan.encoder_folder / WEIGHTS], "train-encoder")
    if agent.fine_tune:
        options["fine_tune"] = agents.FineTune(plan.encoder_folder, agent.blocks or None)
        options["about"] |= {"encoder": weights}
        return _with_pixels(plan, agent, options)
    encoder = FactorEncoder.from_pretrained(plan.encoder_folder)
    options["about"] |= {"encoder": weights}
    if agent.measured:
        options["about"] |= {"measured": list(agent.measured)}
    options |= {"layout": observed_layout(agent, encoder.layout), "augmentations": augmentations(agent)}
    if any(augmentation.kind in FROM_BANK for augmentation in agent.augment):
        options["latent_bank"] = latent_bank(plan, agent, encoder)
    return options


def _algorithm(agent: Agent) -> Algorithm:
    chosen: Algorithm
    if agent.teacher is not None:
        chosen = agents.Dagger()
    elif agent.algorithm == "ppo":
        chosen = agents.Ppo()
    elif agent.on_images:
        chosen = replace(PIXEL_SAC, critic=agent.critic)
    else:
        chosen = agents.Sac()
    if agent.learning_rate is None:
        return chosen
    return replace(chosen, learning_rate=agent.learning_rate)


def training_jobs(plan: Plan, seed: int, taught: bool) -> list[agents.TrainJob]:
    """The training at a seed of every agent that has a teacher, or of every one that has none."""
    return [
        agents.TrainJob(
            f"{name} seed {seed}",
            plan.make_training_env(agent, seed),
            plan.agent_folder(name, seed),
            _with_teacher(plan, agent, seed, training_options(plan, agent)) | {"seed": seed},
        )
        for name, agent in plan.run.agents.train.items()
        if (agent.teacher is not None) == taught
    ]


def _with_teacher(plan: Plan, agent: Agent, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    if agent.teacher is not None:
        weights = plan.agent_folder(agent.teacher, seed) / MODEL
        options["about"] |= {"teacher": _checksum([weights], "train-agent")}
    return options


def transfer_jobs(plan: Plan, name: str, true_task: bool = False) -> list[Job]:
    """Every training of an agent in every domain; ``true_task``: with the truth in latents of the task."""
    tested = plan.tested[name]
    return [
        Job(
            name,
            seed,
            domain,
            functools.partial(open_policy, plan.agent_folder(tested.trained, seed)),
            plan.make_env(tested, true_task, domain.renderer),
            plan.episode_seeds,
            version=version(plan, tested, seed),
            film_frames=0,
            make_vector=plan.make_vector(tested, true_task, domain.renderer),
        )
        for seed in plan.training_seeds
        for domain in plan.domains
    ]


def _with_pixels(plan: Plan, agent: Agent, options: dict[str, Any]) -> dict[str, Any]:
    redrawn = counterfactual_space(agent, plan.encoder_space)
    options["image_augmentations"] = image_augmentations(agent)
    options["about"] |= {"image_size": plan.run.world.image_size}
    if redrawn is not None:
        options["about"] |= {"redrawn": redrawn.fingerprint}
    return options


def latent_bank(plan: Plan, agent: Agent, encoder: FactorEncoder) -> NDArray[np.float32]:
    """Latents (m, L) of the first images that the encoder was trained on, the agent's blocks only."""
    dataset = FactorDataset(plan.folder / "data")
    latents = encoder.encode(dataset.images(slice(0, min(BANK, plan.run.data.count))))
    return latents[:, encoder.layout.dims(agent.blocks)] if agent.blocks else latents


def version(plan: Plan, tested: Tested, seed: int) -> str:
    """Changes with the weights of the agent and, where it uses one, of the encoder."""
    encoder = [] if tested.encoder is None else [tested.encoder / WEIGHTS]
    return _checksum([plan.agent_folder(tested.trained, seed) / MODEL, *encoder], "train-agent")


def check_policy(plan: Plan, tested: Tested, seed: int) -> None:
    """Raise SimfactorError unless an agent was trained for what it is to be tested on: the actions, the
    blocks and the run's encoder, or one whose latents mean the same."""
    agent, folder = tested.agent, plan.agent_folder(tested.trained, seed)
    if not (folder / MODEL).exists():
        raise SimfactorError(f"{folder} holds no agent; run `simfactor train-agent` first.")
    trained = agents.load_agent(folder)
    _check_actions(plan, trained, folder)
    if agent.shown != "latent":
        trained.check_layout(None)
    if agent.observation != "latent":
        return
    own = plan.encoder_folder
    if not agent.fine_tune:
        encoder = FactorEncoder.from_pretrained(own)
        trained.check_layout(observed_layout(agent, encoder.layout))
        if tested.encoder not in (None, own):
            check_encoder(encoder, FactorEncoder.from_pretrained(tested.encoder), tested.encoder)
    learned_on = trained.arguments["about"]["encoder"]
    if learned_on != _checksum([own / WEIGHTS], "train-encoder"):
        raise SimfactorError(
            f"the agent in {folder} was trained on another encoder than {own}; "
            f"delete {folder} and run `simfactor train-agent` again."
        )


def _check_actions(plan: Plan, trained: agents.Agent, folder: Path) -> None:
    task, shape = plan.run.world.task, trained.policy.action_space.shape
    if shape != (TASKS[task].actions,):
        raise SimfactorError(
            f"the agent in {folder} acts with {shape} numbers, but the task {task!r} takes "
            f"{TASKS[task].actions}: it was trained for another task; train one for this, or name its task."
        )


def open_policy(folder: Path) -> Act:
    """Observation -> action of a trained agent, in whatever process calls it."""
    return agents.load_agent(folder).act


def _checksum(files: Sequence[Path], stage: str) -> str:
    digest = hashlib.sha256()
    for file in files:
        if not file.exists():
            raise SimfactorError(
                f"{file} is missing; run `simfactor {stage}` with the same configuration first."
            )
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
