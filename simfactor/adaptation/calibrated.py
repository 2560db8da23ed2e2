"""What a calibration found, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simfactor.adaptation.columns import columns
from simfactor.factors import Factor, FactorSpace
from simfactor.factors.choices import Choice, narrow
from simfactor.statistics import Interval

HEAD = ("factor", "start", "found", "low end", "high end", "gain", "p", "")


@dataclass(frozen=True)
class CalibratedFactor:
    """One factor.

    Attributes:
        start: as it was given.
        found: its range [low, high], or the values that are left.
        ends: of a range, the low end and the high end, and between which they lie in all spaces that were
            tried and are not surely worse than the best (a confidence set by paired scores, at 95 %).
        gain: by how much the mean energy score of held-out images falls from a space that has the whole range
            of this factor, and all others as found, to what was found.
        p_value: of "it does not fall", with Holm's correction over the factors.
        told: whether the pictures tell it; if not, its range stays as it was.
    """

    name: str
    start: Factor
    found: Choice
    ends: tuple[Interval, ...] | None
    gain: Interval
    p_value: float
    told: bool

    def row(self) -> tuple[str, ...]:
        """Of the table."""
        ends = ("", "") if self.ends is None else tuple(f"{e.low:.4g} .. {e.high:.4g}" for e in self.ends)
        verdict = "" if self.told else "not told, left as it was"
        found = narrow(self.start, self.found).describe()
        return (
            self.name,
            self.start.describe(),
            found,
            *ends,
            f"{self.gain.mean:+.3f}",
            f"{self.p_value:.3f}",
            verdict,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "start": self.start.describe(),
            "found": self.found,
            "ends": None if self.ends is None else [_plain(end) for end in self.ends],
            "gain": _plain(self.gain),
            "p_value": self.p_value,
            "told": self.told,
        }


@dataclass(frozen=True)
class Calibrated:
    """What :func:`.calibrate_space` returns.

    Attributes:
        start: the space that was given.
        space: the calibrated one; the start itself if nothing was accepted.
        factors: one each, in the encoder's order.
        gain: by how much the mean energy score of held-out images falls from the start to all that was found.
        p_value: of "it does not fall".
        distances: energy distance of the held-out images from the start and from ``space``, without bias: 0
            on average if they are of one distribution.
        confounded: pairs of factors that pictures hardly tell apart, with the correlation of the errors that
            the encoder makes in them: what is found of one can stand for the other.
        alpha: what p-values are compared with.
    """

    start: FactorSpace
    space: FactorSpace
    factors: tuple[CalibratedFactor, ...]
    gain: Interval
    p_value: float
    distances: tuple[float, float]
    confounded: tuple[tuple[str, str, float], ...]
    alpha: float

    @property
    def accepted(self) -> bool:
        """Whether any range was narrowed."""
        return any(factor.told for factor in self.factors)

    def table(self) -> str:
        """Lines for a terminal."""
        return "\n".join(columns([HEAD, *(factor.row() for factor in self.factors)]))

    def sentence(self) -> str:
        """What came out, in a sentence or two."""
        before, after = self.distances
        if not self.accepted:
            return (
                f"Not accepted: on the {self.gain.n} images that were held out, no narrower range is surely "
                f"better than the start (p {self.p_value:.3f}). The space is as it was."
            )
        left = [factor.name for factor in self.factors if not factor.told]
        kept = f" The pictures do not tell {', '.join(left)}: left as it was." if left else ""
        return (
            f"Accepted: the energy distance of the {self.gain.n} images that were held out falls from "
            f"{before:.3f} to {after:.3f} (p {self.p_value:.3f}).{kept}{self._warning()}"
        )

    def _warning(self) -> str:
        pairs = [f"{a} and {b} (errors correlate by {r:+.2f})" for a, b, r in self.confounded]
        return f" Told together rather than each: {', '.join(pairs)}." if pairs else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sentence": self.sentence(),
            "accepted": self.accepted,
            "factors": {factor.name: factor.to_dict() for factor in self.factors},
            "gain": _plain(self.gain),
            "p_value": self.p_value,
            "energy_distance": {"start": self.distances[0], "found": self.distances[1]},
            "confounded": [{"factors": [a, b], "correlation": r} for a, b, r in self.confounded],
            "alpha": self.alpha,
            "space": self.space.to_dict(),
        }


def _plain(interval: Interval) -> dict[str, float]:
    return {"mean": interval.mean, "low": interval.low, "high": interval.high, "n": interval.n}
