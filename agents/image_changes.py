"""What can be done to the images of a batch: pure functions.

Of all: images (n, C, h, w), float in [0, 1], each sample changed by a draw of its own from ``generator``; a
new tensor of the same shape is returned. Another light is :func:`simfactor.encoders.augment.photometric`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

KERNEL = 3  # pixels across a random filter


def shift(images: Tensor, generator: torch.Generator, pixels: float = 4) -> Tensor:
    """Move each image by up to ``pixels`` along both axes; what enters repeats the border.

    DrQ's random shift (Kostrikov et al. 2021, arXiv:2004.13649, section 4.1): pad by replication, crop at
    random. Here the crop is a look-up at indices that stop at the border, which is the same.
    """
    count, channels, height, width = images.shape
    most = round(pixels)
    move = torch.randint(-most, most + 1, (2, count, 1), generator=generator)
    rows = (torch.arange(height) + move[0]).clamp(0, height - 1)
    columns = (torch.arange(width) + move[1]).clamp(0, width - 1)
    places = (rows[:, :, None] * width + columns[:, None, :]).view(count, 1, -1)
    return images.flatten(2).gather(2, places.expand(-1, channels, -1)).view(images.shape)


def convolution(images: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Replace each image, or a share ``strength`` in the mixture, by itself under a random 3 x 3 filter.

    Random convolution (Lee et al. 2020, arXiv:1910.05396): colours and textures change, shapes stay. Weights
    are normal and a sigmoid brings the result back to [0, 1], as in SVEA (Hansen et al. 2021).
    """
    channels = images.shape[1]
    weights = torch.randn(len(images), channels, channels, KERNEL, KERNEL, generator=generator)
    padded = pad(images, (KERNEL // 2,) * 4, mode="replicate").unsqueeze(1)
    # one call with a group per image takes longer on a CPU
    filtered = torch.cat([conv2d(image, kernel) for image, kernel in zip(padded, weights, strict=True)])
    return torch.lerp(images, filtered.sigmoid_(), strength)
