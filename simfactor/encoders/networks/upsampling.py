"""The layer that doubles the size of a map."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d


class Doubling(nn.ConvTranspose2d):
    """A transposed 4 x 4 convolution of stride 2: (n, inputs, s, s) -> (n, outputs, 2 s, 2 s).

    The bias is added apart: with channels last, oneDNN takes longer to sum a transposed convolution's bias
    gradient than for all else of a 32 -> 32 layer's backward pass.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 4, stride=2, padding=1)

    def forward(self, maps: Tensor, output_size: list[int] | None = None) -> Tensor:
        """maps (n, inputs, s, s) -> (n, outputs, 2 s, 2 s); ``output_size`` is torch's and not used."""
        assert self.bias is not None
        doubled = conv_transpose2d(maps, self.weight, None, stride=2, padding=1)
        return doubled.add_(self.bias[:, None, None])
