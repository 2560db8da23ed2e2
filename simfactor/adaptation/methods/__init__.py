"""Ways to adapt an encoder to images without labels: a table of explicit recipes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from simfactor.adaptation.methods import alignment, self_training
from simfactor.adaptation.methods.alignment import Term
from simfactor.adaptation.methods.discrepancies import coral, mmd
from simfactor.adaptation.methods.styles import colour_statistics, low_frequencies
from simfactor.encoders import FactorEncoder
from simfactor.errors import unknown_name

FEW, MANY = 40, 80  # a quarter of them only judges


@dataclass(frozen=True)
class Method:
    """One way. Without ``begin`` and ``style`` it is no training, but :func:`.moments.matched`.

    fewest: images of the target it takes at least.
    begin: given the encoder that learns and a seed, the term that is lowered beside the supervised loss; it
        may add networks to the encoder's ``extras``.
    weight: of the term, unless asked otherwise.
    style: source pixels (n, 3, s, s) in the look of target pixels of that shape; half of every batch is
        shown so.
    """

    fewest: int
    begin: Callable[[FactorEncoder, int], Term] | None = None
    weight: float = 0.0
    style: Callable[[Tensor, Tensor], Tensor] | None = None

    @property
    def trains(self) -> bool:
        """Whether it trains, on labelled images of the source."""
        return self.begin is not None or self.style is not None


METHODS: dict[str, Method] = {
    "statistics": Method(FEW),
    "coral": Method(MANY, alignment.distance(coral), weight=30.0),
    "mmd": Method(MANY, alignment.distance(mmd), weight=5.0),
    "dann": Method(MANY, alignment.Adversary, weight=0.1),
    "self_training": Method(MANY, self_training.Teacher, weight=1.0),
    "fourier": Method(FEW, style=low_frequencies),
    "colour": Method(FEW, style=colour_statistics),
}


def method_named(name: str) -> Method:
    """The method of this name. Raises SimfactorError for another."""
    if name not in METHODS:
        raise unknown_name("method", name, METHODS)
    return METHODS[name]
