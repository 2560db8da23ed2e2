"""Draws of samples that share a factor's value, out of samples at hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simfactor.metrics._checks import Labels

Rows = npt.NDArray[np.intp]


class Groups:
    """The rows of equal class; a class of a single row is never drawn, so at least one must be shared."""

    def __init__(self, labels: Labels) -> None:
        self._rows = np.argsort(labels, kind="stable")
        _, start, size = np.unique(labels[self._rows], return_index=True, return_counts=True)
        # Per entry of _rows, where its class begins there and how long it is.
        self._start, self._size = np.repeat(start, size), np.repeat(size, size)
        self._shared = np.flatnonzero(self._size > 1)

    def draw(self, rng: np.random.Generator, count: int, batch: int) -> Rows:
        """Rows (count, batch): each line of the class of a random row, drawn with replacement."""
        at = rng.choice(self._shared, (count, 1))
        return self._rows[self._start[at] + rng.integers(0, self._size[at], (count, batch))]

    def pairs(self, rng: np.random.Generator, count: int, batch: int) -> tuple[Rows, Rows]:
        """Rows (count, batch) at random, and for each another row of its class."""
        at = rng.choice(self._shared, (count, batch))
        start, size = self._start[at], self._size[at]
        other = start + (at - start + rng.integers(1, size)) % size
        return self._rows[at], self._rows[other]
