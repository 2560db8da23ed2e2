"""Statistics of channels made those of the source again, without any training."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from simfactor.encoders import FactorEncoder
from simfactor.encoders.features import dense_layers
from simfactor.frames import Byte

LEAST = 1e-4  # standard deviation of a channel that is corrected: others are as good as constant


def matched(encoder: FactorEncoder, source: Byte, target: Byte) -> None:
    """Give each channel the source's mean and variance on the target's images, layer after layer.

    Adaptive batch normalisation (Li et al. 2016) for networks that normalise by groups, where no stored
    statistics can be exchanged: an affine correction of each channel, folded into the layer's own weight and
    bias. Corrected are the normalising layers, or the convolutions where there is none, and the dense layers
    but the last; each in turn, with those before it corrected already. Images (n, s, s, 3) uint8; the
    encoder is changed in place.
    """
    layers = corrected_layers(encoder)
    wanted = [_moments(encoder, layer, source) for layer in layers]
    for layer, (mean, deviation) in zip(layers, wanted, strict=True):
        found, spread = _moments(encoder, layer, target)
        alive = (deviation > LEAST) & (spread > LEAST)
        scale = torch.where(alive, deviation / spread.clamp(min=LEAST), 1.0)
        _fold(layer, scale, torch.where(alive, mean - scale * found, 0.0))


def corrected_layers(encoder: FactorEncoder) -> list[nn.Module]:
    """The layers whose outputs are corrected, in the order in which the network uses them."""
    modules = list(encoder.encoder.modules())
    kind = nn.GroupNorm if any(isinstance(m, nn.GroupNorm) for m in modules) else nn.Conv2d
    dense = dense_layers(encoder)[:-1]
    return [m for m in modules if isinstance(m, kind) or m in dense]


def _moments(encoder: FactorEncoder, layer: nn.Module, images: Byte) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (c,) of a layer's channels over images and cells."""
    sums: list[Tensor] = []

    def add(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:  # a later layer may overwrite it
        channels = output.transpose(0, 1).flatten(1).double()
        count = torch.full_like(channels[:, 0], channels.shape[1])
        sums.append(torch.stack([count, channels.sum(dim=1), channels.square().sum(dim=1)]))

    hook = layer.register_forward_hook(add)
    try:
        encoder.encode(images)
    finally:
        hook.remove()
    count, first, second = torch.stack(sums).sum(dim=0)
    mean = first / count
    return mean.float(), (second / count - mean.square()).clamp(min=0).sqrt().float()


@torch.no_grad()
def _fold(layer: nn.Module, scale: Tensor, shift: Tensor) -> None:
    """scale * output + shift, as the layer's own weight and bias."""
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    weight.mul_(scale.reshape(-1, *[1] * (weight.ndim - 1)))
    bias.mul_(scale).add_(shift)
