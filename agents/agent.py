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

from simfactor.agents.description import DESCRIPTION, read_description
from simfactor.agents.isolation import isolated
from simfactor.agents.models import load_model
from simfactor.agents.observations import shape_of
from simfactor.agents.own_numbers import PROPRIOCEPTION, knows_itself
from simfactor.agents.pixel_policy import PIXELS, STATE, image_space, sees_images
from simfactor.encoders.layout import LatentLayout
from simfactor.errors import SimfactorError

MODEL = "agent.zip"


@dataclass(frozen=True)
class Agent:
    """A policy that acts on images (S, S, 3), with the robot's own numbers or without, or on flat
    observations (L,): a state, or latents of known layout.

    layout: the blocks of the latents, None for a state and for images. arguments: everything that decided
    the training, as ``train_agent`` got it. environment_seeds: seeds the training environment was reset
    with; test on others.
    """

    policy: BasePolicy
    layout: LatentLayout | None
    arguments: Mapping[str, Any]
    environment_seeds: tuple[int, ...]

    def act(
        self, observation: NDArray[Any] | Mapping[str, NDArray[Any]], deterministic: bool = True
    ) -> NDArray[np.float32]:
        """Actions (A,) for an observation (L,) or (S, S, 3), or (n, A) for (n, L) or (n, S, S, 3).

        An agent that is shown its own numbers takes a Dict of ``pixels`` and ``proprioception``, (P,) or
        (n, P).
        Not deterministic means sampled, with torch's global generator, as Stable-Baselines3's policies do.
        Raises SimfactorError for observations of another shape.
        """
        parts = self._parts(observation)
        named = isinstance(self.policy.observation_space, spaces.Dict)
        actions, _ = self.policy.predict(
            parts if named else next(iter(parts.values())), deterministic=deterministic
        )
        return actions

    def _parts(self, observation: NDArray[Any] | Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """What it is shown of an observation, by name."""
        shapes = self.observed_shapes
        given = observation if isinstance(observation, Mapping) else {next(iter(shapes)): observation}
        if any(np.shape(given.get(name, ()))[-len(shape) :] != shape for name, shape in shapes.items()):
            raise SimfactorError(
                f"the observation has shape {shape_of(observation)} but the agent acts on "
                f"{self.observes}; wrap the environment as it was wrapped in training."
            )
        return {name: given[name] for name in shapes}

    @property
    def measured(self) -> tuple[str, ...]:
        """The factors in whose blocks it was shown what its robot measured, not what the encoder read."""
        return tuple(self.arguments["about"].get("measured", ()))

    @property
    def observed_shapes(self) -> dict[str, tuple[int, ...]]:
        """Part of an observation that it acts on -> its shape, one or ``pixels`` and ``proprioception``."""
        seen = self.policy.observation_space
        if not sees_images(seen):
            assert seen.shape is not None
            return {STATE if self.layout is None else "latents": seen.shape}
        channels, *size = image_space(seen).shape
        shapes: dict[str, tuple[int, ...]] = {PIXELS: (*size, channels)}
        if isinstance(seen, spaces.Dict) and knows_itself(seen):
            shapes[PROPRIOCEPTION] = seen[PROPRIOCEPTION].shape or ()
        return shapes

    def check_layout(self, layout: LatentLayout | None) -> None:
        """Raise SimfactorError unless the agent was trained on observations of this layout (None: a state).

        Latents of another encoder may have the same width and other factors; no shape check finds that.
        """
        if layout == self.layout:
            return
        given = "the environment's state" if layout is None else f"the blocks {_blocks(layout)}"
        raise SimfactorError(
            f"the agent acts on {self.observes} but is given {given}; "
            "use the encoder and the blocks it was trained with, or train an agent on these."
        )

    @property
    def observes(self) -> str:
        """What it acts on, in words."""
        if self.layout is not None:
            return f"latents {_blocks(self.layout)}"
        kinds = {PIXELS: "images", STATE: "a state"}
        named = [f"{kinds.get(name, name)} of shape {shape}" for name, shape in self.observed_shapes.items()]
        return " and ".join(named)


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
