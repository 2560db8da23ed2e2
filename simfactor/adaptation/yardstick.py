"""How far a space's pictures are from the target's: measured alike in every round of a loop."""

from __future__ import annotations

from simfactor.adaptation.door import columns_of
from simfactor.adaptation.jackknife import Share, energy_share
from simfactor.adaptation.parts import Part
from simfactor.adaptation.reading import see
from simfactor.encoders import FactorEncoder
from simfactor.factors import FactorSpace
from simfactor.frames import Byte
from simfactor.render import StudioSpec

PICTURES = 256  # of a space


class Yardstick:
    """The features of one encoder, and pictures that are always of the same random numbers, so that two
    spaces are compared in pairs.

    target: pictures (m, s, s, 3) that nothing learns from. spec, seed: of a space's pictures.
    """

    def __init__(self, encoder: FactorEncoder, target: Byte, spec: StudioSpec, seed: int) -> None:
        self.encoder, self.spec, self.seed = encoder, spec, seed
        self._target = see(encoder, target).features
        self._taken: dict[str, Part] = {}

    def pictures(self, space: FactorSpace) -> Part:
        """Images of a space with their rows of the encoder's factors; rendered once."""
        if space.fingerprint not in self._taken:
            rows = space.sample(PICTURES, self.seed)
            with self.spec.open() as studio:
                images = studio.images(space, rows).rgb
            self._taken[space.fingerprint] = Part(images, rows[:, columns_of(self.encoder, space)])
        return self._taken[space.fingerprint]

    def gap(self, space: FactorSpace) -> Share:
        """Between pictures of a space and the target's."""
        return energy_share(see(self.encoder, self.pictures(space).images).features, self._target)
