"""Many worlds of one task, in this process or several, whose images come out of one call of the renderer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import EzPickle
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from simfactor.envs.infos import InfoColumns, entry
from simfactor.envs.moments import Array, Flags, Moment, Turn
from simfactor.envs.motion import Motion
from simfactor.envs.observation import Look, Pixels
from simfactor.envs.task_env import FRAME_SIZE, TASKS, TaskEnv
from simfactor.envs.vector_observation import VectorObserver, rows_of, spread
from simfactor.envs.workers import Workers
from simfactor.envs.worlds import Seeds, Worlds, WorldSpec
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace
from simfactor.scene.reading import read_factors

MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)


class VectorEnv(gym.vector.VectorEnv[Any, NDArray[np.float32], NDArray[Any]], EzPickle):
    """N independent worlds of one task that are stepped together.

    Observations, rewards and infos are, bit for bit, those of a ``gymnasium.vector.SyncVectorEnv`` of N
    single environments, however many processes do the physics, but all N images are rendered as one batch
    (``benchmarks/envs.py`` and ``benchmarks/env_speed.py`` measure it).
    ``gymnasium.make_vec("simfactor/PandaReach-v0", num_envs=N)`` makes one too.

    **Autoreset** is gymnasium's, as ``metadata["autoreset_mode"]`` says. ``NEXT_STEP``: the step after the
    one that ends an episode ignores the action and gives reward 0 and the next episode's first observation.
    ``SAME_STEP``: the step that ends an episode gives the next one's first observation and info; the last of
    the old one are ``infos["final_obs"][i]`` and ``infos["final_info"]``, drawn in the same batch.

    **reset**: ``seed=s`` seeds world i with ``s + i``, a sequence gives every world its own, and a sequence
    of sequences gives every world one for each of its next episodes in turn. Of iterators, which several
    worlds may share, each world takes a seed whenever it starts an episode (only without workers);
    ``options={"factors": {...}}`` sets factors of all worlds, ``{"factors": [{...}, ...]}`` of each.

    **Info** is gymnasium's vector format: ``infos["distance"][i]``, ``infos["factors"]["light_azimuth"][i]``.

    **Workers** send poses, not pixels; as many threads as there are workers draw. A mistake that a world
    finds is raised with the world's number, and all must be reset before the next step. Scripts need no
    ``if __name__ == "__main__"`` unless the arguments hold something that the script defines.

    Args:
        num_envs: N, worlds; each has a PyBullet client, about 30 MB.
        workers: processes that share the worlds; 0 steps them in this one.
        observation, image_size, camera, renderer, render_mode: as of TaskEnv.
        task: a name in ``TASKS``.
        factors: sampled in every episode by a :class:`FactorControl` of each world; None leaves the nuisances
            at their defaults.
        motion: which factors move during episodes, and how, as :class:`FactorMotion` takes it.
        max_episode_steps: steps after which an episode is truncated; None as registered (50), -1 never.
        autoreset_mode: ``NEXT_STEP`` or ``SAME_STEP``.
        options: further arguments of TaskEnv.

    Raises SimfactorError for arguments that are not among these, and when a worker process has died.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        workers: int = 0,
        task: str = "reach",
        observation: str = "state",
        image_size: int = 64,
        camera: str = "scene",
        renderer: str = "raster",
        render_mode: str | None = None,
        factors: FactorSpace | None = None,
        motion: Mapping[str, Motion] | None = None,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **options: Any,
    ) -> None:
        seen = {"observation": observation, "image_size": image_size, "camera": camera, "renderer": renderer}
        rules = {"render_mode": render_mode, "max_episode_steps": max_episode_steps, **options}
        crew = {"workers": workers, "autoreset_mode": autoreset_mode}
        EzPickle.__init__(self, num_envs, task=task, factors=factors, motion=motion, **crew, **seen, **rules)
        self.closed = True  # until there is something that gymnasium's finaliser could close
        _check_counts(num_envs, workers)
        if task not in TASKS:
            raise unknown_name("task", task, TASKS)
        mode = _known_mode(autoreset_mode)
        look = Look(observation, image_size, camera, TASKS[task].width, TASKS[task].own)
        self._observer = VectorObserver(look, renderer, max(1, workers))
        spec = WorldSpec(task, factors, motion or {}, rules)
        self._bare = spec.check()
        self.num_envs, self.render_mode = int(num_envs), render_mode
        self.metadata = {**TaskEnv.metadata, "autoreset_mode": mode}
        self.single_action_space = self._bare.action_space
        self.single_observation_space = look.space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self._infos, self._all = InfoColumns(self.num_envs), np.arange(self.num_envs)
        self._ready = False
        ways = (look.draws, mode is AutoresetMode.SAME_STEP)
        self._worlds: Worlds | Workers
        if workers:
            self._worlds = Workers(spec, self.num_envs, workers, *ways)
        else:
            self._worlds = Worlds(spec, range(self.num_envs), *ways)
        self.closed = False

    def reset(
        self, *, seed: int | Seeds | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode in every world.

        Raises SimfactorError for options that cannot be followed, naming the world, and for a number of seeds
        or of factors that is not that of the worlds.
        """
        if seed is None or isinstance(seed, (int, np.integer)):
            seed = [None if seed is None else int(seed) + i for i in range(self.num_envs)]
        self._check_count("seed", seed)
        if isinstance(self._worlds, Workers) and any(isinstance(own, Iterator) for own in seed):
            raise SimfactorError("iterators of seeds cannot be sent to workers; use sequences, or workers=0.")
        shares = self._shares(options)
        self._check_open()
        self._ready = False
        moment = self._worlds.reset(seed, shares)
        self._ready = True
        return self._observe(moment), self._infos.of(moment, self._all)

    def step(self, actions: ArrayLike) -> tuple[Any, Array, Flags, Flags, dict[str, Any]]:
        """Do ``actions`` (N, A), a row in every world, and start new episodes where old ones have ended."""
        moves = np.asarray(actions, np.float64)
        if moves.shape != self.action_space.shape or not np.isfinite(moves).all():
            raise SimfactorError(
                f"actions={actions!r} must be {self.action_space.shape} finite numbers in [-1, 1]: a row for "
                "each world."
            )
        self._check_open()
        if not self._ready:
            raise SimfactorError("not every world is in an episode; call reset() before step().")
        self._ready = False
        turn = self._worlds.step(moves)
        self._ready = True
        observations, infos = self._tell(turn)
        return observations, turn.reward, turn.terminated, turn.truncated, infos

    def compute_reward(
        self, achieved_goal: NDArray[np.floating], desired_goal: NDArray[np.floating], info: Any
    ) -> NDArray[np.float64]:
        """As of TaskEnv: the rewards (...,) of positions (..., 3), for hindsight experience replay."""
        return self._bare.compute_reward(achieved_goal, desired_goal, info)

    def check_space(self, space: FactorSpace) -> None:
        """Raise SimfactorError unless the scene has all factors of ``space``."""
        self._bare.check_space(space)

    def read(self, names: Sequence[str]) -> dict[str, list[float | str]]:
        """Factor -> its value in each of the N worlds now. Raises SimfactorError for unknown names."""
        owners = self._bare.effects
        for name in names:
            if name not in owners:
                raise unknown_name("factor", name, owners)
        self._check_open()
        return read_factors(owners, self._worlds.state(), names)

    def render(self) -> tuple[Pixels, ...] | None:
        """Every scene's camera image, N of uint8 (256, 256, 3), if the render mode is ``rgb_array``."""
        if self.render_mode is None:
            return None
        self._check_open()
        return tuple(self._observer.pictures(self._worlds.state(), FRAME_SIZE, self._worlds.bodies))

    def close_extras(self, **kwargs: Any) -> None:
        """Close worlds, workers and renderer; ``close`` calls it once."""
        self._observer.close()
        self._worlds.close()

    def _observe(self, moment: Moment) -> Any:
        return self._observer.observe(moment, self._worlds.bodies)

    def _tell(self, turn: Turn) -> tuple[Any, dict[str, Any]]:
        """The observations of a step and its infos. What ended is drawn together with what is now."""
        if turn.ended is None:
            return self._observe(turn.now), self._infos.of(turn.now, self._all)
        over = turn.terminated | turn.truncated
        places = np.flatnonzero(over)
        both = self._observe(Moment.join([turn.now, turn.ended]))
        last = spread(rows_of(both, slice(self.num_envs, None)), places, self.num_envs)
        infos = entry("final_obs", last, over)
        infos |= entry("final_info", self._infos.of(turn.ended, places), over)
        return rows_of(both, slice(self.num_envs)), infos | self._infos.of(turn.now, self._all)

    def _shares(self, options: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any] | None]:
        """Each world's share of the options of a reset."""
        factors = (options or {}).get("factors")
        if options is None or not isinstance(factors, (list, tuple)):
            return [options] * self.num_envs
        self._check_count("options['factors']", factors)
        return [{**options, "factors": own} for own in factors]

    def _check_count(self, name: str, values: Sequence[Any]) -> None:
        if len(values) != self.num_envs:
            raise SimfactorError(
                f"{name}={values!r} has {len(values)} entries for {self.num_envs} worlds; "
                "give one for each, or one for all."
            )

    def _check_open(self) -> None:
        if self.closed:
            raise SimfactorError("this environment is closed; make it anew.")


def _check_counts(num_envs: object, workers: object) -> None:
    if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
        raise SimfactorError(f"num_envs={num_envs!r} must be a whole number of worlds, 1 or more.")
    if not isinstance(workers, (int, np.integer)) or not 0 <= workers <= num_envs:
        raise SimfactorError(
            f"workers={workers!r} must be a whole number of processes for {num_envs} worlds: 0 (this one "
            f"only) to {num_envs}."
        )


def _known_mode(mode: AutoresetMode | str) -> AutoresetMode:
    if mode not in [known for member in MODES for known in (member, member.value)]:
        raise unknown_name("autoreset_mode", mode, [member.value for member in MODES])
    return AutoresetMode(mode)
