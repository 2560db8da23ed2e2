"""Critics: networks that tell two kinds of latents or of images apart. Each gives one logit a sample.

They have no normalisation: a critic that sees statistics of its batch judges batches, not samples, and a
penalty on its gradients would mix the samples.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

SLOPE = 0.2  # of the leaky ReLUs, as usual in critics
CHANNELS = (16, 32, 64, 128)  # at s/2, s/4, ...
BOTTOM = 4  # cells a side of what is judged at the end


class LatentCritic(nn.Module):
    """Latents (n, L) to logits (n,): a plain multi-layer perceptron (Kim & Mnih 2018, appendix A)."""

    def __init__(self, latents: int, hidden: int = 512, layers: int = 4) -> None:
        super().__init__()
        widths = (latents, *[hidden] * layers)
        self.body = nn.Sequential(
            *(layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.LeakyReLU(SLOPE))),
            nn.Linear(hidden, 1),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> logits (n,), positive for the first kind."""
        logits: Tensor = self.body(latents)
        return logits.squeeze(1)


class ImageCritic(nn.Module):
    """Pixels (n, 3, s, s) to logits (n,): four convolutions of stride 2; images above 64 are pooled then."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(layer for a, b in pairwise((3, *CHANNELS)) for layer in _halve(a, b)),
            nn.AdaptiveAvgPool2d(BOTTOM),
            nn.Flatten(),
            nn.Linear(CHANNELS[-1] * BOTTOM**2, 1),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels (n, 3, s, s) in [0, 1] -> logits (n,), positive for real."""
        logits: Tensor = self.body(2 * pixels - 1)
        return logits.squeeze(1)


def _halve(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE)
