"""The environment that runs a task in a scene whose factors are declared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from gymnasium.utils import EzPickle
from numpy.typing import ArrayLike, NDArray

from simfactor.envs.episodes import Values, first_unsolved, next_episode_seed, requested_factors
from simfactor.envs.manipulation import PickAndPlace, Push
from simfactor.envs.observation import Look, Photographer, Pixels, Seen
from simfactor.envs.reaching import PlanarReach, Reach
from simfactor.envs.task import SUBSTEPS, Array, Task, distance
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace, load_space
from simfactor.frames import Images
from simfactor.scene import SCENES, Scene, open_scene
from simfactor.scene.effects import Choice, Effect, Range

TASKS: dict[str, Task] = {
    "reach": Reach(),
    "planar_reach": PlanarReach(),
    "push": Push(),
    "pick_and_place": PickAndPlace(),
}
REWARDS = ("dense", "sparse")
FRAME_SIZE = 256  # pixels of what render() gives


class TaskEnv(gym.Env[Any, NDArray[np.float32]], EzPickle):
    """A robot with a task, in a scene whose every factor can be set.

    **Action** ``Box(-1, 1, (A,))``: as the task says (:mod:`simfactor.envs.reaching`,
    :mod:`simfactor.envs.manipulation`).

    **Observation** ``state``: what moves and where it has to be, in metres (``reach``: end effector and
    target, 6 numbers); ``proprioception``: what the robot knows of itself; ``pixels``: uint8 (S, S, 3);
    ``pixels+state`` and ``pixels+proprioception``: a Dict of both; ``goal``: a Dict of ``observation``,
    ``achieved_goal`` and ``desired_goal``, for hindsight experience replay (Andrychowicz et al. 2017).

    **Reward** ``dense``: minus the distance in metres, and minus what the task says; ``sparse``: 0 within
    ``success_distance``, else -1.
    The episode terminates on success (unless ``terminate_on_success=False``); the registered environments
    truncate after 50 steps.

    **Factors**: each episode draws the factors of the task (``reach``: the start of the end effector
    ``ee_*`` and the target ``target_*``) from ``space``; every other factor has the scene's default.
    ``reset(options={"factors": {...}})`` sets any factor. A start within ``success_distance`` occurs only if
    options or space leave no choice (or a FactorControl changes where the task factors are drawn from).

    **Info**, at reset and step: ``factors`` (what the episode started with, all factors of the scene),
    ``distance`` in metres, ``is_success``, ``toll`` (what the dense reward is lower by, beside the distance).

    Args:
        task: a name in ``TASKS``.
        observation: a name in :data:`simfactor.envs.observation.OBSERVATIONS`.
        reward: ``dense`` or ``sparse``.
        success_distance: metres.
        terminate_on_success: whether success ends the episode.
        space: where the task's factors are drawn from, by default the task's ready space.
        image_size: S, pixels.
        renderer: as of :func:`simfactor.render.make_renderer`.
        render_mode: ``rgb_array`` or None.
        camera: whose pictures are observed: the ``scene``'s, or one on the ``wrist``.

    Raises SimfactorError for arguments that are not among these.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 240 // SUBSTEPS}  # noqa: RUF012  # gymnasium's own declaration

    def __init__(
        self,
        task: str = "reach",
        observation: str = "state",
        reward: Literal["dense", "sparse"] = "dense",
        success_distance: float = 0.05,
        terminate_on_success: bool = True,
        space: FactorSpace | None = None,
        image_size: int = 64,
        renderer: str = "raster",
        render_mode: str | None = None,
        camera: Literal["scene", "wrist"] = "scene",
    ) -> None:
        rules = (reward, success_distance, terminate_on_success)
        EzPickle.__init__(self, task, observation, *rules, space, image_size, renderer, render_mode, camera)
        _check_name("task", task, TASKS)
        _check_name("reward", reward, REWARDS)
        if render_mode is not None:
            _check_name("render_mode", render_mode, self.metadata["render_modes"])
        if not success_distance > 0:
            raise SimfactorError(f"success_distance={success_distance!r} must be above 0 metres.")
        self.task = TASKS[task]
        self._reward, self.success_distance, self._terminates = rules
        ready = load_space(self.task.space)
        self._scene_name = ready.scene
        self.space = ready if space is None else space
        self.check_space(self.space)
        self._task_space = self.space.select(self.task.factors)
        self.image_size = image_size
        self.render_mode = render_mode
        self.action_space = gym.spaces.Box(-1.0, 1.0, (self.task.actions,), np.float32)
        self._look = Look(observation, image_size, camera, self.task.width, self.task.own)
        self.observation_space = self._look.space
        self._photographer = Photographer(renderer)
        self._scene: Scene | None = None
        self._factors: Values = {}

    @property
    def scene(self) -> Scene:
        """The open scene, for reading the world; opened when first needed."""
        if self._scene is None:
            self._scene = open_scene(self._scene_name)
        return self._scene

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode. Raises SimfactorError for options that cannot be followed."""
        super().reset(seed=seed)
        values = self.draw_factors(self._task_space, next_episode_seed(self.np_random), options)
        self.scene.reset()
        self.scene.apply(values)
        self.task.begin(self.scene)
        self._factors = {**self.scene.read(), **values}
        seen = self.seen()
        return self._observe(seen), self._info(seen)

    def step(self, action: ArrayLike) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do ``action`` (A,), clipped to [-1, 1]."""
        self.task.move(self.scene, np.clip(self._checked(action), -1.0, 1.0))
        seen = self.seen()
        info = self._info(seen)
        reward = float(self.compute_reward(seen.achieved, seen.goal, info))
        return self._observe(seen), reward, info["is_success"] and self._terminates, False, info

    def compute_reward(
        self, achieved_goal: NDArray[np.floating], desired_goal: NDArray[np.floating], info: Any
    ) -> NDArray[np.float64]:
        """The rewards (...,) of having things at ``achieved_goal`` (..., 3) instead of ``desired_goal``.

        ``info`` is that of the step, or an array (...,) of them, as hindsight experience replay passes it.
        """
        metres: NDArray[np.float64] = distance(achieved_goal, desired_goal)
        if self._reward == "dense":
            return -metres - _tolls(info)
        return np.asarray(metres < self.success_distance, np.float64) - 1.0

    def render(self) -> Pixels | None:
        """The scene's camera image, uint8 (256, 256, 3), if the render mode is ``rgb_array``."""
        if self.render_mode is None:
            return None
        return self._photographer.take(self.scene.snapshot(FRAME_SIZE, FRAME_SIZE))[0]

    def images(self, space: FactorSpace, rows: Array) -> Images:
        """This moment with each of ``rows`` (n, K) of ``space``: n pictures in one call of the renderer."""
        state = self.scene.variants(space.columns(rows))
        return self._photographer.photograph(self.scene.show(state, self.image_size, self.image_size))

    def close(self) -> None:
        """Close scene and renderer; a second call does nothing."""
        self._photographer.close()
        if self._scene is not None:
            self._scene.close()
        self._scene = None

    @property
    def effects(self) -> dict[str, Effect]:
        """Factor -> the effect of the scene that it belongs to."""
        return {name: effect for effect in SCENES[self._scene_name].effects for name in effect.domain}

    def check_space(self, space: FactorSpace) -> None:
        """Raise SimfactorError unless the scene has all factors of ``space``."""
        if space.scene != self._scene_name:
            raise SimfactorError(
                f"the space belongs to scene {space.scene!r}, this environment shows {self._scene_name!r}; "
                f"use load_space({self.task.space!r}) or a space derived from it."
            )
        for name in space.names:
            _check_name("factor", name, _domains(self._scene_name))

    def checked_factors(self, values: Mapping[str, Any]) -> Values:
        """Values of some factors as the scene knows them.

        Raises SimfactorError for a factor that the scene does not have and a value without physical sense.
        """
        domains, checked = _domains(self._scene_name), Values()
        for name, value in values.items():
            _check_name("factor", name, domains)
            checked[name] = domains[name].check(name, value)
        return checked

    def draw_factors(self, space: FactorSpace, seed: int, options: Mapping[str, Any] | None) -> Values:
        """A value for every factor of ``space`` in the episode ``seed``; the reset options take precedence.

        The episode is one row of the space's sample of this seed. Which row that is, this environment's own
        ``space`` decides, so that a factor has the same value in every space that declares it alike. Options
        may set any value that makes physical sense to the scene, inside the space or not.
        Raises SimfactorError for options that cannot be followed.
        """
        requested = self.checked_factors(requested_factors(options))
        row = first_unsolved(self._task_space, seed, requested, self._starts_solved)
        return space.decode(space.sample(1, seed, start=row)[0]) | requested

    def seen(self) -> Seen:
        """What moves, as it is now, and the goal."""
        observed = self.task.observe(self.scene)
        return Seen(observed, self.task.achieved(observed), self.task.goal(self._factors))

    def _checked(self, action: ArrayLike) -> Array:
        move = np.asarray(action, np.float64)
        if move.shape != (self.task.actions,) or not np.isfinite(move).all():
            raise SimfactorError(f"action={action!r} must be {self.task.actions} finite numbers in [-1, 1].")
        return move

    def _starts_solved(self, values: Values) -> bool:
        return bool(distance(self.task.start(values), self.task.goal(values)) < self.success_distance)

    def _info(self, seen: Seen) -> dict[str, Any]:
        metres = float(distance(seen.achieved, seen.goal))
        return {
            "factors": dict(self._factors),
            "distance": metres,
            "is_success": metres < self.success_distance,
            "toll": self.task.toll(seen.observed),
        }

    def _observe(self, seen: Seen) -> Any:
        return self._look.observe(seen, self._picture)

    def _picture(self) -> Pixels:
        state, size = self.scene.now(), self.image_size
        batch = self._look.framed(self.scene.show(state, size, size), state)
        return self._photographer.take(batch)[0]


@cache
def _domains(scene: str) -> dict[str, Range | Choice]:
    """What each factor of a scene can be."""
    return {name: domain for effect in SCENES[scene].effects for name, domain in effect.domain.items()}


def _tolls(info: Any) -> Any:
    """The tolls of one step's info, or of many."""
    return info["toll"] if isinstance(info, Mapping) else np.array([one["toll"] for one in info])


def _check_name(kind: str, got: str, allowed: Collection[str]) -> None:
    if got not in allowed:
        raise unknown_name(kind, got, allowed)
