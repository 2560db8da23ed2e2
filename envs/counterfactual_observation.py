"""A wrapper that shows every state twice: as it is, and as it would look with other nuisances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from simfactor.envs.episodes import next_episode_seed
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.frames import RenderBatch

if TYPE_CHECKING:
    from simfactor.render import Renderer
    from simfactor.scene import Scene

BLOCK = 64  # rows sampled at a time, because one alone costs nearly as much
STREAM = 1  # apart from the episode's own draws, which start from the same seed

Pictures: TypeAlias = dict[str, Any]


class CounterfactualObservation(gym.Wrapper[Pictures, Any, Any, Any], RecordConstructorArgs):
    """A Dict of two pictures uint8 (S, S, 3) of one state, both from one call of the renderer.

    ``pixels`` is what the environment shows. In ``counterfactual`` arm, target and everything else are where
    they are, but all factors of a space are drawn anew at every step: a replay buffer then holds as many
    settings as transitions, where one draw an episode would leave it a few hundred. Physics does not notice.

    The draws depend on nothing but the seed last given to ``reset`` and the number of pictures since.

    Args:
        env: an environment with a scene; best one that observes numbers, whose own pictures, if it takes any,
            are dropped.
        factors: the space that is sampled; ``space.select([...])`` names the factors.
        image_size, renderer: of both pictures.
        part: the name under which what ``env`` observes is shown, too; None: it is not.

    Raises SimfactorError for a task factor in the space (action and reward would no longer fit the picture),
    and for factors that the scene does not have.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        factors: FactorSpace,
        image_size: int = 64,
        renderer: str = "raster",
        part: str | None = None,
    ) -> None:
        RecordConstructorArgs.__init__(
            self, factors=factors, image_size=image_size, renderer=renderer, part=part
        )
        gym.Wrapper.__init__(self, env)
        env.get_wrapper_attr("check_space")(factors)
        check_nuisances(factors)
        self.factors, self.image_size, self._part = factors, image_size, part
        self._renderer_name = renderer
        self._renderer: Renderer | None = None
        pixels = gym.spaces.Box(0, 255, (image_size, image_size, 3), np.uint8)
        self.observation_space = gym.spaces.Dict(
            {"pixels": pixels, "counterfactual": pixels, **self._kept(env.observation_space)}
        )
        self._generator: np.random.Generator | None = None
        self._rows = np.empty((0, len(factors)))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Pictures, dict[str, Any]]:
        """Reset, and show both pictures."""
        if seed is not None or self._generator is None:
            self._generator = np.random.default_rng(None if seed is None else [seed, STREAM])
            self._rows = self._rows[:0]
        observed, info = self.env.reset(seed=seed, options=options)
        return {**self._pictures(), **self._kept(observed)}, info

    def step(self, action: Any) -> tuple[Pictures, Any, bool, bool, dict[str, Any]]:
        """Step, and show both pictures."""
        observed, reward, terminated, truncated, info = self.env.step(action)
        return {**self._pictures(), **self._kept(observed)}, reward, terminated, truncated, info

    def close(self) -> None:
        """Close renderer and environment."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = None
        self.env.close()

    def _kept(self, observed: Any) -> dict[str, Any]:
        """What the environment observes, or the space of it, by its name."""
        return {} if self._part is None else {self._part: observed}

    def _pictures(self) -> Pictures:
        if self._renderer is None:
            from simfactor.render import make_renderer  # loads PyBullet

            self._renderer = make_renderer(self._renderer_name)
        scene: Scene = self.env.get_wrapper_attr("scene")
        size = self.image_size
        values = {name: [value] for name, value in self.factors.decode(self._row()).items()}
        batch = [scene.snapshot(size, size), scene.show(scene.variants(values), size, size)]
        pixels, counterfactual = self._renderer.render(RenderBatch.concatenate(batch)).rgb
        return {"pixels": pixels, "counterfactual": counterfactual}

    def _row(self) -> NDArray[np.float64]:
        """The next row of the space."""
        if not len(self._rows):
            assert self._generator is not None  # gymnasium insists on a reset before the first step
            self._rows = self.factors.sample(BLOCK, next_episode_seed(self._generator))
        row, self._rows = self._rows[0], self._rows[1:]
        return row


def check_nuisances(factors: FactorSpace) -> None:
    """Raise SimfactorError if one of the factors is the task's."""
    task = factors.by_role("task")
    if task:
        raise SimfactorError(
            f"a counterfactual picture changes nuisances only, not {', '.join(task)}; "
            "give a space such as space.select(space.by_role('nuisance'))."
        )
