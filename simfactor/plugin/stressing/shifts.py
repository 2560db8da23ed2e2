"""Which worlds a policy is put into: the one it was trained in, and those that a suite makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import FactorSpace
from simfactor.factors.choices import applied, narrow
from simfactor.ready import ready_names
from simfactor.transfer import Domain, Suite, load_suite, outward_domains
from simfactor.transfer.domain import CLEAN
from simfactor.transfer.outward import Natural, moved_space
from simfactor.transfer.support import factor_relation

UNTOUCHED = {"exposure": 0.0}  # a space has to have a factor; this one changes nothing
FILES = (".yaml", ".yml")


def clean_domain(full: FactorSpace, trained: Mapping[str, Any]) -> Domain:
    """The world of training: factors of ``trained`` as it says, those of the task as they are drawn, and of
    all others nothing is said, so that they stay as the environment has them.

    Raises SimfactorError for factors and ranges that the environment does not have.
    """
    with naming("trained"):
        kept = dict.fromkeys([*full.by_role("task"), *trained])
        if not kept:
            return Domain(CLEAN, full.select(list(UNTOUCHED)).fix(UNTOUCHED))
        for name in trained:
            full[name]
        return Domain(CLEAN, full.select(list(kept)).restrict(trained))


def shifted_domains(
    suite: Sequence[str], full: FactorSpace, clean: FactorSpace, natural: Natural, severities: int
) -> tuple[Domain, ...]:
    """What a suite makes of the clean world.

    ``suite``: names of factors, groups or roles, whose ladders lead outward (:func:`outward_domains`), or one
    suite of shifts: a file's path, or a ready one's name. Raises SimfactorError for other names, and for
    shifts that lie across the edge of ``clean``.
    """
    if len(suite) == 1 and (suite[0].endswith(FILES) or _only_ready(suite[0], full)):
        return _domains_of(load_suite(suite[0]), full, clean)
    names = full.resolve(_known(suite, full))
    return outward_domains(full, clean, names, natural, severities, together="+".join(suite))


def _only_ready(name: str, full: FactorSpace) -> bool:
    return name in ready_names("shifts") and name not in (*full.names, *full.groups)


def _known(suite: Sequence[str], full: FactorSpace) -> Sequence[str]:
    known = (*full.groups, *full.names, "nuisance", *ready_names("shifts"))
    for name in suite:
        if name not in known:
            raise unknown_name("suite (a group, a factor, a ready suite or a YAML file)", name, known)
    return suite


def _domains_of(suite: Suite, full: FactorSpace, clean: FactorSpace) -> tuple[Domain, ...]:
    domains = []
    for shift in suite.shifts:
        with naming(f"shift {shift.name!r}"):
            moved = {
                name: applied(name, narrow, full[name], choice) for name, choice in shift.factors.items()
            }
            known = [name for name in moved if name in clean.names]
            relations = {name: factor_relation(moved[name], clean[name]) for name in known}
            for name, relation in relations.items():
                if relation == "straddles":
                    raise SimfactorError(
                        f"{name} {moved[name].describe()} lies partly inside and partly outside of what was "
                        f"trained on, {clean[name].describe()}; cut it at the edge."
                    )
        inside = len(known) == len(moved) and set(relations.values()) == {"inside"}
        space = moved_space(full, clean, moved)
        domains.append(Domain(shift.name, space, level="in" if inside else "out", rung=shift.rung))
    return tuple(domains)


def moved(domain: Domain, clean: Domain) -> tuple[str, ...]:
    """The factors that are not as they are in the clean world."""
    known = clean.space.names
    return tuple(n for n in domain.space.names if n not in known or domain.space[n] != clean.space[n])


def described(domain: Domain, clean: Domain) -> str:
    """What a domain moves, in words: ``light_azimuth [30, 105] deg``."""
    return ", ".join(f"{name} {domain.space[name].describe()}" for name in moved(domain, clean))
