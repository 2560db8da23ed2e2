"""First weights for networks that must carry a signal from their first step on."""

from __future__ import annotations

from torch import nn


def keep_variance(*parts: nn.Module) -> None:
    """Draw the weights of all layers with a bias so that a ReLU network keeps the variance, in place.

    He et al. 2015, eq. 10: normal with variance 2 / fan-in, biases 0; from torch's global generator, as
    layers draw theirs. With torch's own first weights, networks without normalisation damp what they are
    given: codes of different images hardly differ, nor do pictures of different codes, and an InfoGAN or a
    quantised autoencoder does not leave that state. Meant for all layers but the last.
    """
    for layer in (layer for part in parts for layer in part.modules()):
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and layer.bias is not None:
            nn.init.normal_(layer.weight, std=(2 / _inputs(layer)) ** 0.5)
            nn.init.zeros_(layer.bias)


def _inputs(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """How many numbers a number of the output is a sum of."""
    if isinstance(layer, nn.Linear):
        return layer.in_features
    cells = layer.kernel_size[0] * layer.kernel_size[1]
    shared = layer.stride[0] * layer.stride[1] if isinstance(layer, nn.ConvTranspose2d) else 1
    return layer.in_channels * cells / shared
