"""From episodes to what ladders say: success against severity, and what two shifts do together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.transfer.domain import CLEAN, Domain
from simfactor.transfer.episodes import Episodes
from simfactor.transfer.results import stacked
from simfactor.transfer.severity import curve_area, interaction

Array = NDArray[np.float64]
Success = Mapping[str, Array]  # domain -> (S, E)


def tabulate_ladders(
    domains: Sequence[Domain], results: Mapping[str, Mapping[int, Mapping[str, Episodes]]], seed: int = 0
) -> dict[str, dict[str, Any]]:
    """The ladders of a transfer test as plain data: agent -> ``curves`` and ``interactions``.

    ``results`` as for :func:`tabulate`. ``curves``: ladder -> ``domains`` from clean upwards, their
    ``severities``, ``success`` (means) and ``area`` under the curve (:func:`curve_area`). ``interactions``:
    domain in which two ladders are combined -> what they do beyond each alone (:func:`interaction`). Raises
    SimfactorError as :func:`tabulate` does.
    """
    rungs = [domain for domain in domains if domain.rung is not None]
    table = {}
    for agent, trainings in results.items():
        success = {d.name: stacked(agent, d.name, trainings, "success") for d in domains}
        table[agent] = {"curves": _curves(rungs, success, seed), "interactions": _pairs(rungs, success, seed)}
    return table


def _curves(rungs: Sequence[Domain], success: Success, seed: int) -> dict[str, Any]:
    by_ladder: dict[str, list[tuple[int, str]]] = {}
    for domain in rungs:
        assert domain.rung is not None
        by_ladder.setdefault(domain.rung.ladder, [(0, CLEAN)]).append((domain.rung.severity, domain.name))
    curves = {}
    for ladder, steps in by_ladder.items():
        severities, names = zip(*sorted(steps), strict=True)
        values = np.stack([success[name] for name in names])
        curves[ladder] = {
            "domains": list(names),
            "severities": list(severities),
            "success": values.mean(axis=(1, 2)).tolist(),
            "area": curve_area(severities, values, seed).to_dict(),
        }
    return curves


def _pairs(rungs: Sequence[Domain], success: Success, seed: int) -> dict[str, Any]:
    places = {(d.rung.ladder, d.rung.severity): d.name for d in rungs if d.rung is not None}
    found = {}
    for domain in rungs:
        assert domain.rung is not None
        if len(domain.rung.parts) == 2:
            first, second = (success[places[part, domain.rung.severity]] for part in domain.rung.parts)
            together = interaction(success[CLEAN], first, second, success[domain.name], seed)
            found[domain.name] = together.to_dict()
    return found
