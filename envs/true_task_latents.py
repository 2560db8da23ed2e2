"""A wrapper that shows what a perfect encoder would see of the task: to tell whose fault a failure is."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors import Categorical

TASK_ERROR = "task_error"


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
        from simfactor.encoders.editing import takes_values  # loads torch, which state policies do not need

        encoder, dims = env.get_wrapper_attr("encoder"), env.get_wrapper_attr("dims")
        if not takes_values(encoder):
            raise SimfactorError(
                f"the latents of an encoder trained as {encoder.objective!r} have no true values; use one "
                "that learned from labels, as 'supervised' or 'interventional'."
            )
        self._space, self._layout = encoder.space, encoder.layout
        self._names = self._space.by_role("task")
        wanted = np.concatenate([self._layout.dims(name) for name in self._names] or [np.zeros(0, np.int64)])
        self._places = np.flatnonzero(np.isin(dims, wanted))
        self._dims = dims[self._places]
        if not len(self._places):
            raise SimfactorError(
                "the observed latents hold no task block; observe some of "
                f"{', '.join(self._names) or '(none)'}."
            )
        self._row = self._space.sample(1, seed=0)[0]

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
        true = self._true_latents()
        error = float(np.abs(observation[self._places] - true).mean())
        shown = observation.copy()
        shown[self._places] = true
        return shown, {**info, TASK_ERROR: error}

    def _true_latents(self) -> NDArray[np.float32]:
        from simfactor.encoders.codes import ideal_latents

        row = self._row.copy()
        for name, value in self.env.get_wrapper_attr("scene").read(self._names).items():
            factor = self._space[name]
            row[self._space.index(name)] = factor.code(value) if isinstance(factor, Categorical) else value
        latents: NDArray[np.float32] = ideal_latents(self._space, self._layout, row[None])[0, self._dims]
        return latents
