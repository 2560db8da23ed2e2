"""What the layers inside an encoder are given: its features, beside the latents that it makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simfactor.encoders.model import FactorEncoder

Features = NDArray[np.float32]


class Encoded(NamedTuple):
    """n images as an encoder sees them: latents (n, L), and what the first and the last dense layer of its
    network are given, (n, E) and (n, F)."""

    latents: Features
    early: Features
    features: Features


def encode_with_features(encoder: FactorEncoder, images: NDArray[np.uint8] | Tensor) -> Encoded:
    """Latents and features of images (n, s, s, 3) uint8. Raises SimfactorError for other images."""
    layers = dense_layers(encoder)
    with inputs_of(layers[0]) as early, inputs_of(layers[-1]) as late:
        latents = encoder.encode(images)
    return Encoded(latents, torch.cat(early).cpu().numpy(), torch.cat(late).cpu().numpy())


def dense_layers(encoder: FactorEncoder) -> list[nn.Linear]:
    """The dense layers of the network that reads images, in their order."""
    return [layer for layer in encoder.encoder.modules() if isinstance(layer, nn.Linear)]


@contextmanager
def inputs_of(layer: nn.Module) -> Iterator[list[Tensor]]:
    """What a layer is given, call by call, while the block runs."""
    given: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    try:
        yield given
    finally:
        hook.remove()
