"""Networks: images to numbers and back. Each is a pair of modules for square images of one of the sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from simfactor.encoders.networks import conv64, keypoints, linear, residual
from simfactor.errors import unknown_name


class Network(NamedTuple):
    """How to make the two halves; both raise SimfactorError for an image size they do not have."""

    encoder: Callable[[int, int], nn.Module]  # (image size, outputs): (n, 3, s, s) in [0, 1] -> (n, outputs)
    decoder: Callable[[int, int], nn.Module]  # (image size, latents): (n, latents) -> logits (n, 3, s, s)


NETWORKS: dict[str, Network] = {
    "keypoints": Network(keypoints.Encoder, keypoints.Decoder),
    "conv64": Network(conv64.Encoder, conv64.Decoder),
    "residual": Network(residual.Encoder, residual.Decoder),
    "linear": Network(linear.Encoder, linear.Decoder),
}


def network_named(name: str) -> Network:
    """The network of this name. Raises SimfactorError for another."""
    if name not in NETWORKS:
        raise unknown_name("network", name, NETWORKS)
    return NETWORKS[name]
