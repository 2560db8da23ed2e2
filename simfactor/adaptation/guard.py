"""Whether an adapted encoder may replace the old one."""

from __future__ import annotations

from typing import TypeAlias

from simfactor.adaptation.adapted import Judgement
from simfactor.adaptation.parts import Part
from simfactor.adaptation.reading import see
from simfactor.adaptation.task_errors import TaskError, mean_share, task_errors
from simfactor.adaptation.two_sample import energy_comparison, permutations_of
from simfactor.encoders import FactorEncoder

Errors: TypeAlias = dict[str, TaskError]
SLIGHT = 0.01  # of the range: errors below it are not worth telling apart


def judged(encoder: FactorEncoder, source: Part, target: Part) -> Judgement:
    """Errors on the source and on the labelled part of the target, and the gap between the two."""
    known = target.labelled()
    first, second = (see(encoder, part.images).features for part in (source, target))
    effect = energy_comparison(first, second, permutations_of(len(first), len(second), 0, 0)).effect
    errors = task_errors(encoder, *known) if len(known.images) else {}
    return Judgement(task_errors(encoder, *source), errors or None, effect)


def objections(before: Judgement, after: Judgement, tolerance: float) -> tuple[str, ...]:
    """Why the adapted encoder is refused, nothing if it is accepted.

    On the source no factor's error may be more than ``tolerance`` times what it was (or 1 % of the range, if
    that is more). On labelled images of the target, if there are any, the mean error may not grow at all.
    """
    found = spoilt(before.source, after.source, tolerance)
    if before.target is not None and after.target is not None:
        found += worse(before.target, after.target, "labelled images of the target")
    return found


def spoilt(before: Errors, after: Errors, tolerance: float) -> tuple[str, ...]:
    """What is said of every factor that is read too badly on the source."""
    return tuple(
        f"{name} is read {own.share / max(before[name].share, SLIGHT):.2g} times as badly on the "
        f"source ({before[name].error:.3g} to {own.error:.3g} {own.unit}".rstrip()
        + f"), more than {tolerance:g} times"
        for name, own in after.items()
        if not own.share <= tolerance * max(before[name].share, SLIGHT)
    )


def worse(before: Errors, after: Errors, images: str) -> tuple[str, ...]:
    """What is said if the mean error on these images grew."""
    was, now = mean_share(before), mean_share(after)
    if now <= was:
        return ()
    return (f"the mean error on {images} grew, {was:.3f} to {now:.3f} of the range",)
