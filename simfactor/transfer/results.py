"""From episodes to the table people read: success, gap and return of every agent in every domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.statistics import format_interval, holm, wilson_interval
from simfactor.transfer.domain import CLEAN, Domain
from simfactor.transfer.episodes import Episodes
from simfactor.transfer.significance import paired_p
from simfactor.transfer.statistics import (
    hierarchical_bootstrap,
    iqm,
    iqm_of_trainings,
    paired_gap,
)

Array = NDArray[np.float64]


def tabulate(
    domains: Sequence[Domain],
    results: Mapping[str, Mapping[int, Mapping[str, Episodes]]],
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, dict[str, dict[str, Any]]]:
    """The numbers of a transfer test as plain data: agent -> domain -> entry, in the given orders.

    ``results``: agent -> training seed -> domain -> episodes, as ``evaluate_jobs`` gives them (what
    ``evaluate`` gives is the innermost part). With S training seeds of E episodes an entry holds

    - ``level``: clean, in, ood1 or ood2.
    - ``success``: the mean with Wilson's interval on the S * E episodes together. It says how well *these*
      trained agents are measured. What another training would do is not in it: for that there are
      ``by_seed`` (one mean a training) and, if S > 1, ``across_seeds`` (low and high of the bootstrap over
      seeds and episodes) and ``iqm``: the interquartile mean over trainings with its bootstrap.
    - ``gap``: clean minus this domain, paired, bootstrap over seeds and then episodes. Not in ``clean``.
    - ``p``: of the paired successes (:func:`paired_p`), and ``p_holm``: the same, adjusted for the number of
      shifts that the agent was tested under. Not in ``clean``.
    - ``rung``: ladder, severity and parts, if the domain is a rung of a suite's ladder.
    - ``return``, ``return_iqm``: bootstrap of mean and interquartile mean; ``return_gap`` as ``gap``.

    Every interval is {mean, low, high, n, seeds}, at 95 %; n counts episodes. With S = 1 the bootstrap has
    episodes to resample and no seeds, so ``seeds: 1`` reads "about this one trained agent".
    Raises SimfactorError if a training was not tested in the clean domain, in all of the others, and on as
    many episodes as the rest.
    """
    names = [domain.name for domain in domains]
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for agent, trainings in results.items():
        success = {name: stacked(agent, name, trainings, "success") for name in names}
        returns = {name: stacked(agent, name, trainings, "returns") for name in names}
        table[agent] = tabulate_success(domains, success, resamples, seed)
        for name, entry in table[agent].items():
            entry |= _returns(returns[name], resamples=resamples, seed=seed)
            if name != CLEAN:
                gap = paired_gap(returns[CLEAN], returns[name], resamples=resamples, seed=seed)
                entry["return_gap"] = gap.to_dict()
    return table


def tabulate_success(
    domains: Sequence[Domain], success: Mapping[str, Array], resamples: int = 2000, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """What :func:`tabulate` says of one agent's success alone: domain -> entry.

    ``success``: domain -> (S, E), a row a training. Raises SimfactorError if there is no clean domain.
    """
    names = [domain.name for domain in domains]
    if not any(domain.name == CLEAN and domain.level == "clean" for domain in domains):
        raise SimfactorError(
            f"domains {', '.join(names)} lack {CLEAN!r}, from which gaps are counted; evaluate it too."
        )
    entries: dict[str, dict[str, Any]] = {}
    for domain in domains:
        values = np.asarray(success[domain.name], np.float64)
        entry = {"level": domain.level, "success": _success(values, resamples=resamples, seed=seed)}
        if domain.rung is not None:
            entry["rung"] = {**asdict(domain.rung), "parts": list(domain.rung.parts)}
        if domain.name != CLEAN:
            entry |= _gap(np.asarray(success[CLEAN], np.float64), values, resamples=resamples, seed=seed)
        entries[domain.name] = entry
    shifted = {name: entry for name, entry in entries.items() if "p" in entry}
    for name, p in holm({name: entry["p"] for name, entry in shifted.items()}).items():
        shifted[name]["p_holm"] = p
    return entries


def format_table(agents: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """What :func:`tabulate` returned as lines of text for a terminal."""
    rows = [("agent", "domain", "level", "success", "gap", "episodes")]
    for agent, domains in agents.items():
        for domain, entry in domains.items():
            gap = format_interval(entry["gap"], signed=True) if "gap" in entry else ""
            success = entry["success"]
            rows.append((agent, domain, entry["level"], format_interval(success), gap, str(success["n"])))
    return aligned_columns(rows)


def aligned_columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines of text; the first is the header, and underlined."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


def _success(success: Array, **resampling: Any) -> dict[str, Any]:
    resampling |= {"crossed": True}
    wilson = wilson_interval(int(success.sum()), success.size)
    rate: dict[str, Any] = {**wilson.to_dict(), "seeds": len(success)}
    rate["by_seed"] = success.mean(axis=1).tolist()
    if len(success) > 1:
        across = hierarchical_bootstrap(success, **resampling)
        rate["across_seeds"] = {"low": across.low, "high": across.high}
        rate["iqm"] = hierarchical_bootstrap(success, iqm_of_trainings, **resampling).to_dict()
    return rate


def _gap(clean: Array, shifted: Array, **resampling: Any) -> dict[str, Any]:
    return {
        "gap": paired_gap(clean, shifted, **resampling).to_dict(),
        "p": paired_p(clean, shifted, seed=resampling["seed"]),
    }


def _returns(returns: Array, **resampling: Any) -> dict[str, Any]:
    resampling |= {"crossed": True}
    return {
        "return": hierarchical_bootstrap(returns, **resampling).to_dict(),
        "return_iqm": hierarchical_bootstrap(returns, iqm, **resampling).to_dict(),
    }


def stacked(agent: str, domain: str, trainings: Mapping[int, Mapping[str, Episodes]], what: str) -> Array:
    """(S, E) of one agent in one domain, a row for each training seed in ascending order.

    ``what``: ``success``, ``returns``, ``lengths`` or ``task_error``. Raises SimfactorError for a training
    that was not tested there, and for trainings with different numbers of episodes.
    """
    rows = []
    for seed, tested in sorted(trainings.items()):
        if domain not in tested:
            raise SimfactorError(
                f"agent {agent!r}, training seed {seed}, was not tested in domain {domain!r}; "
                "test every training in every domain."
            )
        values = getattr(tested[domain], what)
        if values is None:
            raise SimfactorError(f"the environment of agent {agent!r} told no {what} in domain {domain!r}.")
        rows.append(np.asarray(values, np.float64))
    if len({len(row) for row in rows}) != 1:
        raise SimfactorError(
            f"agent {agent!r} has {[len(row) for row in rows]} episodes in domain {domain!r}; "
            "give every training the same episode seeds, and at least one training."
        )
    return np.stack(rows)
