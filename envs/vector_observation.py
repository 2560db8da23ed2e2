"""What many worlds observe: all their pictures come out of one call of the renderer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.envs.moments import Moment
from simfactor.envs.observation import Look, Photographer, Pixels
from simfactor.scene.layout import Layout
from simfactor.scene.state import SceneState

Bodies: TypeAlias = Callable[[], Mapping[str, int]]  # gives name -> PyBullet body id


class VectorObserver:
    """Gives moments of many worlds the look that their observation has.

    Args:
        look: what is observed of each world.
        renderer: as of TaskEnv.
        threads: how many draw.

    Raises SimfactorError for a renderer that there is not.
    """

    def __init__(self, look: Look, renderer: str, threads: int) -> None:
        self.look = look
        self._photographer = Photographer(renderer, threads)
        self._layout: Layout | None = None

    def observe(self, moment: Moment, bodies: Bodies) -> Any:
        """The observations of a moment, world after world on axis 0."""

        def take() -> Pixels:
            assert moment.state is not None  # or nobody draws
            size = self.look.size
            batch = self._layout_of(bodies).batch(moment.state, size, size)
            return self._photographer.take(self.look.framed(batch, moment.state))

        return self.look.observe(moment.seen, take)

    def pictures(self, state: SceneState, size: int, bodies: Bodies) -> Pixels:
        """What the scene's camera shows of the rows of ``state``, (n, size, size, 3)."""
        return self._photographer.take(self._layout_of(bodies).batch(state, size, size))

    def _layout_of(self, bodies: Bodies) -> Layout:
        """The layout of all worlds; ``bodies`` is asked once."""
        if self._layout is None:
            self._layout = Layout(bodies())
        return self._layout

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
