"""What an environment observes, number by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


def components(observation: Any) -> dict[str, float]:
    """Name -> number of all that is observed, but for pictures and text.

    The numbers of a part are counted: ``desired_goal_0``, ``desired_goal_1``; an observation without parts is
    the part ``state``, and parts of parts have both names, ``arm_joints_0``.
    """
    return {
        f"{part}_{i}": float(number)
        for part, numbers in _parts(observation, "")
        for i, number in enumerate(numbers)
    }


def _parts(observation: Any, name: str) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(observation, tuple):
        observation = dict(enumerate(observation))
    if isinstance(observation, Mapping):
        for key, part in observation.items():
            yield from _parts(part, f"{name}_{key}" if name else str(key))
        return
    numbers = np.asarray(observation)
    picture = numbers.dtype == np.uint8 and numbers.ndim > 1
    if numbers.dtype.kind in "biuf" and not picture:
        yield name or "state", numbers.ravel()
