"""Whether an adapted encoder may replace the old one."""

from __future__ import annotations

from simfactor.adaptation.adapted import Judgement
from simfactor.adaptation.parts import Part
from simfactor.adaptation.reading import see
from simfactor.adaptation.task_errors import mean_share, task_errors
from simfactor.adaptation.two_sample import energy_comparison, permutations_of
from simfactor.encoders import FactorEncoder

SLIGHT = 0.01  # of the range: errors below it are not worth telling apart


def judged(encoder: FactorEncoder, source: Part, target: Part) -> Judgement:
    """Errors on the source and on the labelled part of the target, and the gap between the two."""
    known = target.labelled()
    first, second = (see(encoder, part.images).features for part in (source, target))
    effect = energy_comparison(first, second, permutations_of(len(first), len(second), 0, 0)).effect
    errors = task_errors(encoder, *known) if len(known.images) else None
    return Judgement(task_errors(encoder, *source), errors, effect)


def objections(before: Judgement, after: Judgement, tolerance: float) -> tuple[str, ...]:
    """Why the adapted encoder is refused, nothing if it is accepted.

    On the source no factor's error may be more than ``tolerance`` times what it was (or 1 % of the range, if
    that is more). On labelled images of the target, if there are any, the mean error may not grow at all.
    """
    found = [
        f"{name} is read {own.share / max(before.source[name].share, SLIGHT):.2g} times as badly on the "
        f"source ({before.source[name].error:.3g} to {own.error:.3g} {own.unit}".rstrip()
        + f"), more than {tolerance:g} times"
        for name, own in after.source.items()
        if not own.share <= tolerance * max(before.source[name].share, SLIGHT)
    ]
    if before.target is not None and after.target is not None:
        was, now = mean_share(before.target), mean_share(after.target)
        if not now <= was:
            found.append(
                f"the mean error on labelled images of the target grew, {was:.3f} to {now:.3f} of the range"
            )
    return tuple(found)
