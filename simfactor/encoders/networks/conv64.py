"""The encoder and decoder that most of the literature on disentanglement uses, to compare with it.

Four 4 x 4 convolutions of stride 2 and a dense layer, ReLU, no normalisation of inputs or layers (Burgess et
al. 2018, "Understanding disentangling in beta-VAE", appendix A.1; with the channels of Locatello et al. 2019,
"Challenging common assumptions", table 1, whose later two kernels are 2 x 2). 128 x 128 has one more stage.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from simfactor.encoders.networks.initial import keep_variance
from simfactor.encoders.networks.sizes import BOTTOM, channels_for
from simfactor.encoders.networks.upsampling import Doubling

CHANNELS = {64: (32, 32, 64, 64), 128: (32, 32, 64, 64, 64)}  # image size -> channels at s/2, s/4, ...
HIDDEN = 256


class Encoder(nn.Sequential):
    """Images to ``outputs`` numbers. Raises SimfactorError for an image size without a network."""

    def __init__(self, image_size: int, outputs: int) -> None:
        channels = channels_for(CHANNELS, image_size)
        super().__init__(
            *(
                layer
                for a, b in pairwise((3, *channels))
                for layer in (nn.Conv2d(a, b, 4, stride=2, padding=1), nn.ReLU(inplace=True))
            ),
            nn.Flatten(),
            nn.Linear(channels[-1] * BOTTOM**2, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, outputs),
        )
        keep_variance(*list(self)[:-1])

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels (n, 3, s, s) float in [0, 1] -> (n, outputs)."""
        outputs: Tensor = super().forward(pixels)
        return outputs


class Decoder(nn.Sequential):
    """Latents to the logits of pixels: the encoder's mirror image."""

    def __init__(self, image_size: int, latents: int) -> None:
        channels = channels_for(CHANNELS, image_size)[::-1]
        super().__init__(
            nn.Linear(latents, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, channels[0] * BOTTOM**2),
            nn.ReLU(),
            nn.Unflatten(1, (channels[0], BOTTOM, BOTTOM)),
            *(layer for a, b in pairwise(channels) for layer in (Doubling(a, b), nn.ReLU(inplace=True))),
            Doubling(channels[-1], 3),
        )
        keep_variance(*list(self)[:-1])

    def forward(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> pixel logits (n, 3, s, s)."""
        pixels: Tensor = super().forward(latents)
        return pixels
