"""Labelled images, or pairs of them, on the training device, and the batches that are drawn from them."""

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
from simfactor.encoders.objectives.objective import Batch, Pairing
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.factors.canonical import check_canonical

COPIED_AT_ONCE = 4096
CPU = torch.device("cpu")  # orders are drawn here, so that they are the same on every device
MAKERS = {"changes": "intervention_pairs", "canonical": "canonical_pairs"}  # of simfactor.data
LABELLED_SHARE = 0.25  # of a batch is drawn from the labelled images where labels are few


@dataclass(frozen=True)
class LabelledImages:
    """N units, images or pairs of them, with their exact latents and category indices, all on one device.

    Arrays of pairs have an axis of length 2 behind the first, before and after the change.
    """

    images: Tensor  # (N[, 2], s, s, 3) uint8
    codes: Tensor  # (N[, 2], L) float32
    categories: Tensor  # (N[, 2], K) int64
    changed: Tensor | None  # (N, K) bool of pairs
    known: Tensor  # (N, K) bool, labels that may be learned from
    fingerprint: str  # of images and labels

    def __len__(self) -> int:
        return len(self.images)

    @property
    def images_per_unit(self) -> int:
        """1, or 2 for pairs."""
        return 1 if self.changed is None else 2

    def batch(
        self, index: Tensor, generator: torch.Generator, augment: bool = False, noise: float = 0.0
    ) -> Batch:
        """The units at ``index`` (n,), some in another light with ``augment``.

        Of single images the second half is shown so; of pairs, which must not change in more than their
        factors, every other one before the change is shown so once more, behind the pairs. ``noise`` is the
        standard deviation of what is added to the pixels that the encoder sees.
        """
        units = [tensor[index] for tensor in (self.images, self.codes, self.categories)]
        known, changed = self.known[index], None
        if self.changed is not None:
            changed, known = self.changed[index], known.repeat(2, 1)
            units = [unit.transpose(0, 1).flatten(0, 1) for unit in units]  # all before, then all after
        clean = len(units[0])
        if augment and changed is not None:
            again = slice(0, len(changed), 2)
            *units, known = (torch.cat([unit, unit[again]]) for unit in (*units, known))
        elif augment:
            clean = (clean + 1) // 2
        images, codes, categories = units
        targets = to_pixels(images)
        if clean < len(targets):
            targets = torch.cat([targets[:clean], photometric(targets[clean:], generator)])
        pixels = targets
        if noise > 0:
            drawn = torch.randn(targets.shape, generator=generator, device=targets.device)
            pixels = (targets + noise * drawn).clamp(0, 1)
        return Batch(pixels, targets, codes, categories, clean, known, changed)


def put_on_device(
    images: NDArray[np.uint8] | Tensor,
    rows: NDArray[np.float64],
    layout: LatentLayout,
    space: FactorSpace,
    device: torch.device,
    pairs: Pairing | None = None,
) -> LabelledImages:
    """Copy the images to the device once, in pieces, as uint8; batches are gathered there.

    images (N, s, s, 3) uint8 as array, memory map or tensor with rows (N, K); or pairs (N, 2, s, s, 3) with
    rows (N, 2, K), which are taken as single images unless ``pairs`` says what they are needed as. A value
    of a single image that is nan is not known. Raises SimfactorError when their numbers differ, a row is
    outside the space, the images are single and pairs are needed, or the pairs are not canonical and should
    be.
    """
    if len(images) != len(rows) or images.shape[:-3] != rows.shape[:-1]:
        raise SimfactorError(
            f"there are {len(images)} images but {len(rows)} rows of factors; give one row each "
            f"(shapes are {tuple(images.shape)} and {tuple(rows.shape)})."
        )
    if pairs is not None and images.ndim != 5:
        raise SimfactorError(
            f"images have shape {tuple(images.shape)}; this objective learns from pairs, "
            "(n, 2, size, size, 3) with rows (n, 2, factors); render them with "
            f"simfactor.data.{MAKERS[pairs]}."
        )
    digest = hashlib.blake2b(digest_size=16)
    flat = np.asarray(rows, np.float64).reshape(-1, rows.shape[-1])
    flat = space.check(flat, partial=pairs is None)
    known = ~np.isnan(flat)
    if not known.all():
        flat = np.where(known, flat, space.sample(1, seed=0))  # nobody looks at these
    digest.update(np.ascontiguousarray(flat).tobytes())
    if not known.all():
        digest.update(known.tobytes())
    if pairs == "canonical":
        check_canonical(space, rows)
    resident = _copied(images, device, digest)
    units = (len(flat),) if pairs is None else rows.shape[:-1]
    codes = torch.from_numpy(ideal_latents(space, layout, flat)).to(device)
    categories = torch.from_numpy(flat.astype(np.int64)).to(device)
    changed = None if pairs is None else torch.from_numpy(rows[:, 0] != rows[:, 1]).to(device)
    return LabelledImages(
        resident.reshape(*units, *resident.shape[-3:]),
        codes.reshape(*units, -1),
        categories.reshape(*units, -1),
        changed,
        torch.from_numpy(known[: units[0]]).to(device),
        digest.hexdigest(),
    )


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


def with_labelled(index: Tensor, labelled: Tensor, generator: torch.Generator) -> Tensor:
    """A batch's index (n,) with a share of it replaced by random ones of the few ``labelled`` (m,)."""
    count = max(1, round(LABELLED_SHARE * len(index)))
    drawn = labelled[torch.randint(len(labelled), (count,), generator=generator)]
    return torch.cat([drawn, index[count:]])  # in front, where images are clean


def seeded(device: torch.device, *words: int) -> torch.Generator:
    """A generator of its own for these numbers: any epoch can be drawn without the ones before it."""
    state = int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed(state % 2**63)


def _copied(images: NDArray[np.uint8] | Tensor, device: torch.device, digest: hashlib.blake2b) -> Tensor:
    """The images on the device in their own shape; every byte goes through the digest."""
    resident = torch.empty(tuple(images.shape), dtype=torch.uint8, device=device)
    for start in range(0, len(images), COPIED_AT_ONCE):
        part = images[start : start + COPIED_AT_ONCE]
        array = part.cpu().numpy() if isinstance(part, Tensor) else np.array(part)
        digest.update(array.tobytes())
        resident[start : start + COPIED_AT_ONCE] = torch.from_numpy(array)
    return resident
