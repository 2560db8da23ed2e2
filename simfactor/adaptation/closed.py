"""What a loop of calibration and training came to, round by round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from simfactor.adaptation.adapted import Status
from simfactor.adaptation.columns import columns
from simfactor.adaptation.jackknife import Estimate
from simfactor.adaptation.task_errors import TaskError, mean_share
from simfactor.encoders import FactorEncoder
from simfactor.factors import FactorSpace

HEAD = ("round", "gap", "fall of its square", "error on its images", "error on the source's", "", "narrowed")


class Change(NamedTuple):
    """Errors of the task's factors by name: of the first encoder, and of a round's."""

    before: dict[str, TaskError]
    after: dict[str, TaskError]

    def __str__(self) -> str:
        return f"{mean_share(self.before):.3f} to {mean_share(self.after):.3f}"


@dataclass(frozen=True)
class Round:
    """One round; round 0 is the source as it was given.

    Attributes:
        number: from 0.
        space: what was calibrated, always from the whole of the source's.
        narrowed: the factors whose ranges the pictures told.
        gap: between held-out pictures of the target and images of ``space``, 0 to 1, with its standard error.
        fall: of the gap's square, which is smooth at 0, from the round before, with the standard error of a
            difference of pairs; None in round 0.
        own, source: errors on images of ``space`` and of the source that no training saw; None if the gap
            did not fall, and nothing was trained.
        objections: why the round's encoder is refused.
    """

    number: int
    space: FactorSpace
    narrowed: tuple[str, ...]
    gap: Estimate
    fall: Estimate | None = None
    own: Change | None = None
    source: Change | None = None
    objections: tuple[str, ...] = ()

    @property
    def fell(self) -> bool:
        """Whether the gap fell by more than its standard error."""
        return self.fall is not None and self.fall.value > self.fall.error

    @property
    def accepted(self) -> bool:
        """Whether the gap fell, and the encoder of the round was not refused."""
        return self.fell and not self.objections

    def row(self) -> tuple[str, ...]:
        """Of the table."""
        verdict = "" if self.number == 0 or self.accepted else "refused" if self.fell else "no fall"
        fallen = _told(self.fall, 3) if self.fall else "-"
        changes = [str(one) if one else "-" for one in (self.own, self.source)]
        return (str(self.number), _told(self.gap), fallen, *changes, verdict, ", ".join(self.narrowed))

    def line(self) -> str:
        """What is told while the loop goes on."""
        fallen = f", its square falls by {_told(self.fall, 3)}" if self.fall else ""
        narrowed = f"; narrowed: {', '.join(self.narrowed)}" if self.narrowed else ""
        return f"round {self.number}: gap {_told(self.gap)}{fallen}{narrowed}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, of which :meth:`from_dict` makes the round again."""
        return {
            "number": self.number,
            "space": self.space.to_dict(),
            "narrowed": list(self.narrowed),
            "gap": self.gap._asdict(),
            "fall": self.fall and self.fall._asdict(),
            "own": self.own and _plain(self.own),
            "source": self.source and _plain(self.source),
            "objections": list(self.objections),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Round:
        """The round that :meth:`to_dict` described."""
        return Round(
            data["number"],
            FactorSpace.from_dict(data["space"]),
            tuple(data["narrowed"]),
            Estimate(**data["gap"]),
            data["fall"] and Estimate(**data["fall"]),
            data["own"] and _change(data["own"]),
            data["source"] and _change(data["source"]),
            tuple(data["objections"]),
        )


@dataclass(frozen=True, eq=False)
class ClosedGap:
    """What :func:`simfactor.adaptation.close_gap` returns.

    encoder, space: of the best round; as they were given, unless ``accepted``. rounds: all that were begun,
    from round 0. images: of the target that were learned from, and that judged.
    """

    encoder: FactorEncoder
    space: FactorSpace
    status: Status
    rounds: tuple[Round, ...]
    images: tuple[int, int]

    @property
    def accepted(self) -> bool:
        """Whether any round was kept."""
        return self.status is Status.ACCEPTED

    @property
    def kept(self) -> Round:
        """The best round: the last one that was accepted, round 0 if none was."""
        return kept_of(self.rounds)

    def table(self) -> str:
        """Lines for a terminal: errors are means over the task's factors in shares of their ranges."""
        return "\n".join(columns([HEAD, *(one.row() for one in self.rounds)]))

    def sentence(self) -> str:
        """What came out, and what it was judged by; never more than that."""
        if self.status is Status.NOTHING_TO_DO:
            return (
                "All images of the target are images of the source: the gap is zero, there is nothing to "
                "do, and encoder and space are unchanged."
            )
        if self.status is Status.REFUSED:
            return f"Nothing is kept, encoder and space are as they were: {self._ended()}"
        best = self.kept
        return (
            f"Round {best.number} is kept: the gap to {self.images[1]} pictures of the target that nothing "
            f"learned from fell from {_told(self.rounds[0].gap)} to {_told(best.gap)}. On simulated images "
            f"of its space that no training saw, the task's mean error went from {best.own} of the range. "
            f"{self._ended()} There was no label of the target to judge by: whether its pictures are read "
            "better is not known."
        )

    def _ended(self) -> str:
        last = self.rounds[-1]
        if last.objections:
            return f"Round {last.number} is refused: {'; '.join(last.objections)}."
        if not last.fell:
            why = "" if last.narrowed else " (the pictures tell no range narrower than the source's)"
            return f"In round {last.number} the gap does not fall by more than its standard error{why}."
        return "It was still falling in the last round that was asked for."

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sentence": self.sentence(),
            "status": self.status.name.lower(),
            "accepted": self.accepted,
            "kept": self.kept.number,
            "images": {"learned_from": self.images[0], "judged_on": self.images[1]},
            "rounds": [one.to_dict() for one in self.rounds],
        }


def kept_of(rounds: tuple[Round, ...]) -> Round:
    """The last of the rounds that was accepted, round 0 if none was."""
    return next((one for one in reversed(rounds) if one.accepted), rounds[0])


def _told(estimate: Estimate, digits: int = 2) -> str:
    return f"{estimate.value + 0.0:.{digits}f} ± {estimate.error:.{digits}f}"


def _plain(change: Change) -> dict[str, Any]:
    return {
        when: {name: own._asdict() for name, own in errors.items()}
        for when, errors in change._asdict().items()
    }


def _change(data: Mapping[str, Any]) -> Change:
    return Change(*({name: TaskError(**own) for name, own in data[when].items()} for when in Change._fields))
