"""An episode to look at: one start, in the clean domain and under the shifts that are worst for an agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfactor.transfer.domain import CLEAN, LEVELS, Domain
from simfactor.transfer.episodes import Episodes
from simfactor.transfer.results import stacked

FRAMES = 5


@dataclass(frozen=True)
class Example:
    """Which episode of which training to film, in which domains (the clean one first), and at what steps.

    ``steps`` count from 0, the start, and end before the clean episode does.
    """

    training: int
    episode: int
    domains: tuple[str, ...]
    steps: tuple[int, ...]


def choose_example(
    agent: str,
    domains: Sequence[Domain],
    trainings: Mapping[int, Mapping[str, Episodes]],
    frames: int = FRAMES,
) -> Example:
    """A telling episode of an agent's first training: solved in the clean domain, failed under shifts.

    Of each level, and of each combination of ladders, the shift is taken under which all trainings succeed
    least (of equals the one of the lowest mean return, then the most severe). Of the episodes that succeed in
    the clean domain, the one that fails under most of those shifts, and of equals the one that takes longest
    when clean. So it shows what goes wrong, not how often. The ``frames`` steps are evenly spaced over the
    clean episode.

    ``trainings``: training seed -> domain -> episodes. Raises SimfactorError as :func:`tabulate` does.
    """
    shifts = _worst(agent, [domain for domain in domains if domain.name != CLEAN], trainings)
    success = np.stack([stacked(agent, name, trainings, "success")[0] for name in (CLEAN, *shifts)])
    lengths = stacked(agent, CLEAN, trainings, "lengths")[0]
    failures = (1 - success).sum(axis=0)
    chosen = np.lexsort((-lengths, -failures, -success[0]))[0]
    steps = np.unique(np.linspace(0, lengths[chosen], frames + 1)[:-1].astype(int))
    training = min(trainings)
    seed = int(trainings[training][CLEAN].seeds[chosen])
    return Example(training, seed, (CLEAN, *shifts), tuple(steps.tolist()))


def _worst(
    agent: str, domains: Sequence[Domain], trainings: Mapping[int, Mapping[str, Episodes]]
) -> list[str]:
    """The worst domain of each level, from near to far, and then of each combination."""
    groups: dict[str, list[Domain]] = {level: [] for level in LEVELS}
    for domain in domains:
        group = domain.rung.ladder if domain.rung is not None and domain.rung.parts else domain.level
        groups.setdefault(group, []).append(domain)

    def fares(domain: Domain) -> tuple[float, float, int]:
        success, returns = (stacked(agent, domain.name, trainings, w).mean() for w in ("success", "returns"))
        return float(success), float(returns), -domain.rung.severity if domain.rung is not None else 0

    return [min(alike, key=fares).name for alike in groups.values() if alike]
