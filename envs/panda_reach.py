"""Reaching with a Franka Panda: bring the point between the fingertips to a red marker in the air."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.utils import EzPickle
from numpy.typing import ArrayLike, NDArray

from simfactor.envs.episodes import Values, first_unsolved, next_episode_seed, requested_factors
from simfactor.envs.observation import Photographer, Pixels, observation_space, observe
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace, load_space
from simfactor.scene import SCENES, WORKSPACE_HIGH, WORKSPACE_LOW, Scene, open_scene

Array: TypeAlias = NDArray[np.float64]

SCENE = "tabletop"
REWARDS = ("dense", "sparse")
EFFECTOR = ("ee_x", "ee_y", "ee_z")
TARGET = ("target_x", "target_y", "target_z")
STRIDE = 0.05  # metres that an action of 1 asks for
SUBSTEPS = 20  # physics steps of 1/240 s in one environment step
FRAME_SIZE = 256  # pixels of what render() gives
DOMAINS = {name: domain for effect in SCENES[SCENE].effects for name, domain in effect.domain.items()}


class PandaReach(gym.Env[Any, NDArray[np.float32]], EzPickle):
    """Reach a target position with position control of the end effector.

    **Action** ``Box(-1, 1, (3,))``: displacement of the end effector along world x, y, z, 5 cm at full scale,
    clipped to the workspace (x 0.3..0.6, y -0.25..0.25, z 0.05..0.4 m); 1/12 s of physics.

    **Observation** ``state``: end effector and target position, 6 numbers in metres; ``pixels``: uint8
    (S, S, 3) of the scene's camera; ``pixels+state``: a Dict of both.

    **Reward** ``dense``: minus the distance in metres; ``sparse``: 0 within ``success_distance``, else -1.
    The episode terminates on success (unless ``terminate_on_success=False``); ``simfactor/PandaReach-v0``
    truncates after 50 steps.

    **Factors**: each episode draws the start of the end effector (``ee_*``) and the target (``target_*``)
    from ``space``; every other factor has the scene's default. ``reset(options={"factors": {...}})`` sets
    any factor. A start within ``success_distance`` occurs only if options or space leave no choice
    (or a FactorControl changes where the task factors are drawn from).

    **Info**, at reset and step: ``factors`` (what the episode started with, all factors of the scene),
    ``distance`` in metres, ``is_success``.

    Args:
        observation: ``state``, ``pixels`` or ``pixels+state``.
        reward: ``dense`` or ``sparse``.
        success_distance: metres.
        terminate_on_success: whether reaching the target ends the episode.
        space: where the task factors are drawn from, by default the ready space ``tabletop``.
        image_size: S, pixels.
        renderer: a name in ``simfactor.render.RENDERERS``.
        render_mode: ``rgb_array`` or None.

    Raises SimfactorError for arguments that are not among these.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 240 // SUBSTEPS}  # noqa: RUF012  # gymnasium's own declaration

    def __init__(
        self,
        observation: Literal["state", "pixels", "pixels+state"] = "state",
        reward: Literal["dense", "sparse"] = "dense",
        success_distance: float = 0.05,
        terminate_on_success: bool = True,
        space: FactorSpace | None = None,
        image_size: int = 64,
        renderer: str = "raster",
        render_mode: str | None = None,
    ) -> None:
        task = (observation, reward, success_distance, terminate_on_success)
        EzPickle.__init__(self, *task, space, image_size, renderer, render_mode)
        _check_name("reward", reward, REWARDS)
        if render_mode is not None:
            _check_name("render_mode", render_mode, self.metadata["render_modes"])
        if not success_distance > 0:
            raise SimfactorError(f"success_distance={success_distance!r} must be above 0 metres.")
        self._observation, self._reward, self.success_distance, self._terminates = task
        self.space = load_space(SCENE) if space is None else space
        self.check_space(self.space)
        self._task_space = self.space.select((*EFFECTOR, *TARGET))
        self.image_size = image_size
        self.render_mode = render_mode
        self.action_space = gym.spaces.Box(-1.0, 1.0, (3,), np.float32)
        self.observation_space = observation_space(observation, image_size)
        self._photographer = Photographer(renderer)
        self._scene: Scene | None = None
        self._factors: Values = {}

    @property
    def scene(self) -> Scene:
        """The open scene, for reading the world; opened when first needed."""
        if self._scene is None:
            self._scene = open_scene(SCENE)
        return self._scene

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode. Raises SimfactorError for options that cannot be followed."""
        super().reset(seed=seed)
        values = self.draw_factors(self._task_space, next_episode_seed(self.np_random), options)
        self.scene.reset()
        self.scene.apply(values)
        self._factors = {**self.scene.read(), **values}
        state = self._state()
        return self._observe(state), self._info(state)

    def step(self, action: ArrayLike) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move the end effector by ``action`` (3,), clipped to [-1, 1], times 5 cm."""
        move = np.asarray(action, np.float64)
        if move.shape != (3,) or not np.isfinite(move).all():
            raise SimfactorError(f"action={action!r} must be 3 finite numbers in [-1, 1].")
        robot = self.scene.robot
        goal = robot.end_effector_position() + STRIDE * np.clip(move, -1.0, 1.0)
        robot.drive_to(np.clip(goal, WORKSPACE_LOW, WORKSPACE_HIGH))
        self.scene.step(SUBSTEPS)
        state = self._state()
        info = self._info(state)
        success = info["is_success"]
        reward = -info["distance"] if self._reward == "dense" else float(success) - 1.0
        return self._observe(state), reward, success and self._terminates, False, info

    def render(self) -> Pixels | None:
        """The scene's camera image, uint8 (256, 256, 3), if the render mode is ``rgb_array``."""
        return None if self.render_mode is None else self._picture(FRAME_SIZE)

    def close(self) -> None:
        """Close scene and renderer; a second call does nothing."""
        self._photographer.close()
        if self._scene is not None:
            self._scene.close()
        self._scene = None

    def check_space(self, space: FactorSpace) -> None:
        """Raise SimfactorError unless the scene has all factors of ``space``."""
        if space.scene != SCENE:
            raise SimfactorError(
                f"the space belongs to scene {space.scene!r}, this environment shows {SCENE!r}; "
                f"use load_space({SCENE!r}) or a space derived from it."
            )
        for name in space.names:
            _check_name("factor", name, DOMAINS)

    def draw_factors(self, space: FactorSpace, seed: int, options: Mapping[str, Any] | None) -> Values:
        """A value for every factor of ``space`` in the episode ``seed``; the reset options take precedence.

        The episode is one row of the space's sample of this seed. Which row that is, this environment's own
        ``space`` decides, so that a factor has the same value in every space that declares it alike. Options
        may set any value that makes physical sense to the scene, inside the space or not.
        Raises SimfactorError for options that cannot be followed.
        """
        requested: Values = {}
        for name, value in requested_factors(options).items():
            _check_name("factor", name, DOMAINS)
            requested[name] = DOMAINS[name].check(name, value)
        row = first_unsolved(self._task_space, seed, requested, self._starts_solved)
        return space.decode(space.sample(1, seed, start=row)[0]) | requested

    def _starts_solved(self, values: Values) -> bool:
        return bool(np.linalg.norm(_point(values, EFFECTOR) - _point(values, TARGET)) < self.success_distance)

    def _state(self) -> Array:
        return np.concatenate([self.scene.robot.end_effector_position(), _point(self._factors, TARGET)])

    def _info(self, state: Array) -> dict[str, Any]:
        distance = float(np.linalg.norm(state[:3] - state[3:]))
        return {
            "factors": dict(self._factors),
            "distance": distance,
            "is_success": distance < self.success_distance,
        }

    def _observe(self, state: Array) -> Any:
        return observe(self._observation, state.astype(np.float32), lambda: self._picture(self.image_size))

    def _picture(self, size: int) -> Pixels:
        return self._photographer.take([self.scene], size)[0]


def _point(values: Values, names: tuple[str, ...]) -> Array:
    return np.array([float(values[name]) for name in names])


def _check_name(kind: str, got: str, allowed: Collection[str]) -> None:
    if got not in allowed:
        raise unknown_name(kind, got, allowed)
