"""A trained agent: the policy, and what its observations must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy

from simfactor.agents.algorithms import load_model
from simfactor.agents.description import DESCRIPTION, read_description
from simfactor.agents.isolation import isolated
from simfactor.agents.pixel_policy import PIXELS, image_space, sees_images
from simfactor.encoders.layout import LatentLayout
from simfactor.errors import SimfactorError

MODEL = "agent.zip"


@dataclass(frozen=True)
class Agent:
    """A policy that acts on images (S, S, 3), or flat observations (L,): a state, or latents of known layout.

    layout: the blocks of the latents, None for a state and for images. arguments: everything that decided
    the training, as ``train_agent`` got it. environment_seeds: seeds the training environment was reset
    with; test on others.
    """

    policy: BasePolicy
    layout: LatentLayout | None
    arguments: Mapping[str, Any]
    environment_seeds: tuple[int, ...]

    def act(self, observation: NDArray[Any], deterministic: bool = True) -> NDArray[np.float32]:
        """Actions (A,) for an observation (L,) or (S, S, 3), or (n, A) for (n, L) or (n, S, S, 3).

        Not deterministic means sampled, with torch's global generator, as Stable-Baselines3's policies do.
        Raises SimfactorError for observations of another shape.
        """
        shape = self.observed_shape
        if np.shape(observation)[-len(shape) :] != shape:
            raise SimfactorError(
                f"the observation has shape {np.shape(observation)} but the agent acts on "
                f"{self._observes()}; wrap the environment as it was wrapped in training."
            )
        named = isinstance(self.policy.observation_space, spaces.Dict)
        actions, _ = self.policy.predict(
            {PIXELS: observation} if named else observation, deterministic=deterministic
        )
        return actions

    @property
    def measured(self) -> tuple[str, ...]:
        """The factors in whose blocks it was shown what its robot measured, not what the encoder read."""
        return tuple(self.arguments["about"].get("measured", ()))

    @property
    def observed_shape(self) -> tuple[int, ...]:
        """The shape of the observations that it acts on."""
        if sees_images(self.policy.observation_space):
            channels, *size = image_space(self.policy.observation_space).shape
            return (*size, channels)
        assert self.policy.observation_space.shape is not None
        return self.policy.observation_space.shape

    def check_layout(self, layout: LatentLayout | None) -> None:
        """Raise SimfactorError unless the agent was trained on observations of this layout (None: a state).

        Latents of another encoder may have the same width and other factors; no shape check finds that.
        """
        if layout == self.layout:
            return
        given = "the environment's state" if layout is None else f"the blocks {_blocks(layout)}"
        raise SimfactorError(
            f"the agent acts on {self._observes()} but is given {given}; "
            "use the encoder and the blocks it was trained with, or train an agent on these."
        )

    def _observes(self) -> str:
        if self.layout is None:
            kind = "images" if sees_images(self.policy.observation_space) else "a state"
            return f"{kind} of shape {self.observed_shape}"
        return f"latents {_blocks(self.layout)}"


def load_agent(out: str | Path) -> Agent:
    """The agent that ``train_agent`` left in a folder. Raises SimfactorError if it is not there or done."""
    folder = Path(out)
    stored = read_description(folder)
    if stored is None:
        raise SimfactorError(f"{folder} holds no agent ({DESCRIPTION} is missing); train one there first.")
    if not stored["finished"]:
        raise SimfactorError(
            f"the training in {folder} is not finished; call train_agent with the same arguments to resume."
        )
    arguments = stored["arguments"]
    name = arguments["algorithm"]["name"]
    # a model makes room for a whole replay buffer, which acting does not need
    options = {} if name == "ppo" else {"buffer_size": 1}
    with isolated():
        model = load_model(name, folder / MODEL, **options)
    layout = arguments["layout"]
    return Agent(
        model.policy,
        None if layout is None else LatentLayout.from_dict(layout),
        arguments,
        tuple(stored["environment_seeds"]),
    )


def _blocks(layout: LatentLayout) -> str:
    return f"{', '.join(layout.dimension_names)} ({layout.size} dimensions)"
