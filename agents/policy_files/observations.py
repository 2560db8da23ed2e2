"""Observations of an environment, brought into the shapes that a network takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from simfactor.agents.observations import shape_of
from simfactor.errors import SimfactorError

Shape: TypeAlias = tuple[int | None, ...]  # None: any size


def as_wanted(
    observation: Any, wanted: Shape | Mapping[str, Any], policy: str, part: str = "the observation"
) -> Any:
    """The observation as arrays of the wanted shapes: no other keys, channels of pictures first if so wanted.

    Raises SimfactorError that names both shapes, and the policy, if it cannot be brought into them.
    """
    if isinstance(wanted, Mapping):
        if isinstance(observation, Mapping) and wanted.keys() <= observation.keys():
            return {
                key: as_wanted(observation[key], shape, policy, f"{part}[{key!r}]")
                for key, shape in wanted.items()
            }
    else:
        array = np.asarray(observation)
        if _matches(array.shape, wanted):
            return array
        if array.ndim == 3 and _matches(array.shape[2:] + array.shape[:2], wanted):
            return np.moveaxis(array, -1, 0)
    raise SimfactorError(
        f"{part} has shape {shape_of(observation)} but {policy} acts on {wanted}; "
        "wrap the environment as it was wrapped in training."
    )


def _matches(shape: tuple[int, ...], wanted: Shape) -> bool:
    return shape == wanted or (
        len(shape) == len(wanted)
        and all(size in (got, None) for got, size in zip(shape, wanted, strict=True))
    )
