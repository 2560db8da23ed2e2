"""Parts of a sample that are drawn from narrower domains than the rest: several factors at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors.domain import Factor, factor_from_dict, factor_to_dict


@dataclass(frozen=True)
class Part:
    """In a ``share`` of all rows these factors are drawn from these domains instead of their own.

    Raises SimfactorError for a share that is none, or all, and without a factor.
    """

    share: float
    factors: Mapping[str, Factor]

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", MappingProxyType(dict(self.factors)))
        if not 0 < self.share < 1:
            raise SimfactorError(f"share={self.share!r} of a mixture must be more than 0 and less than 1.")
        if not self.factors:
            raise SimfactorError("a part of a mixture names no factor; give at least one, with its range.")

    def __reduce__(self) -> tuple[Callable[..., Part], tuple[Any, ...]]:
        return Part, (self.share, dict(self.factors))

    def to_dict(self) -> dict[str, Any]:
        """The part as JSON-able data."""
        factors = {name: factor_to_dict(factor) for name, factor in self.factors.items()}
        return {"share": self.share, "factors": factors}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Part:
        """The part that :meth:`to_dict` described. Raises SimfactorError for anything else."""
        if not isinstance(data, Mapping) or set(data) != {"share", "factors"}:
            raise SimfactorError(f"a part of a mixture is {{share: 0.25, factors: {{...}}}}, not {data!r}.")
        return Part(data["share"], {n: factor_from_dict(f) for n, f in data["factors"].items()})


def check_shares(mixture: tuple[Part, ...]) -> None:
    """Raise SimfactorError if the parts take more than there is."""
    total = sum(part.share for part in mixture)
    if total > 1:
        raise SimfactorError(
            f"shares of the mixture, {', '.join(f'{part.share:g}' for part in mixture)}, "
            f"add up to {total:g}; they can be 1 at most."
        )


def without(mixture: tuple[Part, ...], names: Collection[str]) -> tuple[Part, ...]:
    """The parts without these factors; a part that has no other is gone."""
    kept = [
        (part.share, {name: f for name, f in part.factors.items() if name not in names}) for part in mixture
    ]
    return tuple(Part(share, factors) for share, factors in kept if factors)


def members(mixture: tuple[Part, ...], u: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Which rows belong to each part, by a uniform number a row."""
    edges = np.cumsum([0.0, *(part.share for part in mixture)])
    return [(low <= u) & (u < high) for low, high in pairwise(edges)]
