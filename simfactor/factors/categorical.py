"""Categorical factors: one of a set of named values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors.numeric import Array, Segment
from simfactor.factors.roles import Role, check_role


@dataclass(frozen=True)
class Categorical:
    """One of named values. Rows hold the index into ``values``, also after a restriction to ``allowed``."""

    values: tuple[str, ...]
    group: str = ""
    role: Role = "nuisance"
    allowed: tuple[str, ...] | None = None

    kind: ClassVar[str] = "categorical"
    unit: ClassVar[str] = ""
    holes: ClassVar[tuple[Segment, ...]] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(str(v) for v in self.values))
        if not self.values or len(set(self.values)) != len(self.values):
            raise SimfactorError(f"values={list(self.values)} must be distinct names, at least one.")
        if self.allowed is not None:
            chosen = {str(v) for v in self.allowed}
            for name in chosen - set(self.values):
                raise unknown_name("value", name, self.values)
            object.__setattr__(self, "allowed", tuple(v for v in self.values if v in chosen))
            if not self.allowed:
                raise SimfactorError(f"no value is left; allow at least one of {', '.join(self.values)}.")
        check_role(self.role)

    @property
    def codes(self) -> NDArray[np.int64]:
        """Indices of the allowed values."""
        allowed = self.values if self.allowed is None else self.allowed
        return np.array([self.values.index(v) for v in allowed])

    @property
    def levels(self) -> int:
        """How many values are allowed."""
        return len(self.codes)

    @property
    def fixed(self) -> bool:
        """Whether only one value is possible."""
        return self.levels == 1

    def quantile(self, u: Array, lattice: bool = False) -> Array:
        """Codes for uniform numbers ``u`` in [0, 1), every allowed value equally likely."""
        codes = self.codes
        return codes[np.minimum((u * len(codes)).astype(np.int64), len(codes) - 1)].astype(np.float64)

    def grid(self, levels: int | None = None) -> Array:
        """The codes of all allowed values (``levels`` does not apply)."""
        return self.codes.astype(np.float64)

    def contains(self, values: Array | float) -> NDArray[np.bool_]:
        """Whether each code is allowed."""
        return np.isin(np.asarray(values), self.codes)

    def classes(self, values: Array, bins: int) -> NDArray[np.int64]:
        """The codes themselves."""
        return values.astype(np.int64)

    def code(self, value: str) -> int:
        """The index of a named value. Raises SimfactorError for an unknown name."""
        if value not in self.values:
            raise unknown_name("value", value, self.values)
        return self.values.index(value)

    def restrict(self, allowed: Sequence[str]) -> Categorical:
        """Only these values (each must be allowed now)."""
        now = [self.values[c] for c in self.codes]
        for value in allowed:
            if str(value) not in now:
                raise unknown_name("value", value, now)
        return replace(self, allowed=tuple(str(v) for v in allowed))

    def fix(self, value: str) -> Categorical:
        """Only this value."""
        return self.restrict([value])

    def hold_out(self, values: Sequence[str]) -> Categorical:
        """All allowed values but these."""
        for value in values:
            self.code(str(value))
        banned = {str(v) for v in values}
        return replace(
            self, allowed=tuple(self.values[c] for c in self.codes if self.values[c] not in banned)
        )

    def describe(self) -> str:
        """The allowed values in words, for messages."""
        return ", ".join(self.values[c] for c in self.codes)
