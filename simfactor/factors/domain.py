"""The kinds of factor there are, and each as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors.categorical import Categorical
from simfactor.factors.numeric import Angle, Continuous

Factor: TypeAlias = Continuous | Angle | Categorical
__all__ = ["KINDS", "Angle", "Categorical", "Continuous", "Factor", "factor_from_dict", "factor_to_dict"]

KINDS: dict[str, type[Continuous] | type[Categorical]] = {
    "continuous": Continuous,
    "angle": Angle,
    "categorical": Categorical,
}


def factor_to_dict(factor: Factor) -> dict[str, Any]:
    """The factor as JSON-able data; what equals the default is left out."""
    data: dict[str, Any] = {"kind": factor.kind}
    for field in fields(factor):
        value = getattr(factor, field.name)
        if value != field.default:
            data[field.name] = _plain(value)
    return data


def factor_from_dict(data: Mapping[str, Any]) -> Factor:
    """The factor that :func:`factor_to_dict` described. Raises SimfactorError for unknown or missing keys."""
    if not isinstance(data, Mapping):
        raise SimfactorError(f"{data!r} must be a mapping with a `kind` of {', '.join(KINDS)}.")
    rest = dict(data)
    kind = rest.pop("kind", None)
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    cls: Any = KINDS[kind]
    allowed = [f.name for f in fields(cls)]
    for key in rest:
        if key not in allowed:
            raise unknown_name("key", key, ["kind", *allowed])
    try:
        factor: Factor = cls(**{key: tuple(v) if isinstance(v, list) else v for key, v in rest.items()})
        return factor
    except TypeError as error:
        needed = "values" if cls is Categorical else "low and high"
        raise SimfactorError(f"a factor of kind {kind!r} needs {needed} ({error}).") from error


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
