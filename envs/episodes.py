"""How an episode's factor values are chosen from its seed and from what the user asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace

Values: TypeAlias = dict[str, float | str]

CANDIDATES = 16  # rows that are tried for an episode; of the ready space, 1 in 100 starts solved
RESET_OPTIONS = ("factors",)


def next_episode_seed(generator: np.random.Generator) -> int:
    """The seed of the next episode: exactly one draw, whatever the episode then needs."""
    return int(generator.integers(2**63))


def requested_factors(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The factors that ``reset(options={"factors": {...}})`` asks for.

    Raises SimfactorError for another option and for factors that are not a mapping.
    """
    for name in options or {}:
        if name not in RESET_OPTIONS:
            raise unknown_name("reset option", name, RESET_OPTIONS)
    requested = (options or {}).get("factors") or {}
    if not isinstance(requested, Mapping):
        raise SimfactorError(
            f"options['factors']={requested!r} must map factor names to values, "
            "as in {'light_azimuth': 40.0}."
        )
    return requested


def first_unsolved(space: FactorSpace, seed: int, requested: Values, solved: Callable[[Values], bool]) -> int:
    """The first row of ``space.sample(..., seed)`` that, with ``requested`` values, does not start solved.

    0 if there is none: the user asked for a solved start, or the space allows no other.
    """
    rows = space.sample(CANDIDATES, seed)
    return next((i for i, row in enumerate(rows) if not solved(space.decode(row) | requested)), 0)
