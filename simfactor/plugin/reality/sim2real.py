"""The command that compares real and simulated trials."""

from __future__ import annotations

from pathlib import Path

from simfactor.json_files import write_json
from simfactor.transfer import format_interval
from simfactor.transfer.agreement import LEAST_POLICIES, Agreement, Estimate
from simfactor.transfer.reality import Open, RealityGap, agreements, open_questions, reality_gaps
from simfactor.transfer.results import aligned_columns
from simfactor.transfer.trials import Trials, read_trials


def sim2real(
    trials: str, json: str | None, confidence: float, power: float, resamples: int, seed: int
) -> None:
    """Print how policies did on the robot and in simulation, how the two agree, and what is open.

    ``json``: where the numbers go as well. Raises SimfactorError for what :func:`read_trials` refuses.
    """
    read = read_trials(trials)
    rows = reality_gaps(read, confidence, resamples, seed)
    agreed = agreements(read, confidence, resamples, seed)
    counted = read.outcome == "success"
    questions = open_questions(rows, power, confidence) if counted else None
    if json is not None:
        numbers = {
            "trials": trials,
            "outcome": read.outcome,
            "confidence": confidence,
            "policies": [row.to_dict() for row in rows],
            "left_out": [{"task": task, "policy": policy} for task, policy in read.left_out],
            "agreement": {task: one.to_dict() for task, one in agreed.items()},
            "plan": None if questions is None else {"power": power, "open": [q.to_dict() for q in questions]},
        }
        write_json(Path(json), numbers)
    print(
        "\n".join(
            [
                _table(rows),
                "",
                *_left_out(read),
                *_agreement_lines(agreed),
                "",
                *_plan_lines(questions, power),
            ]
        )
    )


def _table(rows: tuple[RealityGap, ...]) -> str:
    header = ("task", "policy", "real", "trials", "sim", "trials", "gap (sim - real)")
    cells = [
        (
            row.task,
            row.policy,
            format_interval(row.real.to_dict()),
            str(row.real.n),
            format_interval(row.sim.to_dict()),
            str(row.sim.n),
            format_interval(row.gap.to_dict(), signed=True),
        )
        for row in rows
    ]
    return aligned_columns([header, *cells])


def _left_out(trials: Trials) -> list[str]:
    if not trials.left_out:
        return []
    named = ", ".join(f"{policy} in {task}" for task, policy in trials.left_out)
    return [f"Left out, for they have trials in one domain only: {named}.", ""]


def _agreement_lines(agreed: dict[str, Agreement]) -> list[str]:
    header = ("task", "policies", "Pearson's r", "r of other policies", "MMRV")
    cells = [
        (
            task,
            str(len(one.policies)),
            _estimate(one.r) if one.r else "not defined",
            _estimate(one.r_of_others) if one.r_of_others else "-",
            _estimate(one.mmrv),
        )
        for task, one in agreed.items()
    ]
    lines = [aligned_columns([header, *cells])]
    lines += [
        f"r is not defined in {task}: {one.undefined}." for task, one in agreed.items() if one.undefined
    ]
    few = [task for task, one in agreed.items() if len(one.policies) == 2 and one.r]
    if few:
        lines.append(
            f"Two policies always lie on a line, so r says only whether they swap: {', '.join(few)}."
        )
    if any(len(one.policies) < LEAST_POLICIES for one in agreed.values()):
        lines.append(f"Intervals are of these policies; fewer than {LEAST_POLICIES} say nothing of others.")
    return lines


def _estimate(estimate: Estimate) -> str:
    return format_interval({"mean": estimate.value, "low": estimate.low, "high": estimate.high})


def _plan_lines(questions: tuple[Open, ...] | None, power: float) -> list[str]:
    if questions is None:
        return ["A plan needs successes; these are scores."]
    if not questions:
        return ["The trials settle every comparison: neighbours on the robot, and real against sim."]
    header = ("task", "open", "difference", "needed each", "more real trials")
    cells = [
        (
            one.task,
            f"{one.first} vs {one.second}",
            format_interval(one.difference.to_dict(), signed=True),
            "-" if one.needed is None else str(one.needed),
            "no difference seen" if one.more is None else " + ".join(map(str, one.more)),
        )
        for one in questions
    ]
    return [
        f"To settle at a power of {power:.0%}, if the rates are what was seen:",
        aligned_columns([header, *cells]),
    ]
