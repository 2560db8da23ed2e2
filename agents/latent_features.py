"""A trained encoder as the first layers of an agent that acts on images, changed by what the agent learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from simfactor.encoders import FactorEncoder
from simfactor.encoders.pretrained import read_pretrained
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace


@dataclass(frozen=True)
class FineTune:
    """Start an agent on images from an encoder, and let what the agent learns change it.

    encoder: the folder of a trained one. blocks: the latents that the agent sees, by factor name, group or
    role; None for all. The decoder and what else training needed are left behind.
    """

    encoder: str | Path
    blocks: tuple[str, ...] | None = None

    def open(self, image_size: int) -> LatentFeatures:
        """The encoder, for images of this size. Raises SimfactorError if it is not there, or for others."""
        encoder = FactorEncoder.from_pretrained(self.encoder)
        if encoder.image_size != image_size:
            raise SimfactorError(
                f"the environment shows images of {image_size} pixels, but the encoder in {self.encoder} "
                f"sees {encoder.image_size}; make the environment with image_size={encoder.image_size}."
            )
        return LatentFeatures(encoder, self.blocks)

    def describe(self) -> dict[str, Any]:
        """What decides the result, as JSON-able data: the weights' checksum, not the folder's name."""
        _, config = read_pretrained(Path(self.encoder))
        blocks = None if self.blocks is None else list(self.blocks)
        return {"weights": config["weights_sha256"][:16], "blocks": blocks}


class LatentFeatures(nn.Module):
    """Images (n, 3, S, S) in [0, 1] -> chosen latents (n, F) of a :class:`FactorEncoder` without decoder.

    It never enters training mode: statistics over a batch of replayed images are not those it was trained
    with, so layers that keep any must not update them.

    Args:
        encoder: is taken over: its decoder goes.
        blocks: names of latent blocks, groups or roles; None for all.

    Raises SimfactorError for a block that the encoder does not have.
    """

    def __init__(self, encoder: FactorEncoder, blocks: Sequence[str] | None) -> None:
        super().__init__()
        layout = encoder.layout
        self._dims = list(range(layout.size)) if blocks is None else layout.dims(blocks).tolist()
        self._blocks = None if blocks is None else list(blocks)
        self.size = len(self._dims)
        encoder.decoder = nn.Identity()
        self.network = encoder.eval()

    def forward(self, images: Tensor) -> Tensor:
        """The chosen latents."""
        return self.network.latents(images)[:, self._dims]

    def train(self, mode: bool = True) -> LatentFeatures:
        """Stays in evaluation mode, whatever is asked."""
        return super().train(False)

    def describe(self) -> dict[str, Any]:
        """Plain data from which :meth:`described` makes one with other weights."""
        network = self.network
        return {
            "space": network.space.to_dict(),
            "image_size": network.image_size,
            "objective": network.objective,
            "residual": network.layout.blocks[-1].width,
            "network": network.network,
            "blocks": self._blocks,
        }

    @staticmethod
    def described(data: Mapping[str, Any]) -> LatentFeatures:
        """An untrained one of this description."""
        names = ("image_size", "objective", "residual", "network")
        encoder = FactorEncoder(FactorSpace.from_dict(data["space"]), *(data[name] for name in names))
        return LatentFeatures(encoder, data["blocks"])
