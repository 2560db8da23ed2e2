"""Factor-wise augmentation of latents: change what must not matter, one factor's block at a time.

Laskin et al. 2020 (RAD) augment pixels; here the observation is already separated by factor, so a block of
latents can be replaced as a whole by values that the same block takes elsewhere, and the policy learns to act
alike under both. Which blocks, the user says; the rest stays bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders.layout import RESIDUAL, LatentLayout
from simfactor.errors import SimfactorError, unknown_name

Kind: TypeAlias = Literal["swap", "resample"]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Augmentation:
    """One declared augmentation.

    factors: names of latent blocks, factor groups or roles; every block among them changes by itself.
    kind: ``swap`` exchanges a block between the samples of a batch; ``resample`` draws it from a bank of
    latents, which can hold values that the policy's own environment never shows.

    Raises SimfactorError for another kind or no factor.
    """

    factors: tuple[str, ...]
    kind: Kind = "swap"

    def __post_init__(self) -> None:
        names = (self.factors,) if isinstance(self.factors, str) else tuple(self.factors)
        object.__setattr__(self, "factors", names)
        if self.kind not in get_args(Kind):
            raise unknown_name("augmentation kind", self.kind, get_args(Kind))
        if not names:
            raise SimfactorError(
                "an augmentation without factors does nothing; name some, as in ('nuisance',)."
            )


def swap(batch: NDArray[Number], dims: NDArray[np.int64], generator: np.random.Generator) -> NDArray[Number]:
    """Permute one block between the samples of a batch, the whole block together. Ours.

    batch: (n, ..., L), samples on axis 0 and latents on the last; what lies between belongs to one sample and
    moves with it: (n, 2, L) holds an observation and the next, of which the light is the same.
    dims: (d,) dimensions of the block. Returns a new array; all other dimensions are equal bit for bit.
    """
    changed = batch.copy()
    changed[..., dims] = batch[..., dims][generator.permutation(len(batch))]
    return changed


def resample(
    batch: NDArray[Number],
    dims: NDArray[np.int64],
    bank: NDArray[np.floating],
    generator: np.random.Generator,
) -> NDArray[Number]:
    """Replace one block by draws from its empirical distribution, the whole block together. Ours.

    batch and dims as in :func:`swap`; bank: (m, L) latents, of images that show the factor's full range. A
    sample gets one row of the bank for all that it holds. Returns a new array.
    """
    values = bank[generator.integers(len(bank), size=len(batch))][:, dims]
    changed = batch.copy()
    changed[..., dims] = values.reshape(len(batch), *(1,) * (batch.ndim - 2), len(dims))
    return changed


@dataclass(frozen=True)
class LatentAugmenter:
    """Augmentations resolved to dimensions: what to do with each block, and the bank to resample from."""

    changes: tuple[tuple[Kind, NDArray[np.int64]], ...]
    bank: NDArray[np.floating] | None = None

    def __call__(self, batch: NDArray[Number], generator: np.random.Generator) -> NDArray[Number]:
        """The augmented copy of a batch (n, ..., L), every block changed independently of the others."""
        for kind, dims in self.changes:
            if kind == "resample":
                assert self.bank is not None  # resolve_augmentations sees to it
                batch = resample(batch, dims, self.bank, generator)
            else:
                batch = swap(batch, dims, generator)
        return batch


def resolve_augmentations(
    augmentations: Iterable[Augmentation],
    layout: LatentLayout | None,
    bank: NDArray[np.floating] | None = None,
) -> LatentAugmenter:
    """The augmenter for observations of the given layout; ``bank`` (m, L) is what ``resample`` draws from.

    Raises SimfactorError for names that the layout has not, a block named twice, a block of a task factor
    (the reward would no longer fit what the policy sees) and a bank that is missing or of another width.
    """
    augmentations = tuple(augmentations)
    if not augmentations:
        return LatentAugmenter(())
    if layout is None:
        raise SimfactorError("augmentations need the layout of the latents; pass layout=encoder.layout.")
    changes: dict[str, tuple[Kind, NDArray[np.int64]]] = {}
    for augmentation in augmentations:
        for block in blocks_of(layout, augmentation.factors):
            if block in layout.roles.get("task", ()):
                raise SimfactorError(
                    f"augmenting {block!r} would hide from the policy what its task is; name nuisance "
                    f"factors: {', '.join(layout.roles.get('nuisance', ())) or '(none)'}, {RESIDUAL}."
                )
            if block in changes:
                raise SimfactorError(f"block {block!r} is augmented twice; name it in one augmentation only.")
            changes[block] = (augmentation.kind, layout.dims(block))
    if any(kind == "resample" for kind, _ in changes.values()):
        _check_bank(bank, layout)
    return LatentAugmenter(tuple(changes.values()), bank)


def blocks_of(layout: LatentLayout, names: Sequence[str]) -> tuple[str, ...]:
    """Blocks, in the layout's order, of block, group or role names. Raises SimfactorError for unknown names
    and for names that stand for no latent at all."""
    dims = set(layout.dims(names).tolist())
    blocks = tuple(block for block in layout.names if dims.intersection(layout.dims(block).tolist()))
    if not blocks:
        raise SimfactorError(f"{', '.join(names)}: no latents there; the layout has {_widths(layout)}.")
    return blocks


def observed_layout(layout: LatentLayout, names: Sequence[str] | None) -> LatentLayout:
    """The layout of an observation that holds some blocks of a larger layout, in the larger one's order.

    ``names`` as for ``LatentObservation(factors=...)``; None keeps all. Raises SimfactorError as
    :func:`blocks_of` does.
    """
    if names is None:
        return layout
    chosen = blocks_of(layout, names)
    blocks = [block for block in layout.blocks if block.name in chosen and block.name != RESIDUAL]
    residual = len(layout.dims(RESIDUAL)) if RESIDUAL in chosen else 0
    return LatentLayout((*blocks, *LatentLayout.unlabelled(residual).blocks))


def _check_bank(bank: NDArray[np.floating] | None, layout: LatentLayout) -> None:
    if bank is None:
        raise SimfactorError(
            "resample draws from a bank of latents; pass latent_bank=encoder.encode(images), "
            "of images that vary the factor, or use kind='swap'."
        )
    if bank.ndim != 2 or bank.shape[1] != layout.size or not len(bank):
        raise SimfactorError(
            f"the latent bank has shape {bank.shape}; it must be (m, {layout.size}) like {_widths(layout)}."
        )


def _widths(layout: LatentLayout) -> str:
    return ", ".join(f"{block.name} ({block.width})" for block in layout.blocks)
