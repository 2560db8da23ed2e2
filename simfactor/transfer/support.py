"""How the domain of a shift lies to a training support: inside it, outside it, or across its edge.

Judged by measure: a range that only touches the support's edge, or holds the one value of a fixed factor,
is outside, because a draw from it misses the support with probability one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, Factor, FactorSpace

Relation = Literal["inside", "outside", "straddles"]
Segment = tuple[float, float]
SLACK = 1e-9  # relative, for edges that went through a file


def factor_relation(shifted: Factor, support: Factor) -> Relation:
    """How one factor's shifted domain lies to its training support; angles are compared on the circle.

    Raises SimfactorError if the two are not the same kind of factor.
    """
    if isinstance(shifted, Categorical) and isinstance(support, Categorical):
        return _verdict(len(_names(shifted) & _names(support)), len(_names(shifted)), slack=0)
    if isinstance(shifted, Continuous) and isinstance(support, Continuous) and shifted.kind == support.kind:
        ours, theirs = turned_segments(shifted), turned_segments(support)
        slack = SLACK * max(1.0, *(abs(edge) for piece in (*ours, *theirs) for edge in piece))
        if all(high - low <= slack for low, high in ours):
            held = sum(any(a - slack <= low <= b + slack for a, b in theirs) for low, _ in ours)
            return _verdict(held, len(ours), slack=0)
        shared = sum(max(0.0, min(b, d) - max(a, c)) for a, b in ours for c, d in theirs)
        return _verdict(shared, sum(high - low for low, high in ours), slack)
    raise SimfactorError(
        f"a shifted factor of kind {shifted.kind} cannot be judged against a support of kind {support.kind}; "
        "derive both spaces from the same full space."
    )


def straddled_combination(
    moved: Sequence[str], shifted: FactorSpace, support: FactorSpace
) -> tuple[str, ...] | None:
    """The factors of a held-out combination of ``support`` across whose edge ``shifted`` lies, if any.

    Combinations without any of the ``moved`` factors do not count: they are not the shift's doing.
    """
    for names, relations in _combinations(moved, shifted, support):
        if "outside" not in relations and "straddles" in relations:
            return names
    return None


def in_held_out_combination(moved: Sequence[str], shifted: FactorSpace, support: FactorSpace) -> bool:
    """Whether the whole of ``shifted`` lies in a combination of moved factors that ``support`` holds out."""
    return any(set(relations) == {"inside"} for _, relations in _combinations(moved, shifted, support))


def _combinations(
    moved: Sequence[str], shifted: FactorSpace, support: FactorSpace
) -> list[tuple[tuple[str, ...], Sequence[Relation]]]:
    """Each combination that only the support holds out, with how the shifted factors lie to it."""
    return [
        (tuple(held), [factor_relation(shifted[name], factor) for name, factor in held.items()])
        for held in support.excluded
        if held not in shifted.excluded and set(held) <= set(shifted.names) and set(held) & set(moved)
    ]


def _names(factor: Categorical) -> set[str]:
    return {factor.values[code] for code in factor.codes}


def _verdict(shared: float, whole: float, slack: float) -> Relation:
    if shared <= slack:
        return "outside"
    return "inside" if shared >= whole - slack else "straddles"


def turned_segments(factor: Continuous, start: float = 0.0) -> list[Segment]:
    """The domain's closed ranges; those of an angle turned into [start, start + period] and cut there."""
    if not isinstance(factor, Angle):
        return list(factor.segments)
    turned = []
    for low, high in factor.segments:
        first = start + (low - start) % factor.period
        last, end = first + high - low, start + factor.period
        turned.append((first, min(last, end)))
        if last > end:
            turned.append((start, last - factor.period))
    return turned
