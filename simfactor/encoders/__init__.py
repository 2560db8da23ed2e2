"""Encoders whose latents are separated factor by factor. Torch is loaded with the first that needs it."""

from typing import TYPE_CHECKING

from simfactor.encoders.codes import ideal_latents
from simfactor.encoders.layout import Block, LatentLayout
from simfactor.lazy import lazily

if TYPE_CHECKING:
    from simfactor.encoders.editing import edit_images, edit_latents, exchange
    from simfactor.encoders.model import FactorEncoder
    from simfactor.encoders.objectives import OBJECTIVES
    from simfactor.encoders.train import train_encoder
    from simfactor.encoders.traversals import latent_traversals, tile, walks

__all__ = [
    "OBJECTIVES",
    "Block",
    "FactorEncoder",
    "LatentLayout",
    "edit_images",
    "edit_latents",
    "exchange",
    "ideal_latents",
    "latent_traversals",
    "tile",
    "train_encoder",
    "walks",
]

__getattr__ = lazily(
    __name__,
    {
        "editing": ("edit_images", "edit_latents", "exchange"),
        "model": ("FactorEncoder",),
        "objectives": ("OBJECTIVES",),
        "train": ("train_encoder",),
        "traversals": ("latent_traversals", "tile", "walks"),
    },
)
