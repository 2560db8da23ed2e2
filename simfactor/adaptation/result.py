"""What a comparison of two domains found: in numbers, as a table, and in a sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from simfactor.adaptation.columns import columns
from simfactor.adaptation.reading import Reading
from simfactor.encoders import Block
from simfactor.encoders.layout import RESIDUAL
from simfactor.statistics import Interval

MUCH = 0.25  # of the target unlike the source; images at the edge of the source often have no near ones
HEAD = ("block", "source", "target", "difference", "effect", "p", "outside", "")


@dataclass(frozen=True)
class FactorGap:
    """One block of the latents in both domains.

    Attributes:
        block: its name, and the factor's group and role.
        effect: how far the readings are apart, 0 to 1 (:func:`.two_sample.energy_comparison`).
        p_value: of "the readings have one distribution", with Holm's correction over all questions.
        shifted: whether p_value and effect both say so.
        kind, unit: the factor's; ``latents`` of a block whose values cannot be read, which has none of the
            rest.
        source, target: what is read.
        difference: target minus source, with a 95 % interval: of means in the factor's unit, of mean
            directions, of the share of the category ``of``; None where readings go all round the circle.
        outside: share of the target's images that are read outside the training support, with Wilson's
            interval; of the source's images it is ``alpha``.
    """

    block: Block
    effect: float
    p_value: float
    shifted: bool
    kind: str = "latents"
    unit: str = ""
    source: Reading | None = None
    target: Reading | None = None
    difference: Interval | None = None
    of: str = ""
    outside: Interval | None = None

    @property
    def name(self) -> str:
        """The block's."""
        return self.block.name

    def told_difference(self) -> str:
        """The difference with its interval, in words; empty where there is none."""
        if self.difference is None:
            return ""
        mean, low, high = self.difference[:3]
        return f"{self.of} {mean:+.3g} [{low:.3g}, {high:.3g}] {self.unit}".strip()

    def told_readings(self) -> tuple[str, str]:
        """What is read in the source and in the target, in words."""
        return _told(self.source, self.of), _told(self.target, self.of)

    def row(self) -> tuple[str, ...]:
        """Of the table."""
        outside = "" if self.outside is None else f"{self.outside.mean:.0%}"
        numbers = f"{self.effect:.2f}", f"{self.p_value:.3f}", outside
        mark = "SHIFTED" if self.shifted else ""
        return (self.name, *self.told_readings(), self.told_difference(), *numbers, mark)


@dataclass(frozen=True)
class FeatureGap:
    """Both domains in the features that the encoder's last dense layer is given, all factors taken together.

    Attributes:
        effect, p_value, shifted: as of a factor.
        frechet: Frechet distance on simfactor's encoder features, the mean of several draws of ``n`` images
            of each domain, between the least and the largest.
        halves: the same between disjoint parts of the source, as many images each: what is no distance.
        kernel: kernel distance, without bias, with a 95 % interval.
        unlike: share of the target's images that have none like them in the source, with Wilson's interval,
            in the features before the dense layers; of the source's images it is ``alpha``.
    """

    effect: float
    p_value: float
    shifted: bool
    frechet: Interval
    halves: Interval
    kernel: Interval
    unlike: Interval

    def lines(self, alpha: float) -> tuple[str, ...]:
        """For a terminal."""
        kernel = "{:.3g} [{:.3g}, {:.3g}]".format(*self.kernel[:3])
        return (
            f"Frechet distance on simfactor's encoder features: {self.frechet.mean:.3g}; between parts of "
            f"the source: {self.halves.mean:.3g} (at most {self.halves.high:.3g}); "
            f"{self.frechet.n} images each",
            f"kernel distance, without bias: {kernel}; all features: effect {self.effect:.2f}, "
            f"p {self.p_value:.3f}",
            f"like no image of the source: {self.unlike.mean:.0%} of the target's images "
            f"({alpha:.0%} of the source's own)",
        )


class NearPair(NamedTuple):
    """A picture of the target and those of the source whose features are nearest, by their indices."""

    target: int
    source: tuple[int, ...]
    distance: float


@dataclass(frozen=True)
class Gap:
    """Two domains compared: what :func:`simfactor.adaptation.domain_gap` returns.

    factors: one a block, the largest effect first. pairs: from the most ordinary picture of the target to
    the strangest. identical: the target's images are the source's. images: compared of source and target.
    alpha, least_effect: what it takes to be called shifted.
    """

    factors: tuple[FactorGap, ...]
    features: FeatureGap
    pairs: tuple[NearPair, ...]
    identical: bool
    images: tuple[int, int]
    alpha: float
    least_effect: float

    @property
    def shifted(self) -> tuple[str, ...]:
        """Names of the factors that have shifted, the largest effect first.

        The residual block is never among them: it moves with any factor that it tells of.
        """
        return tuple(factor.name for factor in self.factors if factor.shifted and factor.name != RESIDUAL)

    def table(self) -> str:
        """Lines for a terminal."""
        lines = columns([HEAD, *(factor.row() for factor in self.factors)])
        return "\n".join([*lines, "", *self.features.lines(self.alpha)])

    def sentence(self) -> str:
        """What came out, in a sentence or two."""
        if self.identical:
            return "The target's images are the source's: there is no gap."
        return f"{self._verdict()}{self._warning()}"

    def _verdict(self) -> str:
        if self.shifted:
            named = [factor for factor in self.factors if factor.name in self.shifted]
            return f"Shifted: {', '.join(f'{f.name} ({f.told_difference() or f.kind})' for f in named)}."
        if self.features.shifted or any(factor.shifted for factor in self.factors):
            return (
                "No factor's reading has shifted, but what the encoder sees has: something differs that it "
                "has no factor for."
            )
        return (
            f"No shift was found in {self.images[1]} images of the target. Effects below "
            f"{self.least_effect:g} are not called shifts."
        )

    def _warning(self) -> str:
        """Where the encoder is asked for what it has never seen, its readings name what is nearest to it."""
        unlike = self.features.unlike
        if unlike.low <= MUCH:
            return ""
        return (
            f" But {unlike.mean:.0%} of the target's images are like none of the source: what is read of "
            "those is not to be trusted, neither how large a shift is nor whose."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sentence": self.sentence(),
            "shifted": list(self.shifted),
            "identical": self.identical,
            "images": {"source": self.images[0], "target": self.images[1]},
            "alpha": self.alpha,
            "least_effect": self.least_effect,
            "factors": {factor.name: _plain(factor) for factor in self.factors},
            "features": _plain(self.features),
            "pairs": [pair._asdict() for pair in self.pairs],
        }


def _plain(record: FactorGap | FeatureGap) -> dict[str, Any]:
    """A record as JSON has it; its intervals without the trainings that they are not about."""
    intervals = {k: v for k, v in vars(record).items() if isinstance(v, Interval)}
    kept = ("mean", "low", "high", "n")
    return asdict(record) | {k: {name: getattr(v, name) for name in kept} for k, v in intervals.items()}


def _told(reading: Reading | None, of: str) -> str:
    if reading is None:
        return ""
    if reading.shares is not None:
        return f"{of} {reading.shares[of]:.0%}"
    if reading.mean is None:
        return "all round"
    spread = "" if reading.low is None else f" [{reading.low:.3g}, {reading.high:.3g}]"
    return f"{reading.mean:.3g}{spread}"
