"""A vector environment as Stable-Baselines3 wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from simfactor.errors import SimfactorError


class SB3VecEnv(VecEnv):
    """Shows a vector environment to Stable-Baselines3's algorithms, as their ``DummyVecEnv`` of N single
    environments would: same observations, rewards, dones and infos.

    ``infos[i]`` of a step that ends an episode is that of its last moment, with ``terminal_observation`` and
    ``TimeLimit.truncated``; the info of the next one's first moment is in ``reset_infos[i]``.

    Args:
        vector: a :class:`simfactor.envs.VectorEnv`, wrapped or not, or any other of gymnasium's that resets
            worlds in the step that ends their episodes (``autoreset_mode="SameStep"``). Closed with this.

    Raises SimfactorError for another mode.
    """

    def __init__(self, vector: gym.vector.VectorEnv[Any, Any, Any]) -> None:
        mode = vector.metadata.get("autoreset_mode")
        if mode is not AutoresetMode.SAME_STEP:
            raise SimfactorError(
                f"autoreset_mode={mode!r}, but Stable-Baselines3 wants the first observation of an episode "
                "in the step that ends the one before; make the environment with autoreset_mode='SameStep'."
            )
        self.vector = vector
        self._actions: NDArray[Any] | None = None
        super().__init__(vector.num_envs, vector.single_observation_space, vector.single_action_space)

    def reset(self) -> VecEnvObs:
        """Observations (N, ...) of new episodes, with the seeds and options that were set for them."""
        observations, infos = self.vector.reset(seed=list(self._seeds), options=_for_all(self._options))  # type: ignore[arg-type]  # a seed for each is allowed
        self.reset_infos = split_infos(infos, self.num_envs)
        self._reset_seeds()
        self._reset_options()
        seen: VecEnvObs = observations
        return seen

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions (N, A) for :meth:`step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Observations (N, ...), rewards (N,) float32, dones (N,) and N infos."""
        observations, rewards, terminated, truncated, infos = self.vector.step(self._actions)
        last = infos.pop("final_obs", None)
        ended = split_infos(infos.pop("final_info", {}), self.num_envs)
        dones = terminated | truncated
        own = split_infos(infos, self.num_envs)
        for i in np.flatnonzero(dones):
            self.reset_infos[i], own[i] = own[i], ended[i]
            own[i]["terminal_observation"] = last[i]
        for info, cut in zip(own, (truncated & ~terminated).tolist(), strict=True):
            info["TimeLimit.truncated"] = cut
        return observations, rewards.astype(np.float32), dones, own

    def close(self) -> None:
        """Close the vector environment."""
        self.vector.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """What each world renders, if the render mode is ``rgb_array``."""
        frames: Any = self.vector.render()
        return [None] * self.num_envs if frames is None else list(frames)

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute of the vector environment, which stands for that of every world."""
        return [getattr(self.vector.unwrapped, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refused: worlds share what they are made of, and may be in other processes."""
        raise SimfactorError(
            f"{attr_name!r} cannot be set; make the vector environment with other arguments."
        )

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """What a method of the vector environment gives, once for each of ``indices``.

        Made for ``compute_reward``, which hindsight experience replay calls.
        """
        method = getattr(self.vector.unwrapped, method_name)
        return [method(*method_args, **method_kwargs) for _ in self._get_indices(indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """No world is wrapped; monitor them with Stable-Baselines3's ``VecMonitor``."""
        return [False for _ in self._get_indices(indices)]


def split_infos(infos: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """The infos of ``count`` worlds, each its own dictionary, from gymnasium's vector format."""
    own: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, column in infos.items():
        given = infos.get(f"_{name}")
        if given is None:
            continue  # a mask itself
        values = split_infos(column, count) if isinstance(column, dict) else _items(column)
        for i in np.flatnonzero(given):
            own[i][name] = values[i]
    return own


def _items(column: NDArray[Any]) -> list[Any]:
    """Plain numbers where they are numbers, as single environments give them."""
    return column.tolist() if column.ndim == 1 else list(column)


def _for_all(options: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """One dictionary of reset options for what Stable-Baselines3 keeps as one for each world."""
    if all(own == options[0] for own in options):
        return options[0] or None
    others = {name: value for own in options for name, value in own.items()}
    return {**others, "factors": [own.get("factors", {}) for own in options]}
