"""Factor spaces as plain data, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors.domain import factor_from_dict, factor_to_dict
from simfactor.factors.mixture import Part

if TYPE_CHECKING:
    from simfactor.factors.space import FactorSpace


def space_to_dict(space: FactorSpace) -> dict[str, Any]:
    """See FactorSpace.to_dict."""
    data: dict[str, Any] = {
        "scene": space.scene,
        "factors": {name: factor_to_dict(f) for name, f in space.factors.items()},
    }
    if space.correlations:
        pairs = space.correlations.items()
        data["correlations"] = [{"factors": list(pair), "correlation": rho} for pair, rho in pairs]
    if space.excluded:
        data["excluded"] = [{n: factor_to_dict(f) for n, f in c.items()} for c in space.excluded]
    if space.mixture:
        data["mixture"] = [part.to_dict() for part in space.mixture]
    return data


def parts_from_dict(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the FactorSpace that :func:`space_to_dict` described."""
    known = ("scene", "factors", "correlations", "excluded", "mixture")
    for key in data:
        if key not in known:
            raise unknown_name("key of a factor space", key, known)
    factors, problems = {}, []
    for name, entry in dict(data.get("factors") or {}).items():
        try:
            factors[name] = factor_from_dict(entry)
        except SimfactorError as error:
            problems.append(f"factors.{name}: {error}")
    if problems:
        raise SimfactorError("\n".join(problems))
    return {
        "factors": factors,
        "scene": data.get("scene", "tabletop"),
        "correlations": {
            (c["factors"][0], c["factors"][1]): c["correlation"] for c in data.get("correlations", ())
        },
        "excluded": tuple({n: factor_from_dict(f) for n, f in c.items()} for c in data.get("excluded", ())),
        "mixture": tuple(Part.from_dict(part) for part in data.get("mixture", ())),
    }
