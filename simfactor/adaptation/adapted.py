"""What an adaptation came to: errors and gap before and after, and whether it was accepted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from simfactor.adaptation.columns import columns
from simfactor.adaptation.task_errors import TaskError, mean_share
from simfactor.encoders import FactorEncoder
from simfactor.json_files import write_json
from simfactor.provenance import commit, versions

RESULT = "adaptation.json"
HEAD = ("images", "factor", "before", "after", "", "share of range", "")


class Status(IntEnum):
    """How it ended; the exit status of the command."""

    ACCEPTED = 0
    REFUSED = 1
    NOTHING_TO_DO = 3


@dataclass(frozen=True)
class Judgement:
    """One encoder, judged on images that no adaptation learned from.

    source: errors of the factors that are judged, by name, on held-out images of the source. target: the same
    on labelled images of the target, None where there are none. gap: how far the features of both domains are
    apart, 0 to 1 (the effect of :func:`.two_sample.energy_comparison`).
    """

    source: dict[str, TaskError]
    target: dict[str, TaskError] | None
    gap: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        told = {name: {k: v._asdict() for k, v in own.items()} for name, own in self.domains().items()}
        return {**told, "gap": self.gap}

    def domains(self) -> dict[str, dict[str, TaskError]]:
        """The errors by domain, where they are known."""
        return {"source": self.source} | ({} if self.target is None else {"target": self.target})


@dataclass(frozen=True, eq=False)
class AdaptedEncoder:
    """What :func:`simfactor.adaptation.adapt_encoder` returns.

    encoder: the adapted one, or the old one unless ``accepted``. before, after: of the old encoder and of the
    adapted one, also if that was refused. reasons: why it was refused. tolerance: how many times an error on
    the source may grow. images: of the target that were learned from, and that judged.
    """

    encoder: FactorEncoder
    method: str
    status: Status
    before: Judgement
    after: Judgement
    reasons: tuple[str, ...]
    tolerance: float
    images: tuple[int, int]

    @property
    def accepted(self) -> bool:
        """Whether ``encoder`` is the adapted one."""
        return self.status is Status.ACCEPTED

    def table(self) -> str:
        """Lines for a terminal: every error before and after, and the gap."""
        after = self.after.domains()
        rows = [
            _row(domain, name, own, after[domain][name])
            for domain, errors in self.before.domains().items()
            for name, own in errors.items()
        ]
        gap = ("both", "gap of features", f"{self.before.gap:.2f}", f"{self.after.gap:.2f}")
        return "\n".join(columns([HEAD, *rows, gap]))

    def sentence(self) -> str:
        """What came out, and what it was judged by; never more than that."""
        if self.status is Status.NOTHING_TO_DO:
            return (
                "All images of the target are images of the source: there is nothing to adapt to, and the "
                "encoder is unchanged."
            )
        if self.status is Status.REFUSED:
            return f"Refused, the old weights are kept: {'; '.join(self.reasons)}."
        return f"Accepted. {self._judged()}"

    def _judged(self) -> str:
        if self.before.target is None or self.after.target is None:
            return (
                "Judged by held-out images of the source; the gap of the features went from "
                f"{self.before.gap:.2f} to {self.after.gap:.2f}. There was no label of the target to judge "
                "by: whether it is read better is not known."
            )
        was, now = mean_share(self.before.target), mean_share(self.after.target)
        return (
            "Judged by held-out images of the source, and by labelled images of the target: mean error in "
            f"shares of the range {was:.3f} to {now:.3f}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sentence": self.sentence(),
            "status": self.status.name.lower(),
            "method": self.method,
            "accepted": self.accepted,
            "reasons": list(self.reasons),
            "tolerance": self.tolerance,
            "images": {"learned_from": self.images[0], "judged_on": self.images[1]},
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
        }


def write_adapted(found: AdaptedEncoder, out: Path) -> None:
    """The encoder and ``adaptation.json`` as a new folder, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
        folder = Path(made) / out.name
        found.encoder.save_pretrained(folder)
        write_json(folder / RESULT, {**found.to_dict(), "versions": versions(), "commit": commit()})
        folder.replace(out)


def _row(domain: str, name: str, before: TaskError, after: TaskError) -> tuple[str, ...]:
    return (
        domain,
        name,
        f"{before.error:.3g}",
        f"{after.error:.3g}",
        before.unit,
        f"{before.share:.1%}",
        f"{after.share:.1%}",
    )
