"""Labelled images on the training device, and the batches that are drawn from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from simfactor.encoders.augment import photometric
from simfactor.encoders.codes import ideal_latents
from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.model import to_pixels
from simfactor.encoders.objectives import Batch
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace

COPIED_AT_ONCE = 4096
CPU = torch.device("cpu")  # orders are drawn here, so that they are the same on every device


@dataclass(frozen=True)
class LabelledImages:
    """N images with their exact latents and category indices, all on one device."""

    images: Tensor  # (N, s, s, 3) uint8
    codes: Tensor  # (N, L) float32
    categories: Tensor  # (N, K) int64
    fingerprint: str  # of images and labels

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, index: Tensor, augment: bool, generator: torch.Generator) -> Batch:
        """The images at ``index`` (n,); with ``augment`` the second half of them in another light."""
        pixels = to_pixels(self.images[index])
        clean = len(index)
        if augment:
            clean = (len(index) + 1) // 2
            pixels = torch.cat([pixels[:clean], photometric(pixels[clean:], generator)])
        return Batch(pixels, self.codes[index], self.categories[index], clean)


def put_on_device(
    images: NDArray[np.uint8] | Tensor,
    rows: NDArray[np.float64],
    layout: LatentLayout,
    space: FactorSpace,
    device: torch.device,
) -> LabelledImages:
    """Copy the images to the device once, in pieces, as uint8; batches are gathered there.

    images (N, s, s, 3) uint8 as array, memory map or tensor; rows (N, K). Raises SimfactorError when their
    numbers differ or a row is outside the space.
    """
    if len(images) != len(rows):
        raise SimfactorError(
            f"there are {len(images)} images but {len(rows)} rows of factors; give one row each."
        )
    rows = space.check(rows)
    digest = hashlib.blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=16)
    resident = torch.empty(tuple(images.shape), dtype=torch.uint8, device=device)
    for start in range(0, len(images), COPIED_AT_ONCE):
        part = images[start : start + COPIED_AT_ONCE]
        array = part.cpu().numpy() if isinstance(part, Tensor) else np.array(part)
        digest.update(array.tobytes())
        resident[start : start + COPIED_AT_ONCE] = torch.from_numpy(array)
    codes = torch.from_numpy(ideal_latents(space, layout, rows)).to(device)
    categories = torch.from_numpy(rows.astype(np.int64)).to(device)
    return LabelledImages(resident, codes, categories, digest.hexdigest())


def split(count: int, validation_share: float, *seed: int) -> tuple[Tensor, Tensor]:
    """Random training and validation indices. Raises SimfactorError when either would be empty."""
    held_out = round(count * validation_share)
    if not 0 < held_out < count:
        raise SimfactorError(
            f"validation_share={validation_share:g} of {count} images leaves {held_out} for validation and "
            f"{count - held_out} for training; both need at least one."
        )
    order = torch.randperm(count, generator=seeded(CPU, *seed))
    return order[held_out:], order[:held_out]


def epoch_batches(indices: Tensor, batch_size: int, *seed: int) -> Iterator[Tensor]:
    """The indices, shuffled, in batches; an incomplete last one is left for another epoch."""
    order = indices[torch.randperm(len(indices), generator=seeded(CPU, *seed))]
    for start in range(0, len(indices) - batch_size + 1, batch_size):
        yield order[start : start + batch_size]


def seeded(device: torch.device, *words: int) -> torch.Generator:
    """A generator of its own for these numbers: any epoch can be drawn without the ones before it."""
    state = int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed(state % 2**63)
