"""Ladders that nobody has to write: each factor further and further from where a policy was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, Factor, FactorSpace
from simfactor.transfer.domain import Domain, Rung

Natural: TypeAlias = Mapping[str, float | str]
Segment: TypeAlias = tuple[float, float]


def outward_domains(
    full: FactorSpace,
    clean: FactorSpace,
    names: Sequence[str],
    natural: Natural | None = None,
    severities: int = 2,
    together: str | None = None,
    renderer: str = "raster",
) -> tuple[Domain, ...]:
    """A domain for every factor and severity, named ``factor-severity``, and for all of them together.

    A number's rung k takes the values between k - 1 and k parts of the way from its clean range to either
    end of its full one. A factor with named values has one rung, of all that are not clean; so has one that
    has no clean value at all. Each domain is ``clean`` but for its own factors; its level is ``out``.

    Args:
        full: the factors' whole ranges.
        clean: the policy's training support, a restriction of some of ``full``'s factors.
        names: the factors to move.
        natural: values of factors that ``clean`` does not have: they stay so unless they are moved.
        severities: rungs of a number.
        together: what the ladder is called that moves all ``names`` at once; None, or one name: no such.

    Raises SimfactorError for less than one severity, unknown factors, and factors that have no value to move
    to, since they vary over all of their range in the clean world.
    """
    if severities < 1:
        raise SimfactorError(f"severities={severities!r} must be at least 1.")
    ladders = {
        name: _rungs(name, full[name], _clean(full[name], name, clean, natural or {}), severities)
        for name in names
    }
    domains = [
        Domain(f"{name}-{k}", moved_space(full, clean, {name: rung}), renderer, "out", Rung(name, k))
        for name, rungs in ladders.items()
        for k, rung in enumerate(rungs, start=1)
    ]
    if together is None or len(ladders) < 2:
        return tuple(domains)
    for k in range(1, max(map(len, ladders.values())) + 1):
        rungs = {name: rungs[min(k, len(rungs)) - 1] for name, rungs in ladders.items()}
        place = Rung(together, k, tuple(ladders))
        domains.append(Domain(f"{together}-{k}", moved_space(full, clean, rungs), renderer, "out", place))
    return tuple(domains)


def _clean(full: Factor, name: str, clean: FactorSpace, natural: Natural) -> Factor | None:
    """Where a factor is in the clean world, None if no value of it says so."""
    if name in clean.names:
        return clean[name]
    if name not in natural:
        return None
    value = natural[name]
    if isinstance(full, Categorical):
        return full.fix(str(value)) if value in full.values else None
    assert isinstance(full, Continuous)
    inside = value if isinstance(full, Angle) else min(max(float(value), full.low), full.high)
    return full.fix(float(inside))


def _rungs(name: str, full: Factor, clean: Factor | None, severities: int) -> list[Factor]:
    if clean is None:
        return [full]
    if isinstance(full, Categorical) and isinstance(clean, Categorical):
        others = [full.values[code] for code in full.codes if code not in clean.codes]
        rungs: list[Factor] = [full.restrict(others)] if others else []
    else:
        assert isinstance(full, Continuous)
        assert isinstance(clean, Continuous)
        rungs = _shells(full, clean, severities)
    if not rungs:
        raise SimfactorError(
            f"{name} takes all of {full.describe()} in the clean world, and has nowhere to move; "
            "train on less of it, or leave it out."
        )
    return rungs


def _shells(full: Continuous, clean: Continuous, severities: int) -> list[Factor]:
    """The clean range's surroundings, one within the other: [a - k, b + k] without (a - (k - 1), ...)."""
    low, high = clean.low, clean.high
    if isinstance(full, Angle) and full.full:
        below = above = max(0.0, (full.period - (high - low)) / 2)
    else:
        below, above = max(0.0, low - full.low), max(0.0, full.high - high)
    if below == above == 0:
        return []
    edges = [(low - below * k / severities, high + above * k / severities) for k in range(severities + 1)]
    return [_between(full, inner, outer) for inner, outer in pairwise(edges)]


def _between(full: Continuous, inner: Segment, outer: Segment) -> Continuous:
    holes = (*full.holes, inner) if inner[0] < inner[1] else full.holes
    return replace(full, low=outer[0], high=outer[1], levels=None, holes=holes)


def moved_space(full: FactorSpace, clean: FactorSpace, rungs: Mapping[str, Factor]) -> FactorSpace:
    """The clean space with other factors in place of its own, or beside them, in the order of ``full``."""
    factors = {**clean.factors, **rungs}
    ordered = {name: factors[name] for name in full.names if name in factors}
    return replace(clean, factors=ordered)
