"""Encoders whose latents are separated factor by factor."""

from simfactor.encoders.codes import ideal_latents
from simfactor.encoders.editing import edit_images, edit_latents, exchange
from simfactor.encoders.layout import Block, LatentLayout
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
