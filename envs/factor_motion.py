"""A wrapper that moves factors while an episode goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from simfactor.envs.episodes import Values, next_episode_seed, requested_factors
from simfactor.envs.motion import Drift, Motion, Path, Resample
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace


class FactorMotion(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Moves nuisance factors at every step: a light that wanders, a texture that changes.

    ``FactorMotion(env, {"light_azimuth": Drift(4.0), "table_texture": Resample(10), "light_intensity": f})``:
    a :class:`Drift`, a :class:`Resample`, or a function of the step, which is 0 at the reset (where the reset
    options take precedence) and 1 at the first step. What moves is seen in that step's observation. Nothing
    else changes: the robot's motion is the same to the last bit.

    ``info["factors"]`` has the values of these factors as they are now, of all others as the episode started
    with. Where a factor is depends on the episode's first values, the seed last given to ``reset``, the
    number of resets since, and the step.

    Args:
        env: one of simfactor's environments, with a :class:`FactorControl` or without; not yet with latents.
        motion: factor name -> how it moves.
        space: what drifts stay in and draws come from; by default the FactorControl's, or else the
            environment's own.

    Raises SimfactorError for a factor that the space does not have, a factor of the task, and a motion that
    the factor cannot make; in a step, for a value that makes no physical sense.
    """

    def __init__(
        self, env: gym.Env[Any, Any], motion: Mapping[str, Motion], space: FactorSpace | None = None
    ) -> None:
        RecordConstructorArgs.__init__(self, motion=motion, space=space)
        gym.Wrapper.__init__(self, env)
        own = env.get_wrapper_attr("factors" if env.has_wrapper_attr("factors") else "space")
        self.motion_space: FactorSpace = own if space is None else space
        env.get_wrapper_attr("check_space")(self.motion_space)
        self._motion = dict(motion)
        for name, how in self._motion.items():
            self._check(name, how)
        self._paths: dict[str, Path] = {}
        self._step = 0
        self._episodes: np.random.Generator | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset. Raises SimfactorError for options that cannot be followed."""
        if seed is not None or self._episodes is None:
            self._episodes = np.random.default_rng(seed)
        requested = requested_factors(options)
        functions = {n: how(0) for n, how in self._motion.items() if not isinstance(how, (Drift, Resample))}
        observation, info = self.env.reset(
            seed=seed, options={**(options or {}), "factors": {**functions, **requested}}
        )
        episode = next_episode_seed(self._episodes)
        self._step = 0
        self._paths = {name: self._path(name, info["factors"][name], episode) for name in self._motion}
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Move the factors, then step."""
        values = {name: path(self._step + 1) for name, path in self._paths.items()}
        moved: Values = self.env.get_wrapper_attr("checked_factors")(values)
        self.env.get_wrapper_attr("scene").apply(moved)
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._step += 1
        return observation, reward, terminated, truncated, {**info, "factors": {**info["factors"], **moved}}

    def _path(self, name: str, start: float | str, episode: int) -> Path:
        how = self._motion[name]
        if not isinstance(how, (Drift, Resample)):
            return how
        together = [other for other, its in self._motion.items() if its == how]
        return how.path(self.motion_space.select(together), name, start, episode)

    def _check(self, name: str, how: Motion) -> None:
        if name not in self.motion_space.names:
            raise unknown_name("factor", name, self.motion_space.names)
        task = self.env.get_wrapper_attr("task").factors
        if name in task or self.motion_space[name].role == "task":
            raise SimfactorError(
                f"{name!r} is the task's: physics and the agent move it. Choose among "
                f"{', '.join(n for n in self.motion_space.by_role('nuisance') if n not in task)}."
            )
        if isinstance(how, (Drift, Resample)):
            how.check(self.motion_space, name)
        elif not callable(how):
            raise SimfactorError(
                f"{name}: {how!r} is no motion; give Drift(speed), Resample(every) or a function of the step."
            )
