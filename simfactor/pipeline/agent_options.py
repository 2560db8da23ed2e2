"""What a configuration says of an agent: checked, and in the library's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simfactor import agents
from simfactor.agents.image_augmentation import Target
from simfactor.config import Agent, ImageAugment
from simfactor.encoders import LatentLayout
from simfactor.envs.counterfactual_observation import check_nuisances
from simfactor.envs.measured_latents import check_measured
from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import FactorSpace


def augmentations(agent: Agent) -> list[agents.Augmentation]:
    """The augmentations of an agent's latents as ``train_agent`` takes them."""
    return [agents.Augmentation(a.factors, a.kind, a.strength, a.rise) for a in agent.augment]


def image_augmentations(agent: Agent) -> list[agents.ImageAugmentation]:
    """The augmentations of an agent's images as ``train_agent`` takes them."""
    return [
        agents.ImageAugmentation(a.kind, a.strength, _target(a), a.consistency, a.rise)
        for a in agent.image_augment
    ]


def observed_layout(agent: Agent, layout: LatentLayout) -> LatentLayout:
    """The layout of what an agent on latents observes."""
    return agents.observed_layout(layout, agent.blocks or None)


def sees_task(agent: Agent, layout: LatentLayout) -> bool:
    """Whether an agent is shown latents of the task."""
    seen = observed_layout(agent, layout).roles if agent.shown == "latent" else {}
    return bool(seen.get("task"))


def training_space(agent: Agent, policy: FactorSpace, encoder: FactorSpace, support: Any) -> FactorSpace:
    """Where an agent trains: in the policies' world, but for what it randomises, drawn as the encoder's.

    ``support``: the configuration's ranges of the policies. Raises SimfactorError for unknown names.
    """
    if not agent.randomise:
        return policy
    free = encoder.resolve(agent.randomise)
    return encoder.restrict({name: choice for name, choice in support.items() if name not in free})


def counterfactual_space(agent: Agent, encoder: FactorSpace) -> FactorSpace | None:
    """The factors that an agent's pictures are rendered again with, as the encoder's; None for none.

    Raises SimfactorError for unknown names, and unless they are nuisances that vary there.
    """
    names = [name for a in agent.image_augment if a.kind == "rerender" for name in a.factors]
    if not any(a.kind == "rerender" for a in agent.image_augment):
        return None
    varying = [name for name in encoder.resolve(names) if not encoder[name].fixed]
    if not varying:
        raise SimfactorError(
            "rerender has nothing to redraw; name factors that vary in encoder_support, as in "
            "{kind: rerender, factors: [nuisance]}."
        )
    space = encoder.select(varying)
    check_nuisances(space)
    return space


def check_agent(agent: Agent, layout: LatentLayout, encoder: FactorSpace) -> None:
    """Raise SimfactorError for what an agent cannot observe, and for augmentations of anything else."""
    if agent.observation != "latent":
        named = [*agent.blocks, *agent.measured, *(factor for a in agent.augment for factor in a.factors)]
        if named:
            raise SimfactorError(
                f"observation {agent.observation!r} has no latent blocks, but {', '.join(named)} are named; "
                "use observation: latent, or name none."
            )
    else:
        observed = observed_layout(agent, layout)
        agents.resolve_augmentations(augmentations(agent), observed, np.zeros((2, observed.size)))
        if agent.measured:
            check_measured(agent.measured, observed.names[:-1])
    _check_fine_tuning(agent)
    _check_algorithm(agent)
    with naming("image_augment"):
        _check_image_augment(agent, encoder)
    _check_critic(agent)


def check_teacher(agent: Agent, trained: Mapping[str, Agent]) -> None:
    """Raise SimfactorError unless an agent's teacher, if it has one, is there and sees the truth."""
    if agent.teacher is None:
        return
    if agent.observation != "latent":
        raise SimfactorError(
            f"observation {agent.observation!r} has no teacher; only agents on latents learn from one."
        )
    teachers = [name for name, other in trained.items() if other.observation == "state"]
    if agent.teacher not in teachers:
        raise unknown_name("teacher (an agent of observation: state)", agent.teacher, teachers)


def _check_fine_tuning(agent: Agent) -> None:
    if not agent.fine_tune:
        return
    if agent.observation != "latent":
        raise SimfactorError(
            f"observation {agent.observation!r} has no encoder to fine-tune; use observation: latent."
        )
    unmoving = {"augment": agent.augment, "measured": agent.measured, "teacher": agent.teacher}
    what = next((name for name, given in unmoving.items() if given), None)
    if what is not None:
        raise SimfactorError(
            f"{what} needs latents that stay what they are; leave it out, or set fine_tune: false."
        )


def _check_algorithm(agent: Agent) -> None:
    if agent.teacher is not None and agent.algorithm is not None:
        raise SimfactorError(
            f"algorithm: {agent.algorithm} learns from rewards, but one with a teacher imitates; leave out "
            "either."
        )
    paying = any(change.consistency for change in agent.image_augment)
    sac_only = {"fine_tune": agent.fine_tune, "critic: state": agent.critic == "state", "consistency": paying}
    what = next((name for name, given in sac_only.items() if given), None)
    if agent.algorithm == "ppo" and what is not None:
        raise SimfactorError(f"{what} is for algorithm: sac only; leave it out, or use that.")


def _check_critic(agent: Agent) -> None:
    if agent.critic == "observation":
        return
    if agent.observation != "pixels":
        raise SimfactorError(
            f"critic: state is for agents on images alone, not on {agent.observation!r}; use observation: "
            "pixels."
        )
    for change in agent.image_augment:
        if _target(change) == "clean":
            raise SimfactorError(
                f"{change.kind} shows the critic changed images, but with critic: state it sees none; "
                "use target: changed, or leave one of both out."
            )


def _check_image_augment(agent: Agent, encoder: FactorSpace) -> None:
    if agent.image_augment and not agent.on_images:
        raise SimfactorError(
            f"observation {agent.observation!r} has no images to change; use observation: pixels, or augment."
        )
    for change in agent.image_augment:
        if change.factors and change.kind != "rerender":
            raise SimfactorError(f"{change.kind} changes the whole image; only rerender takes factors.")
    agents.ImageAugmenter(tuple(image_augmentations(agent)))
    counterfactual_space(agent, encoder)


def _target(augment: ImageAugment) -> Target:
    return augment.target or ("clean" if augment.kind == "rerender" else "changed")
