"""Success against the value of a factor, and where it has fallen for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Factor, FactorSpace
from simfactor.transfer.bins import Axis, Bin, axis_of, category_bins, number_bins
from simfactor.transfer.clustered import clustered_rate, design_effect, margin
from simfactor.transfer.domain import CLEAN, Domain
from simfactor.transfer.episodes import Episodes
from simfactor.transfer.results import stacked

Array = NDArray[np.float64]
Trainings: TypeAlias = Mapping[int, Mapping[str, Episodes]]
Entry: TypeAlias = dict[str, Any]
SHARE = 0.9  # of the clean success, below which success has fallen
CONFIDENCE = 0.95


def response_curves(
    domains: Sequence[Domain],
    results: Mapping[str, Trainings],
    encoder_space: FactorSpace,
    trained: Mapping[str, FactorSpace] | None = None,
) -> dict[str, Entry]:
    """Success against the value of each nuisance factor that some domain moved alone, as plain data.

    Over the episodes of the clean domain and of the domains in which that factor alone was moved. Their
    values are put in bins, each within one domain and so on one side of every support's edge: a rate that is
    estimated from a bin assumes nothing of the curve's shape, and what was not tested stays empty.

    Args:
        domains, results: as for :func:`tabulate`.
        encoder_space: the encoder's training support.
        trained: agent -> the space it trained in, of agents that did not train in the clean domain.

    Returns factor -> ``kind``, ``unit``, ``axis`` (of an angle: where it is cut, and a period later),
    ``policy``, ``encoder`` (the supports: [low, high] pairs on the axis, or names) and ``agents``: agent ->

    - ``trained``: its own support.
    - ``bins``: by value, each with ``domain``, ``level``, ``value`` (mean, or name), of numbers ``low`` and
      ``high``, and ``success``: Wilson's interval for as many episodes as the outcomes are worth
      (:func:`clustered_rate`). Outside the clean domain also ``margin``: success minus nine tenths of the
      agent's clean success, with an interval that holds at 95 % for all bins of the agent at once
      (:func:`margin` of exact intervals, Bonferroni). Below 0: success has fallen.
    - ``falls``, of numbers: where the value moves ``towards`` ``higher`` or ``lower`` and comes to the first
      such bin, its ``success`` and ``level``; the fall lies between ``after``, the last value before it with
      success above the line, and ``by``, the bin's.

    Empty if no nuisance factor was moved alone. Raises SimfactorError as :func:`tabulate` does, and for
    trainings that met other values in the same episodes.
    """
    found = _curves(domains)
    spaces = dict.fromkeys(results, found[0].domains[0].space) | dict(trained or {}) if found else {}
    told = {curve.factor: _described(curve, encoder_space) for curve in found}
    for agent, trainings in results.items() if found else ():
        for curve, bins in zip(found, _agent_bins(agent, trainings, found), strict=True):
            told[curve.factor]["agents"][agent] = {
                "trained": curve.support(spaces[agent]),
                "bins": bins,
                **({"falls": _falls(bins)} if curve.numeric else {}),
            }
    return told


@dataclass(frozen=True)
class _Curve:
    """A factor with the domains that its curve is of, the clean one first, and its axis."""

    factor: str
    domains: tuple[Domain, ...]
    axis: Axis

    @property
    def numeric(self) -> bool:
        return not isinstance(self.domains[0].space[self.factor], Categorical)

    def support(self, space: FactorSpace) -> list[Any]:
        """[low, high] pairs on the axis, or names."""
        factor: Factor = space[self.factor]
        if isinstance(factor, Categorical):
            return [factor.values[code] for code in factor.codes]
        return [list(span) for span in self.axis.spans(factor)]

    def bins(self, agent: str, trainings: Trainings) -> list[tuple[Domain, Bin]]:
        """Numbers in ascending order; a category that several domains have is of the first of them."""
        found: list[tuple[Domain, Bin]] = []
        for domain in self.domains:
            values, factor = _values(self.factor, domain, agent, trainings), domain.space[self.factor]
            if isinstance(factor, Categorical):
                had = {part.where["value"] for _, part in found}
                found += [(domain, b) for b in category_bins(values, factor) if b.where["value"] not in had]
            else:
                found += [(domain, part) for part in number_bins(values, factor, self.axis)]
        return sorted(found, key=lambda both: both[1].where["value"]) if self.numeric else found


def _curves(domains: Sequence[Domain]) -> list[_Curve]:
    """Of each nuisance factor that is all that some domain differs in from the clean one."""
    named = {domain.name: domain for domain in domains}
    if CLEAN not in named:
        raise SimfactorError(f"domains {', '.join(named)} lack {CLEAN!r}, where curves begin; give it, too.")
    clean = named[CLEAN]
    moved: dict[str, list[Domain]] = {}
    for domain in domains:
        names = [name for name in clean.space.names if domain.space[name] != clean.space[name]]
        if len(names) == 1 and domain.renderer == clean.renderer:
            moved.setdefault(names[0], [clean]).append(domain)
    return [
        _Curve(name, tuple(moved[name]), axis_of([domain.space[name] for domain in moved[name]]))
        for name in clean.space.by_role("nuisance")
        if name in moved
    ]


def _described(curve: _Curve, encoder_space: FactorSpace) -> Entry:
    clean, axis = curve.domains[0].space, curve.axis
    return {
        "kind": clean[curve.factor].kind,
        "unit": clean[curve.factor].unit,
        **({"axis": [axis.start, axis.start + axis.period]} if axis.period else {}),
        "policy": curve.support(clean),
        "encoder": curve.support(encoder_space),
        "agents": {},
    }


def _agent_bins(agent: str, trainings: Trainings, curves: Sequence[_Curve]) -> list[list[Entry]]:
    """The bins of an agent, curve by curve."""
    tested = {domain.name for curve in curves for domain in curve.domains}
    success = {name: stacked(agent, name, trainings, "success") for name in sorted(tested)}
    effect = design_effect(list(success.values()))
    bins = [curve.bins(agent, trainings) for curve in curves]
    count = sum(domain.name != CLEAN for some in bins for domain, _ in some)
    sure = 1 - (1 - CONFIDENCE) / count
    reference = clustered_rate(success[CLEAN], effect, sure, exact=True)

    def entry(domain: Domain, part: Bin) -> Entry:
        outcomes = success[domain.name][:, part.members]
        told: Entry = {"domain": domain.name, "level": domain.level, **part.where}
        told["success"] = clustered_rate(outcomes, effect, CONFIDENCE).to_dict()
        if domain.name != CLEAN:
            rate = clustered_rate(outcomes, effect, sure, exact=True)
            told["margin"] = margin(rate, reference, SHARE).to_dict()
        return told

    return [[entry(*both) for both in some] for some in bins]


def _values(name: str, domain: Domain, agent: str, trainings: Trainings) -> Array:
    """(E,) of a factor in the episodes of a domain, in which all trainings have to agree."""
    column = domain.space.index(name)
    values = np.stack([tested[domain.name].rows[:, column] for _, tested in sorted(trainings.items())])
    differs = np.flatnonzero((values != values[0]).any(axis=0))
    if len(differs):
        e = differs[0]
        raise SimfactorError(
            f"episode {e} of domain {domain.name!r} has another {name} in one training of agent {agent!r} "
            f"than in another ({', '.join(f'{value:g}' for value in values[:, e])}); test all on the same "
            "episode seeds, from which alone the environment must draw its factors."
        )
    return np.asarray(values[0], np.float64)


def _falls(bins: Sequence[Entry]) -> list[Entry]:
    """From the middle of the clean values outwards: the first bin on either side that has fallen."""
    clean = [entry["value"] for entry in bins if entry["domain"] == CLEAN]
    middle = (min(clean) + max(clean)) / 2
    found = []
    for towards, sign in (("higher", 1), ("lower", -1)):
        side = [entry for entry in bins if sign * (entry["value"] - middle) >= 0]
        after = middle
        for entry in side[::sign]:
            if fallen(entry):
                told = {key: entry[key] for key in ("level", "success")}
                found.append({"towards": towards, "after": after, "by": entry["value"], **told})
                break
            if entry["domain"] == CLEAN or entry["margin"]["mean"] >= 0:
                after = entry["value"]
    return found


def fallen(entry: Mapping[str, Any]) -> bool:
    """Whether success in a bin is below nine tenths of the clean success for sure."""
    return "margin" in entry and entry["margin"]["high"] < 0
