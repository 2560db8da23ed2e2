"""Many worlds of one task in one process, whose images come out of one call of the renderer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.utils import EzPickle
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from simfactor.envs.factor_control import FactorControl
from simfactor.envs.make import TASK_IDS
from simfactor.envs.observation import GOAL, Photographer, Pixels, Seen, observation_space, observe
from simfactor.envs.task_env import FRAME_SIZE, TASKS, TaskEnv
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


class TaskVector(VectorEnv[Any, NDArray[np.float32], NDArray[Any]], EzPickle):
    """N independent :class:`TaskEnv` worlds that are stepped together.

    Observations, rewards and infos are, bit for bit, those of a ``gymnasium.vector.SyncVectorEnv`` of N
    single environments, but all N images are rendered as one batch (``benchmarks/envs.py`` measures it).
    ``gymnasium.make_vec("simfactor/PandaReach-v0", num_envs=N)`` makes one.

    **Autoreset** is gymnasium's ``NEXT_STEP``, as ``metadata["autoreset_mode"]`` says: the step after the
    one that ends an episode ignores the action and gives reward 0 and the next episode's first observation.

    **reset**: ``seed=s`` seeds world i with ``s + i``, a sequence gives every world its own;
    ``options={"factors": {...}}`` sets factors of all worlds, ``{"factors": [{...}, ...]}`` of each.

    **Info** is gymnasium's vector format: ``infos["distance"][i]``, ``infos["factors"]["light_azimuth"][i]``.

    Args:
        num_envs: N, worlds; each has a PyBullet client, about 30 MB.
        observation, image_size, renderer, render_mode: as of TaskEnv.
        task: a name in ``TASKS``.
        factors: sampled in every episode by a :class:`FactorControl` of each world; None leaves the nuisances
            at their defaults.
        max_episode_steps: steps after which an episode is truncated; None as registered (50), -1 never.
        options: further arguments of TaskEnv.

    Raises SimfactorError for arguments that are not among these.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        task: str = "reach",
        observation: str = "state",
        image_size: int = 64,
        renderer: str = "raster",
        render_mode: str | None = None,
        factors: FactorSpace | None = None,
        max_episode_steps: int | None = None,
        **options: Any,
    ) -> None:
        look = {"observation": observation, "image_size": image_size, "renderer": renderer}
        rules = {"render_mode": render_mode, "max_episode_steps": max_episode_steps, **options}
        EzPickle.__init__(self, num_envs, task=task, factors=factors, **look, **rules)
        self.closed = True  # until there is something that gymnasium's finaliser could close
        if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
            raise SimfactorError(f"num_envs={num_envs!r} must be a whole number of worlds, 1 or more.")
        if task not in TASKS:
            raise unknown_name("task", task, TASKS)
        self.single_observation_space = observation_space(observation, image_size, TASKS[task].width)
        self._photographer = Photographer(renderer)
        self._observation, self.image_size, self.render_mode = observation, image_size, render_mode
        self.envs = [_world(task, factors, rules) for _ in range(num_envs)]
        self.num_envs = len(self.envs)
        self.metadata = {**TaskEnv.metadata, "autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_action_space = self.envs[0].action_space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self._seen = list[Mapping[str, Array]]()
        self._over = np.zeros(self.num_envs, bool)
        self.closed = False

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode in every world.

        Raises SimfactorError for options that cannot be followed, and for a number of seeds or of factors
        that is not that of the worlds.
        """
        if seed is None or isinstance(seed, (int, np.integer)):
            seed = [None if seed is None else int(seed) + i for i in range(self.num_envs)]
        self._check_count("seed", seed)
        infos: dict[str, Any] = {}
        self._seen = []
        for i, (env, own_seed, own) in enumerate(zip(self.envs, seed, self._shares(options), strict=True)):
            seen, info = env.reset(seed=own_seed, options=own)
            self._seen.append(seen)
            infos = self._add_info(infos, info, i)
        self._over = np.zeros(self.num_envs, bool)
        return self._observe(), infos

    def step(self, actions: ArrayLike) -> tuple[Any, Array, Flags, Flags, dict[str, Any]]:
        """Do ``actions`` (N, A), a row in every world, but start a new episode where the last one ended."""
        moves = np.asarray(actions, np.float64)
        if moves.shape != self.action_space.shape or not np.isfinite(moves).all():
            raise SimfactorError(
                f"actions={actions!r} must be {self.action_space.shape} finite numbers in [-1, 1]: a row for "
                "each world."
            )
        rewards, infos = np.zeros(self.num_envs), dict[str, Any]()
        terminated, truncated = np.zeros((2, self.num_envs), bool)
        for i, env in enumerate(self.envs):
            if self._over[i]:
                self._seen[i], info = env.reset()
            else:
                self._seen[i], rewards[i], terminated[i], truncated[i], info = env.step(moves[i])
            infos = self._add_info(infos, info, i)
        self._over = terminated | truncated
        return self._observe(), rewards, terminated, truncated, infos

    def render(self) -> tuple[Pixels, ...] | None:
        """Every scene's camera image, N of uint8 (256, 256, 3), if the render mode is ``rgb_array``."""
        return None if self.render_mode is None else tuple(self._pictures(FRAME_SIZE))

    def close_extras(self, **kwargs: Any) -> None:
        """Close worlds and renderer; ``close`` calls it once."""
        self._photographer.close()
        for env in self.envs:
            env.close()

    def _observe(self) -> Any:
        seen = Seen(*(np.stack([one[name] for one in self._seen]) for name in GOAL))
        return observe(self._observation, seen, lambda: self._pictures(self.image_size))

    def _pictures(self, size: int) -> Pixels:
        return self._photographer.take([env.get_wrapper_attr("scene") for env in self.envs], size)

    def _shares(self, options: Mapping[str, Any] | None) -> list[dict[str, Any] | None]:
        """Each world's share of the options of a reset."""
        factors = (options or {}).get("factors")
        if options is None or not isinstance(factors, (list, tuple)):
            return [None if options is None else dict(options)] * self.num_envs
        self._check_count("options['factors']", factors)
        return [{**options, "factors": own} for own in factors]

    def _check_count(self, name: str, values: Sequence[Any]) -> None:
        if len(values) != self.num_envs:
            raise SimfactorError(
                f"{name}={values!r} has {len(values)} entries for {self.num_envs} worlds; "
                "give one for each, or one for all."
            )


def _world(task: str, factors: FactorSpace | None, rules: Mapping[str, Any]) -> gym.Env[Any, Any]:
    """One world with the registered wrappers. It shows numbers only: pictures are taken of all at once."""
    env = gym.make(TASK_IDS[task], observation="goal", disable_env_checker=True, **rules)
    return env if factors is None else FactorControl(env, factors)
