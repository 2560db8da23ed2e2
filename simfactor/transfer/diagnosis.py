"""Whose fault is it? What a shift costs, split into what the encoder lost and what the policy did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simfactor.transfer.domain import CLEAN, Domain
from simfactor.transfer.episodes import Episodes
from simfactor.transfer.results import stacked
from simfactor.transfer.statistics import paired_gap

Results = Mapping[str, Mapping[int, Mapping[str, Episodes]]]


def diagnose(
    domains: Sequence[Domain], results: Results, with_truth: Results, seed: int = 0
) -> dict[str, dict[str, dict[str, Any]]]:
    """The cost of every shift in two parts, as plain data: agent -> domain -> entry.

    ``results`` as for :func:`tabulate`; ``with_truth`` the same agents on the same episodes, acting on
    latents that are true of the task (:class:`simfactor.envs.TrueTaskLatents`). An entry holds

    - ``encoder``: success with the truth minus success with the encoder, in that domain, paired: what wrong
      task latents cost.
    - ``policy``: success in the clean domain minus success with the truth here: what is left, for which
      latents that must not matter are to blame, or a policy that heeds them. Not in ``clean``.
    - ``task_error``: how far the encoder was off in the task's blocks, mean absolute difference of latents.

    The two add up to the shift's gap. Raises SimfactorError as :func:`tabulate` does.
    """
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for agent, trainings in with_truth.items():
        clean = stacked(agent, CLEAN, results[agent], "success")
        table[agent] = {}
        for domain in domains:
            encoded = stacked(agent, domain.name, results[agent], "success")
            true = stacked(agent, domain.name, trainings, "success")
            errors = stacked(agent, domain.name, trainings, "task_error")
            entry: dict[str, Any] = {
                "encoder": paired_gap(true, encoded, seed=seed).to_dict(),
                "task_error": float(np.mean(errors)),
            }
            if domain.name != CLEAN:
                entry["policy"] = paired_gap(clean, true, seed=seed).to_dict()
            table[agent][domain.name] = entry
    return table
