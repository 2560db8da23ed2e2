"""A search without gradients whose every answer is a score for each picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from cmaes import CMA
from numpy.typing import NDArray
from tqdm import tqdm

Floats = NDArray[np.float64]
SPREAD = 0.1  # the search's first standard deviation, in a cube of side 1


class Tried(NamedTuple):
    """What was tried, in its order: places (t, d), and scores (t, m) of m pictures; less is better."""

    places: Floats
    scores: Floats

    @property
    def best(self) -> Floats:
        """The place (d,) of the least mean score."""
        return np.asarray(self.places[self.scores.mean(axis=1).argmin()])

    def not_worse(self) -> Floats:
        """Places (k, d), the best among them, that are not surely worse than it: paired, at 5 %."""
        more = self.scores - self.scores[self.scores.mean(axis=1).argmin()]
        error = more.std(axis=1, ddof=1) / np.sqrt(more.shape[1])
        return np.asarray(self.places[more.mean(axis=1) <= 1.645 * error])


def minimise(
    scores: Callable[[Floats], Floats],
    starts: Floats,
    bounds: Floats,
    budget: int,
    seed: int,
    bar: tqdm[Any],
    interruptible: bool = True,
) -> Tried:
    """CMA-ES (Hansen & Ostermeier 2001) from the best of ``starts`` (k, d), within ``bounds`` (d, 2).

    ``scores``: of a place (d,), one for each of m pictures (m,). ``budget``: places to try, rounded up to
    whole generations. Ctrl-C ends the search with what it has tried, once there is something, if
    ``interruptible``.
    """
    places: list[Floats] = []
    found: list[Floats] = []

    def answered(place: Floats) -> float:
        found.append(scores(place))
        places.append(place)
        bar.update()
        bar.set_postfix(score=f"{min(own.mean() for own in found):.4g}")
        return float(found[-1].mean())

    try:
        middle = starts[int(np.argmin([answered(place) for place in starts]))]
        search = CMA(mean=np.clip(middle, *bounds.T), sigma=SPREAD, bounds=bounds, seed=seed)
        while len(places) < budget:
            asked = [search.ask() for _ in range(search.population_size)]
            search.tell([(place, answered(place)) for place in asked])
    except KeyboardInterrupt:
        if not found or not interruptible:
            raise
    return Tried(np.stack(places[: len(found)]), np.stack(found[: len(places)]))
