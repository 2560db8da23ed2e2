"""What users say of one factor: a value, a range or some names, and the factor that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors.categorical import Categorical
from simfactor.factors.domain import Factor

Choice: TypeAlias = Any  # a value, a [low, high] pair or a list of names: what YAML can say of one factor


def encode_value(name: str, factor: Factor, value: float | str) -> float:
    """A value of a factor as rows hold it. Raises SimfactorError when it is not in the domain."""
    with naming(name):
        if isinstance(factor, Categorical):
            code = factor.code(str(value))
            if not bool(factor.contains(float(code))):
                raise unknown_name("value", value, factor.describe().split(", "))
            return float(code)
        if isinstance(value, str) or not bool(factor.contains(value)):
            raise SimfactorError(f"value {value!r} is outside {factor.describe()}; give a number inside.")
        return factor.canonical(value)


def narrow(factor: Factor, choice: Choice) -> Factor:
    """The factor restricted to a value, a [low, high] pair or a list of names."""
    many = isinstance(choice, (list, tuple))
    if isinstance(factor, Categorical):
        return factor.restrict(choice if many else [choice])
    if not many:
        return factor.fix(choice)
    if len(choice) != 2:
        raise SimfactorError(f"range {list(choice)} must be [low, high].")
    return factor.restrict(*choice)


def as_choice(factor: Factor) -> Choice:
    """What :func:`narrow` takes to leave another factor the domain of this one, which has no holes."""
    if isinstance(factor, Categorical):
        return [factor.values[code] for code in factor.codes]
    return [factor.low, factor.high]


def is_inside(factor: Factor, wider: Factor) -> bool:
    """Whether all values of a factor are values of another, and mean the same there; holes aside."""
    if factor.kind != wider.kind or any(
        getattr(factor, same, None) != getattr(wider, same, None) for same in ("values", "period", "unit")
    ):
        return False
    if isinstance(factor, Categorical) or isinstance(wider, Categorical):
        return bool(wider.contains(factor.grid()).all())
    ends = wider.contains(np.array([factor.low, factor.high]))
    return bool(ends.all()) and factor.high - factor.low <= wider.high - wider.low


def without(factor: Factor, choice: Choice) -> Factor:
    """The factor without a value, an open [low, high] range or a list of names."""
    if isinstance(factor, Categorical):
        return factor.hold_out(choice if isinstance(choice, (list, tuple)) else [choice])
    if not isinstance(choice, (list, tuple)) or len(choice) != 2:
        raise SimfactorError(f"held-out range {choice!r} must be [low, high].")
    return factor.hold_out(*choice)


def applied(name: str, change: Callable[[Factor, Choice], Factor], factor: Factor, choice: Choice) -> Factor:
    """The factor after a change to which errors put its name."""
    with naming(name):
        return change(factor, choice)
