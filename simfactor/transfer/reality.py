"""Each policy on the robot and in simulation, and how many more real trials would settle what is open."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from simfactor.errors import SimfactorError
from simfactor.statistics import Interval, wilson_interval
from simfactor.transfer.agreement import Agreement, agreement
from simfactor.transfer.clustered import margin
from simfactor.transfer.significance import episodes_to_tell
from simfactor.transfer.statistics import hierarchical_bootstrap
from simfactor.transfer.trials import Array, Trials

TOGETHER = "(all tasks)"


class RealityGap(NamedTuple):
    """A policy in a task: real and simulated results, and ``gap``, simulated minus real."""

    task: str
    policy: str
    real: Interval
    sim: Interval
    gap: Interval
    paired: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {k: v.to_dict() if isinstance(v, Interval) else v for k, v in self._asdict().items()}


class Open(NamedTuple):
    """A difference of two success rates that the trials leave open.

    ``first`` and ``second`` are policies on the robot, or one policy, real and sim. ``needed`` trials in each
    would show the difference that was seen, of which the real ones lack ``more``, by side; None where no
    difference was seen.
    """

    task: str
    first: str
    second: str
    difference: Interval
    needed: int | None
    more: tuple[int, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self._asdict(), "difference": self.difference.to_dict()}


def reality_gaps(
    trials: Trials, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[RealityGap, ...]:
    """Every policy in every task. Success has Wilson's intervals, scores those of the bootstrap over trials.

    The gap's interval follows from both (MOVER, Zou & Donner 2008; of two of Wilson's, Newcombe 1998): as if
    they were independent, so it is too wide where trials are paired and agree.
    """

    def interval(values: Array) -> Interval:
        if trials.outcome == "success":
            return wilson_interval(int(values.sum()), len(values), confidence)
        return hierarchical_bootstrap(values[None], confidence=confidence, resamples=resamples, seed=seed)

    rows = []
    for task, cells in trials.cells.items():
        for policy, cell in cells.items():
            real, sim = interval(cell.real), interval(cell.sim)
            rows.append(RealityGap(task, policy, real, sim, margin(sim, real, 1.0), cell.paired))
    return tuple(rows)


def agreements(
    trials: Trials, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> dict[str, Agreement]:
    """Task -> how its policies agree, for tasks of two policies or more; and for all tasks together.

    Together: of the policies that have trials in all tasks, means over tasks, if there are two such policies.
    """
    found = {
        task: agreement({policy: [cell] for policy, cell in cells.items()}, confidence, resamples, seed)
        for task, cells in trials.cells.items()
        if len(cells) > 1
    }
    common = [p for p in trials.policies if all(p in cells for cells in trials.cells.values())]
    if len(trials.cells) > 1 and len(common) > 1:
        together = {policy: [own[policy] for own in trials.cells.values()] for policy in common}
        found[TOGETHER] = agreement(together, confidence, resamples, seed)
    return found


def open_questions(
    rows: tuple[RealityGap, ...], power: float = 0.8, confidence: float = 0.95
) -> tuple[Open, ...]:
    """The comparisons that the real trials leave open, and how many more of them it takes.

    Compared are neighbours in the real order of a task, and each policy's real and simulated success. One is
    open if the interval of its difference holds 0. What is needed is for unpaired trials at this power, if
    the rates are what was seen; each comparison is for itself. Raises SimfactorError for a power that is no
    share.
    """
    if not 0 < power < 1:
        raise SimfactorError(f"power={power!r} must lie between 0 and 1, for example 0.8.")
    found = []
    for task in dict.fromkeys(row.task for row in rows):
        ranked = sorted((row for row in rows if row.task == task), key=lambda row: -row.real.mean)
        for better, worse in pairwise(ranked):
            pair = better.real, worse.real
            found.append(_open(task, better.policy, worse.policy, *pair, pair, power, confidence))
        for row in ranked:
            names = f"{row.policy} (sim)", f"{row.policy} (real)"
            found.append(_open(task, *names, row.sim, row.real, (row.real,), power, confidence))
    return tuple(one for one in found if one.difference.low <= 0 <= one.difference.high)


def _open(
    task: str,
    first: str,
    second: str,
    a: Interval,
    b: Interval,
    real: tuple[Interval, ...],
    power: float,
    confidence: float,
) -> Open:
    difference = margin(a, b, 1.0)
    if a.mean == b.mean:
        return Open(task, first, second, difference, None, None)
    needed = episodes_to_tell(a.mean, b.mean, power, confidence)
    return Open(task, first, second, difference, needed, tuple(max(0, needed - one.n) for one in real))
