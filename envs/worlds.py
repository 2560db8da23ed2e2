"""The worlds of one process, stepped one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np

from simfactor.envs.episodes import Values
from simfactor.envs.factor_control import FactorControl
from simfactor.envs.factor_motion import FactorMotion
from simfactor.envs.make import TASK_IDS
from simfactor.envs.moments import Array, Moment, Turn
from simfactor.envs.motion import Motion
from simfactor.envs.observation import GOALS, Seen
from simfactor.envs.task_env import TaskEnv
from simfactor.errors import naming
from simfactor.factors import FactorSpace
from simfactor.scene import Scene
from simfactor.scene.state import SceneState

Seeds: TypeAlias = Sequence[int | Sequence[int] | Iterator[int] | None]  # of a world, or its next episodes
Options: TypeAlias = Sequence[Mapping[str, Any] | None]


@dataclass(frozen=True)
class WorldSpec:
    """How to make one world: a task with the registered wrappers, what its factors are and how they move."""

    task: str
    factors: FactorSpace | None
    motion: Mapping[str, Motion]
    rules: Mapping[str, Any]

    def open(self) -> gym.Env[Any, Any]:
        """The world. It shows numbers only: pictures are taken of all at once."""
        env = gym.make(TASK_IDS[self.task], observation="goal", disable_env_checker=True, **self.rules)
        if self.factors is not None:
            env = FactorControl(env, self.factors)
        return FactorMotion(env, self.motion) if self.motion else env

    def check(self) -> TaskEnv:
        """Raise SimfactorError for bad arguments; the bare environment, whose scene is not open yet."""
        bare: TaskEnv = self.open().unwrapped  # type: ignore[assignment]  # gymnasium knows it as an Env
        return bare


class Worlds:
    """Some of the worlds of a vector environment.

    Args:
        spec: how to make each.
        numbers: their numbers in the vector, for messages.
        looks: whether moments hold what there is to be drawn.
        same_step: whether a world whose episode ends starts the next in the same step, else in the one after.

    Raises SimfactorError, naming the world, for options that cannot be followed.
    """

    def __init__(self, spec: WorldSpec, numbers: Sequence[int], looks: bool, same_step: bool) -> None:
        self.numbers, self._looks, self._same_step = tuple(numbers), looks, same_step
        self._envs = [spec.open() for _ in numbers]
        self._over = np.zeros(len(self._envs), bool)
        self._told: list[Values] = [{} for _ in numbers]
        self._seeds: list[Iterator[int | None]] = [iter(()) for _ in numbers]  # of the episodes to come

    def reset(self, seeds: Seeds, options: Options) -> Moment:
        """Start an episode in every world; tells all factors."""
        self._seeds = [iter(s if isinstance(s, (Sequence, Iterator)) else [s]) for s in seeds]
        self._told = [{} for _ in self._envs]
        self._over[:] = False
        return Moment.join([self._start(i, own) for i, own in enumerate(options)])

    def step(self, moves: Array) -> Turn:
        """Do ``moves`` (n, A), a row in every world."""
        reward = np.zeros(len(moves))
        terminated, truncated = np.zeros((2, len(moves)), bool)
        now, ended = list[Moment](), list[Moment]()
        for i, env in enumerate(self._envs):
            if self._over[i]:
                now.append(self._start(i))
                continue
            with naming(f"world {self.numbers[i]}"):
                seen, reward[i], terminated[i], truncated[i], info = env.step(moves[i])
            now.append(self._moment(i, seen, info))
            if self._same_step and (terminated[i] or truncated[i]):
                ended.append(now[i])
                now[i] = self._start(i)
        if not self._same_step:
            self._over = terminated | truncated
        return Turn(Moment.join(now), reward, terminated, truncated, Moment.join(ended) if ended else None)

    def state(self) -> SceneState:
        """What there is to be drawn now, a row for each world."""
        return SceneState.concatenate([self._scene(i).now() for i in range(len(self._envs))])

    def bodies(self) -> dict[str, int]:
        """name -> PyBullet body id, the same in all worlds."""
        return self._scene(0).bodies

    def close(self) -> None:
        """Close all worlds; a second call does nothing."""
        for env in self._envs:
            env.close()

    def _start(self, i: int, options: Mapping[str, Any] | None = None) -> Moment:
        seed = next(self._seeds[i], None)
        with naming(f"world {self.numbers[i]}"):
            seen, info = self._envs[i].reset(seed=seed, options=None if options is None else dict(options))
        return self._moment(i, seen, info)

    def _moment(self, i: int, seen: Mapping[str, Array], info: Mapping[str, Any]) -> Moment:
        factors, told = info["factors"], self._told[i]
        changed = {name: value for name, value in factors.items() if told.get(name) != value}
        self._told[i] = factors
        return Moment(
            seen=Seen(*(seen[name][None] for name in GOALS)),
            distance=np.array([info["distance"]]),
            success=np.array([info["is_success"]]),
            toll=np.array([info["toll"]]),
            factors=[changed],
            state=self._scene(i).now() if self._looks else None,
        )

    def _scene(self, i: int) -> Scene:
        scene: Scene = self._envs[i].get_wrapper_attr("scene")
        return scene
