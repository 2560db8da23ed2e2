"""Domains and the shifts that make one of another, with the level that says who has seen it before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace, load_sensor
from simfactor.transfer.support import factor_relation, in_held_out_combination, straddled_combination

Level = Literal["clean", "in", "out", "ood1", "ood2"]
LEVELS: dict[Level, str] = {
    "clean": "the policy's training support, unshifted",
    "in": "shifted, but inside the policy's training support",
    "out": "outside the policy's training support, with no encoder to ask",
    "ood1": "outside the policy's training support, inside the encoder's",
    "ood2": "outside the training support of both policy and encoder",
}
CLEAN = "clean"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Rung:
    """A shift's place on a ladder: how far the factors of ``ladder`` have moved, from 1 up (0 is clean).

    ``parts``: the ladders that move together, if it is several at once.
    """

    ladder: str
    severity: int
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """A world to test in: a factor space, the renderer that shows it, and how far it lies from training.

    ``space`` says which values the factors take there; ``level`` is one of :data:`LEVELS`; ``rung`` is its
    place on a ladder of a suite, if any. Raises SimfactorError for a name that cannot be a file's name.
    """

    name: str
    space: FactorSpace
    renderer: str = "raster"
    level: Level = "clean"
    rung: Rung | None = None

    def __post_init__(self) -> None:
        check_name("domain", self.name)


@dataclass(frozen=True)
class Shift:
    """A named change of some factors: name -> [low, high] or a list of values, within the full space.

    ``level`` declares ``ood1`` or ``ood2``; a declaration that the ranges do not bear out is an error.
    ``rung`` is its place on a ladder (:class:`simfactor.transfer.Suite`), if any. ``renderer`` shows the
    domain instead of the one of training, and ``sensor`` (of :func:`simfactor.factors.load_sensor`) takes
    its pictures: both are new to everybody, so such a shift is ``ood2``, and need not move a factor.
    """

    name: str
    factors: Mapping[str, Any]
    level: Literal["ood1", "ood2"] | None = None
    rung: Rung | None = None
    renderer: str | None = None
    sensor: str | None = None

    def __post_init__(self) -> None:
        check_name("shift", self.name)
        if self.name == CLEAN:
            raise SimfactorError(f"a shift cannot be named {CLEAN!r}, which is the unshifted domain.")
        if self.level not in (None, "ood1", "ood2"):
            raise unknown_name("level", self.level, ("ood1", "ood2"))
        if not (self.factors or self._unseen):
            raise SimfactorError(
                f"shift {self.name!r} names no factor; give at least one, with its range, or another "
                "renderer or sensor."
            )

    @property
    def _unseen(self) -> bool:
        return self.renderer is not None or self.sensor is not None

    def apply(
        self,
        full_space: FactorSpace,
        policy_restriction: Mapping[str, Any],
        encoder_space: FactorSpace,
        renderer: str = "raster",
    ) -> Domain:
        """The shifted domain: the policy's training support, but for the factors that the shift names.

        Args:
            full_space: the reference, of which the supports of policy and encoder are restrictions.
            policy_restriction: the policy's training support as ``FactorSpace.restrict`` takes it.
            encoder_space: the encoder's training support.
            renderer: the name of the renderer that training has.

        Raises SimfactorError, with factor, ranges and remedy, if a range leaves the full space, if the shift
        lies across the edge of a support, or if the declared level is not what the ranges say.
        """
        policy = full_space.restrict(policy_restriction)
        try:
            shifted = full_space.restrict({**policy_restriction, **self.factors})
            level = shift_level(shifted, policy, encoder_space, tuple(self.factors))
            if self._unseen:
                level = "ood2"
            if self.sensor is not None:
                shifted = shifted.with_factors(load_sensor(self.sensor))
        except SimfactorError as error:
            raise SimfactorError(f"shift {self.name!r}: {error}") from error
        if self.level not in (None, level):
            supports = "; ".join(_supports(name, shifted, policy, encoder_space) for name in self.factors)
            raise SimfactorError(
                f"shift {self.name!r} is declared {self.level} but is {level!r}: {supports}. "
                "Leave the level out, declare what it is, or move the range."
            )
        return Domain(self.name, shifted, self.renderer or renderer, level, self.rung)


def shift_level(
    shift_space: FactorSpace,
    policy_space: FactorSpace,
    encoder_space: FactorSpace,
    names: Sequence[str] | None = None,
) -> Literal["in", "ood1", "ood2"]:
    """How far a shifted space lies from training, judged on the named factors.

    ``in``: inside the policy's training support. ``ood1``: outside it, inside the encoder's. ``ood2``:
    outside both. With several factors the farthest counts: a world is new to the encoder as soon as one of
    its factors is. A combination of factors that a support holds out is outside that support.

    Args:
        shift_space, policy_space, encoder_space: spaces derived from one full space.
        names: the factors that the shift moves; by default those whose domain differs from the policy's.

    Raises SimfactorError, with factor, ranges and remedy, if a domain lies across the edge of a support.
    """
    if names is None:
        names = [name for name in shift_space.names if shift_space[name] != policy_space[name]]
    outside_policy = _outside(names, shift_space, policy_space, "policy")
    if not outside_policy:
        return "in"
    return "ood2" if _outside(outside_policy, shift_space, encoder_space, "encoder") else "ood1"


def transfer_domains(
    full_space: FactorSpace,
    policy_restriction: Mapping[str, Any],
    encoder_space: FactorSpace,
    shifts: Iterable[Shift],
    renderer: str = "raster",
) -> tuple[Domain, ...]:
    """The clean domain (the policy's training support) and then every shift's, with judged levels.

    Raises SimfactorError for a shift that :meth:`Shift.apply` refuses and for two shifts of one name.
    """
    domains = [Domain(CLEAN, full_space.restrict(policy_restriction), renderer)]
    for shift in shifts:
        if shift.name in [domain.name for domain in domains]:
            raise SimfactorError(f"two shifts are named {shift.name!r}; give each its own name.")
        domains.append(shift.apply(full_space, policy_restriction, encoder_space, renderer))
    return tuple(domains)


def check_name(kind: str, name: str) -> None:
    """Raise SimfactorError unless ``name`` can be part of a file's name."""
    if not NAME.fullmatch(name):
        raise SimfactorError(
            f"{kind} name {name!r} must be letters, digits, '_', '.', '+' or '-', "
            "beginning with a letter or digit."
        )


def _outside(
    names: Sequence[str], shifted: FactorSpace, support: FactorSpace, whose: Literal["policy", "encoder"]
) -> list[str]:
    """Which of the named factors lie outside a support (all of a held-out combination, if it is one)."""
    outside = []
    for name in names:
        relation = factor_relation(shifted[name], support[name])
        if relation == "straddles":
            raise SimfactorError(
                f"{name} {shifted[name].describe()} lies partly inside and partly outside the {whose}'s "
                f"training support {support[name].describe()}; cut the shift at the support's edge and give "
                "each part a name of its own."
            )
        if relation == "outside":
            outside.append(name)
    if outside:
        return outside
    straddled = straddled_combination(names, shifted, support)
    if straddled is not None:
        ranges = ", ".join(f"{name} {shifted[name].describe()}" for name in straddled)
        raise SimfactorError(
            f"{ranges} lie partly inside and partly outside a combination that the {whose}'s training "
            "support holds out; narrow them to the combination or move them out of it."
        )
    return list(names) if in_held_out_combination(names, shifted, support) else []


def _supports(name: str, shifted: FactorSpace, policy: FactorSpace, encoder: FactorSpace) -> str:
    return (
        f"{name} {shifted[name].describe()} (policy {policy[name].describe()}, "
        f"encoder {encoder[name].describe()})"
    )
