"""The search of settings, the same for every contender, on a seed and on episodes of the clean world alone.

A contender keeps the first of its settings with which it can do the task where it has learned it, else that
with the highest success. What happens under a shift is never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .contenders import CHOICES, Contender
from .study import Study, evaluate, prepare, train

RATES = (3e-3, 1e-3, 3e-4)  # of the agent; the first is what all begin with
SEED, ENOUGH = 100, 0.95


def settings(contender: Contender) -> dict[str, Contender]:
    """What is tried, in this order: encoders that the contender may choose from, with every learning rate."""
    own = contender.encoder
    encoders: Sequence[str | None] = next((choice for choice in CHOICES if own in choice), (own,))
    return {
        f"{encoder or 'none'}-{rate:g}": replace(
            contender, encoder=encoder, agent=replace(contender.agent, learning_rate=rate)
        )
        for encoder in encoders
        for rate in RATES
    }


def tune(study: Study) -> dict[str, dict[str, float]]:
    """Contender -> setting -> success in the clean world, of all settings until one is good enough."""
    tried: dict[str, dict[str, float]] = {name: {} for name in study.contenders}
    choices = {name: settings(contender) for name, contender in study.contenders.items()}
    for turn in range(max(map(len, choices.values()))):
        left = [name for name, found in tried.items() if max(found.values(), default=0.0) < ENOUGH]
        now = {name: list(choices[name].items())[turn] for name in left if turn < len(choices[name])}
        found = _tested(study, {f"{name}-{setting}": contender for name, (setting, contender) in now.items()})
        for name, (setting, _) in now.items():
            tried[name][setting] = found[f"{name}-{setting}"]
    return tried


def as_lines(tried: Mapping[str, Mapping[str, Any]]) -> str:
    """A line for each contender, what it keeps first."""
    return "\n".join(
        f"{name}: {max(found, key=found.__getitem__)} ("
        + ", ".join(f"{setting} {success:.2f}" for setting, success in found.items())
        + ")"
        for name, found in tried.items()
    )


def _tested(study: Study, variants: Mapping[str, Contender]) -> dict[str, float]:
    tuned = replace(study, out=study.out / "tuning", contenders=variants, clean_only=True)
    seeds: Sequence[int] = [SEED]
    for work in (prepare, train):
        work(tuned, seeds)
    results = evaluate(tuned, seeds)
    return {name: float(results[name][SEED]["clean"].success.mean()) for name in variants}
