"""Wrappers that show what a perfect encoder would see of the task: to tell whose fault a failure is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import AutoresetMode, VectorWrapper
from numpy.typing import NDArray

from simfactor.envs.latent_observation import VectorLatentObservation
from simfactor.envs.task_truth import TASK_ERROR, TaskTruth
from simfactor.errors import SimfactorError


class TrueTaskLatents(gym.Wrapper[NDArray[np.float32], Any, Any, Any], RecordConstructorArgs):
    """Latents (L,) whose task blocks hold what the factors really are; all others stay as encoded.

    An agent that fails on the encoder's latents and succeeds on these fails by its encoder; one that fails on
    both acts wrong on right latents (a controlled direct effect: Pearl 2001, "Direct and indirect effects").

    ``info["task_error"]``, at reset and step: by how much the encoder was off in these blocks, mean absolute
    difference of latents (1 is half of a factor's range).

    Args:
        env: a :class:`LatentObservation`, wrapped or not, of an environment with a scene.

    Raises SimfactorError if the encoder's blocks have no true values (it learned without labels), or no task
    block is observed.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        gym.Wrapper.__init__(self, env)
        self._truth = TaskTruth(env.get_wrapper_attr("encoder"), env.get_wrapper_attr("dims"))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Reset, and show the truth."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._corrected(observation, info)

    def step(self, action: Any) -> tuple[NDArray[np.float32], Any, bool, bool, dict[str, Any]]:
        """Step, and show the truth."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        observation, info = self._corrected(observation, info)
        return observation, reward, terminated, truncated, info

    def _corrected(
        self, observation: NDArray[np.float32], info: dict[str, Any]
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        now = self.env.get_wrapper_attr("scene").read(self._truth.names)
        shown, error = self._truth.correct(observation[None], {name: [value] for name, value in now.items()})
        return shown[0], {**info, TASK_ERROR: float(error[0])}


class VectorTrueTaskLatents(VectorWrapper):
    """As :class:`TrueTaskLatents`, of N worlds: latents (N, L), and ``infos["task_error"]`` (N,).

    Args:
        env: a :class:`VectorLatentObservation` of a :class:`simfactor.envs.VectorEnv`.

    Raises SimfactorError as :class:`TrueTaskLatents` does, and for worlds that start anew in the step that
    ends an episode: what was true at its end is over then.
    """

    def __init__(self, env: VectorLatentObservation) -> None:
        super().__init__(env)
        if env.metadata.get("autoreset_mode") is AutoresetMode.SAME_STEP:
            raise SimfactorError(
                "autoreset_mode='SameStep' leaves no time to read the truth of a last observation; use "
                "'NextStep'."
            )
        self._truth = TaskTruth(env.encoder, env.dims)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Reset, and show the truth."""
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  # a seed for each is allowed
        return self._corrected(observations, infos)

    def step(self, actions: Any) -> tuple[NDArray[np.float32], Any, Any, Any, dict[str, Any]]:
        """Step, and show the truth."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        observations, infos = self._corrected(observations, infos)
        return observations, rewards, terminated, truncated, infos

    def _corrected(
        self, observations: NDArray[np.float32], infos: dict[str, Any]
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        now = self.env.unwrapped.read(self._truth.names)  # type: ignore[attr-defined]  # ours, which can be read
        shown, error = self._truth.correct(observations, now)
        return shown, {**infos, TASK_ERROR: error, f"_{TASK_ERROR}": np.ones(len(error), bool)}
