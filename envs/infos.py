"""The infos of many worlds in gymnasium's vector format, written a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.envs.episodes import Values
from simfactor.envs.moments import Moment

Places = NDArray[np.intp]


class InfoColumns:
    """Keeps every world's factors as columns (N,), so that a step writes only those that changed.

    Its infos are what ``gymnasium.vector.VectorEnv._add_info`` makes of N dictionaries: an array for every
    key, and under ``_key`` which worlds have it.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._factors: dict[str, NDArray[Any]] = {}

    def of(self, moment: Moment, places: Places) -> dict[str, Any]:
        """The infos of the worlds at ``places`` (n,), whose moment it is. They are the reader's to keep."""
        self._follow(moment.factors, places)
        columns = {"distance": moment.distance, "is_success": moment.success, "toll": moment.toll}
        given = np.zeros(self._count, bool)
        given[places] = True
        infos = entry("factors", self._told(given), given)
        for name, values in columns.items():
            column = np.zeros(self._count, values.dtype)
            column[places] = values
            infos |= entry(name, column, given)
        return infos

    def _follow(self, changes: Sequence[Values], places: Places) -> None:
        for place, changed in zip(places, changes, strict=True):
            for name, value in changed.items():
                if name not in self._factors:
                    self._factors[name] = _blank(self._count, isinstance(value, str))
                self._factors[name][place] = value

    def _told(self, given: NDArray[np.bool_]) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for name, column in self._factors.items():
            told = column.copy()
            told[~given] = None if told.dtype == object else 0.0
            infos |= entry(name, told, given)
        return infos


def entry(name: str, values: Any, given: NDArray[np.bool_]) -> dict[str, Any]:
    """A key of vector infos, and the mask (N,) of the worlds that it is given for."""
    return {name: values, f"_{name}": given.copy()}


def _blank(count: int, words: bool) -> NDArray[Any]:
    return np.full(count, None, object) if words else np.zeros(count)
