"""A wrapper that draws every episode's factors from a factor space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from simfactor.envs.episodes import next_episode_seed
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.frames import Byte, Images


class FactorControl(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Sets all factors of a space anew at each reset, task factors included.

    The values depend on nothing but the seed last given to ``reset`` and the number of resets since. Two
    environments with different spaces that are reset alike therefore get equal values for every factor that
    both spaces declare alike, in every episode: that is what paired evaluation needs. Tasks are those of the
    bare environment as long as the space leaves the task factors alone; a space that moves them can make an
    episode start solved, which the pairing does not allow to redraw (give such a space to the environment
    itself to rule it out).

    ``reset(options={"factors": {...}})`` takes precedence over the sample; ``options={"space": space}``
    samples another space from this episode on, so that one environment can visit many domains.

    An environment of somebody else's is attached first (:class:`simfactor.envs.attached.Attached`): its
    pictures are then ours, in whatever light, and its physics stay what they are.

    Args:
        env: one of simfactor's environments, wrapped or not, or any with a PyBullet client.
        factors: the space to sample, or names of factors, groups or roles of the environment's own space, or
            None for all of that; the environment chooses for factors that are not in it.
        seen: arguments of ``Attached``, for an environment of somebody else's: ``renderer``, ``image_size``,
            ``observation``, ``client``, ``camera``, ``world``, ``bind``.

    Raises SimfactorError when a space has factors that the environment's scene does not have, and as
    ``Attached`` does.
    """

    def __init__(
        self, env: gym.Env[Any, Any], factors: FactorSpace | Sequence[str] | None = None, **seen: Any
    ) -> None:
        RecordConstructorArgs.__init__(self, factors=factors, **seen)
        if not env.has_wrapper_attr("draw_factors"):
            from simfactor.envs.attached import Attached  # only now, because it loads PyBullet

            env = Attached(env, **seen)
        elif seen:
            raise SimfactorError(
                f"{', '.join(seen)}: simfactor's own environments take these themselves, as in "
                "gymnasium.make('simfactor/PandaReach-v0', observation='pixels')."
            )
        gym.Wrapper.__init__(self, env)
        self._check_space = env.get_wrapper_attr("check_space")
        if not isinstance(factors, FactorSpace):
            own: FactorSpace = env.get_wrapper_attr("space")
            factors = own if factors is None else own.select(own.resolve(factors))
        self._check_space(factors)
        self.factors = factors
        self._draw_factors = env.get_wrapper_attr("draw_factors")
        self._episodes: np.random.Generator | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset with freshly drawn factors. Raises SimfactorError for options that cannot be followed."""
        options = dict(options or {})
        self._visit(options.pop("space", self.factors))
        if seed is not None or self._episodes is None:
            self._episodes = np.random.default_rng(seed)
        values = self._draw_factors(self.factors, next_episode_seed(self._episodes), options)
        return self.env.reset(seed=seed, options={**options, "factors": values})

    def images(self, space: FactorSpace, rows: NDArray[np.float64]) -> Images:
        """This moment with each of ``rows`` (n, K) of ``space``: n pictures in one call of the renderer."""
        taken: Images = self.env.get_wrapper_attr("images")(space, rows)
        return taken

    def sheet(self, steps: int = 8) -> Byte:
        """A contact sheet of this moment, (H, W, 3) uint8: a row for each factor, which alone is moved; none
        for properties of bodies, which need another episode."""
        from simfactor.data import factor_sheet  # only now, because it loads PyBullet

        held = self.env.get_wrapper_attr("bound") if self.env.has_wrapper_attr("bound") else ()
        shown = [name for name in self.factors.varying.names if name not in held]
        return factor_sheet(self.factors, self, steps, shown, alone=True)

    def _visit(self, space: FactorSpace) -> None:
        if space is self.factors:
            return
        if not isinstance(space, FactorSpace):
            raise SimfactorError(
                f"options['space']={space!r} must be a FactorSpace, as load_space(...).restrict({{...}}) is."
            )
        self._check_space(space)
        self.factors = space
