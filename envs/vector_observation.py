"""What many worlds observe: all their pictures come out of one call of the renderer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from gymnasium import Space
from numpy.typing import NDArray

from simfactor.envs.moments import Moment
from simfactor.envs.observation import Photographer, Pixels, observation_space, observe
from simfactor.scene.layout import Layout
from simfactor.scene.state import SceneState

Bodies: TypeAlias = Callable[[], Mapping[str, int]]  # gives name -> PyBullet body id


class VectorObserver:
    """Gives moments of many worlds the look that their observation has.

    Args:
        kind, size, renderer: ``observation``, ``image_size`` and ``renderer`` of TaskEnv.
        threads: how many draw.

    Raises SimfactorError for a kind or renderer that there is not, or no positive size.
    """

    def __init__(self, kind: str, size: int, renderer: str, threads: int) -> None:
        self._kind, self._size = kind, size
        observation_space(kind, size, 1)  # checks both
        self._photographer = Photographer(renderer, threads)
        self._layout: Layout | None = None

    def space(self, width: int) -> Space[Any]:
        """The space of one world's observations, in which ``width`` numbers move."""
        return observation_space(self._kind, self._size, width)

    @property
    def draws(self) -> bool:
        """Whether a moment has to hold what there is to be drawn."""
        return self._kind.startswith("pixels")

    def observe(self, moment: Moment, bodies: Bodies) -> Any:
        """The observations of a moment, world after world on axis 0."""

        def take() -> Pixels:
            assert moment.state is not None  # or nobody draws
            return self.pictures(moment.state, self._size, bodies)

        return observe(self._kind, moment.seen, take)

    def pictures(self, state: SceneState, size: int, bodies: Bodies) -> Pixels:
        """Pictures (n, size, size, 3) of the rows of ``state``; ``bodies`` is asked once, for the first."""
        if self._layout is None:
            self._layout = Layout(bodies())
        return self._photographer.take(self._layout.batch(state, size, size))

    def close(self) -> None:
        """Close the renderer; a second call does nothing."""
        self._photographer.close()


def rows_of(observations: Any, rows: slice | int) -> Any:
    """The chosen rows, or the one, of observations, in each part of a Dict."""
    if isinstance(observations, dict):
        return {name: part[rows] for name, part in observations.items()}
    return observations[rows]


def spread(observations: Any, places: NDArray[np.intp], count: int) -> NDArray[np.object_]:
    """An array (count,) of objects: at ``places`` (n,) the observations of n worlds, None elsewhere."""
    objects = np.full(count, None, object)
    for row, place in enumerate(places):
        objects[place] = rows_of(observations, row)
    return objects
