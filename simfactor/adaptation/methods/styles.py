"""Source images in the look of target images: what is where stays, light and colours are the other's."""

from __future__ import annotations

import torch
from torch import Tensor

SHARE = 0.05  # half of the window of low frequencies, as a share of the image's side
DARKEST = 1 / 255  # whose logarithm is taken
# RGB to cone responses, and their logarithms to axes (Reinhard et al. 2001, equations 4 and 6)
CONES = torch.tensor(
    [[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]], dtype=torch.float64
)
AXES = torch.diag(torch.tensor([3.0, 6.0, 2.0], dtype=torch.float64).rsqrt()) @ torch.tensor(
    [[1.0, 1, 1], [1, 1, -2], [1, -1, 0]], dtype=torch.float64
)


def low_frequencies(source: Tensor, target: Tensor, share: float = SHARE) -> Tensor:
    """Source images with the amplitudes of the target's lowest frequencies and their own phases.

    Fourier domain adaptation (Yang & Soatto 2020, equation 1). Pixels (n, 3, s, s) in [0, 1] twice -> the
    same. Frequencies up to floor(share * s) cycles an image are exchanged, one target image for each.
    """
    own, other = torch.fft.rfft2(source), torch.fft.rfft2(target)
    reach = int(share * source.shape[-1])
    rows = torch.fft.fftfreq(source.shape[-2], 1 / source.shape[-2], device=source.device).abs() <= reach
    low = rows[:, None] & (torch.arange(own.shape[-1], device=source.device) <= reach)
    mixed = torch.polar(torch.where(low, other.abs(), own.abs()), own.angle())
    return torch.fft.irfft2(mixed, s=source.shape[-2:]).clamp(0, 1)


def colour_statistics(source: Tensor, target: Tensor) -> Tensor:
    """Source images with the target's means and standard deviations of colours (Reinhard et al. 2001).

    Along the paper's three axes of logarithmic cone responses (equations 10 and 11). Pixels (n, 3, s, s) in
    [0, 1] twice -> the same, one target image for each.
    """
    own, other = _axes(source), _axes(target)
    spread, mean = torch.std_mean(own, dim=(2, 3), keepdim=True)
    wanted, shift = torch.std_mean(other, dim=(2, 3), keepdim=True)
    moved = (own - mean) * (wanted / spread.clamp(min=1e-3)) + shift
    return _channels(torch.linalg.inv(CONES), _channels(torch.linalg.inv(AXES), moved).exp()).clamp(0, 1)


def _axes(pixels: Tensor) -> Tensor:
    return _channels(AXES, _channels(CONES, pixels.clamp(min=DARKEST)).log())


def _channels(matrix: Tensor, pixels: Tensor) -> Tensor:
    return torch.einsum("ij,njhw->nihw", matrix.to(pixels), pixels)
