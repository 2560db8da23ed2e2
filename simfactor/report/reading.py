"""What the numbers say, in sentences. Nothing is claimed that the intervals do not carry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from simfactor.statistics import format_interval
from simfactor.transfer import fallen, smallest_drop

Entry = Mapping[str, Any]
Agents = Mapping[str, Mapping[str, Entry]]
WEAK = 0.8  # clean success below which gaps need a warning


def clean_sentences(agents: Agents) -> list[str]:
    """How well each agent does where it was trained, with a warning where that bounds the gaps."""
    said = []
    for agent, domains in agents.items():
        for entry in domains.values():
            if entry["level"] == "clean":
                success = entry["success"]
                text = f"{agent} succeeds in {format_interval(success)} of {_episodes(success, 'clean ')}."
                drop = smallest_drop(success["mean"], _starts(success))
                if drop is not None:
                    text += f" A shift that costs less than {drop:.2f} may go unseen (power 80 %)."
                if success["mean"] < WEAK:
                    text += " That is low, and no gap can exceed the clean success: read its gaps with care."
                said.append(text)
    return said


def shift_sentences(agents: Agents) -> dict[str, list[str]]:
    """Domain -> what this shift does to every agent, and which agents it tells apart."""
    first = next(iter(agents.values()), {})
    said = {}
    for domain, entry in first.items():
        if "gap" in entry:
            of_agents = {agent: domains[domain] for agent, domains in agents.items()}
            said[domain] = [_effect(domain, agent, e) for agent, e in of_agents.items()]
            said[domain] += _comparison(domain, of_agents)
    return said


def diagnosis_sentences(diagnosis: Mapping[str, Mapping[str, Entry]]) -> dict[str, list[str]]:
    """Domain -> whose fault each agent's loss is; of shifts in which a part of it clears zero."""
    said: dict[str, list[str]] = {}
    for agent, domains in diagnosis.items():
        for domain, entry in domains.items():
            blamed = [part for part in ("encoder", "policy") if part in entry and entry[part]["low"] > 0]
            if "policy" in entry and blamed:
                costs = " and ".join(f"{format_interval(entry[part])} by its {part}" for part in blamed)
                off = f"{entry['task_error']:.3f} (clean {domains['clean']['task_error']:.3f})"
                said.setdefault(domain, []).append(
                    f"{domain} costs {agent} {costs}; its latents of the task were off by {off}."
                )
    return said


def response_sentences(responses: Mapping[str, Entry], agents: Agents) -> list[str]:
    """Where each agent's success falls below nine tenths of the clean one for sure, curve by curve."""
    said = []
    for agent, domains in agents.items():
        clean = domains["clean"]["success"]["mean"]
        if clean == 0:
            said.append(f"{agent} never succeeds in the clean domain, from which a fall would be counted.")
            continue
        line = f"90 % of its clean success ({clean:.2f})"
        falls = [told for factor, curve in responses.items() if (told := _falls(factor, curve, agent))]
        if not falls:
            said.append(f"No curve of {agent} shows that it falls below {line}.")
            continue
        others = len(responses) - len(falls)
        rest = (
            f" {others} other {'curve shows' if others == 1 else 'curves show'} no such fall."
            if others
            else ""
        )
        said.append(f"{agent} falls below {line} {'; '.join(falls)}.{rest}")
    return said


def _falls(factor: str, curve: Entry, agent: str) -> str:
    """Where a curve falls; nothing if it does not."""
    of = curve["agents"][agent]
    if "falls" not in of:
        lost = [f"{entry['value']} {_there(entry)}" for entry in of["bins"] if fallen(entry)]
        return f"with {factor} {', '.join(lost)}" if lost else ""
    said = []
    for fall in of["falls"]:
        digits = max(0, 1 - math.floor(math.log10(abs(fall["by"] - fall["after"]) or 1)))
        between = f"{fall['after']:.{digits}f} and {fall['by']:.{digits}f} {curve['unit']}".rstrip()
        way = "rises" if fall["towards"] == "higher" else "falls"
        said.append(f"as {factor} {way}, between {between} {_there(fall)}")
    return "; ".join(said)


def _there(entry: Entry) -> str:
    return f"({format_interval(entry['success'])}, {entry['level']})"


def _effect(domain: str, agent: str, entry: Entry) -> str:
    gap, success = entry["gap"], entry["success"]["mean"]
    amount = format_interval(gap)
    before = success + gap["mean"]
    if gap["low"] > 0:
        return f"{domain} costs {agent} {amount}: success falls from {before:.2f} to {success:.2f}."
    if gap["high"] < 0:
        gain = {"mean": -gap["mean"], "low": -gap["high"], "high": -gap["low"]}
        return (
            f"{agent} does better under {domain}, by {format_interval(gain)}: {before:.2f} to {success:.2f}."
        )
    if gap["low"] == gap["high"]:
        return (
            f"{domain} changed nothing for {agent} in any of {gap['n']} paired episodes "
            f"(success {success:.2f}); an effect rarer than about 1 in {max(1, round(_starts(gap) / 3))} "
            "starts would not show."
        )
    return f"The cost of {domain} to {agent}, {amount}, cannot be told from zero with {_episodes(gap)}."


def _comparison(domain: str, entries: Mapping[str, Entry]) -> list[str]:
    """Names the agents that lose less than another beyond doubt: intervals that do not overlap.

    An interval without width, when nothing ever changed, counts up to 3/n: the rule of three.
    """
    said = []
    for agent, entry in entries.items():
        gap = entry["gap"]
        unseen = 3 / _starts(gap) if gap["low"] == gap["high"] else 0.0
        worse = [other for other, e in entries.items() if e["gap"]["low"] > gap["high"] + unseen]
        if worse:
            said.append(f"{agent} loses less than {' and '.join(worse)} (intervals do not overlap).")
    return said


def _starts(gap: Entry) -> int:
    """How many different episodes were met, however many trainings met them."""
    return int(gap["n"] // gap["seeds"])


def _episodes(interval: Entry, kind: str = "") -> str:
    seeds = interval["seeds"]
    trainings = "1 training" if seeds == 1 else f"{seeds} trainings"
    return f"{interval['n']} {kind}episodes ({trainings})"
