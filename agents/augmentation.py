"""Factor-wise augmentation of latents: change what must not matter, one factor's block at a time.

Laskin et al. 2020 (RAD) augment pixels; here the observation is already separated by factor, so a block of
latents can be replaced as a whole by values that the same block takes elsewhere, and the policy learns to act
alike under both. Which blocks, the user says; the rest stays bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from simfactor.agents.latent_changes import drop, mix, noise, resample, swap
from simfactor.agents.schedule import check_rise, risen
from simfactor.encoders.layout import RESIDUAL, LatentLayout
from simfactor.errors import SimfactorError, unknown_name

Kind: TypeAlias = Literal["swap", "resample", "mix", "noise", "drop"]
Number = TypeVar("Number", bound=np.floating[Any])
WITHIN_BATCH: dict[str, Callable[..., NDArray[Any]]] = {"swap": swap, "drop": drop}
FROM_BANK: dict[str, Callable[..., NDArray[Any]]] = {"resample": resample, "mix": mix, "noise": noise}
AT_MOST_1 = ("swap", "resample", "mix")  # whose strength is a share
DEFAULT_STRENGTH: dict[str, float] = {"swap": 1.0, "resample": 1.0, "mix": 1.0, "noise": 1.0, "drop": 0.5}


@dataclass(frozen=True)
class Augmentation:
    """One declared augmentation.

    factors: names of latent blocks, factor groups or roles; every block among them changes by itself.
    kind: what happens to a block (:mod:`simfactor.agents.latent_changes`). ``swap`` exchanges it between the
        samples of a batch, ``drop`` puts 0 in its place. The others need a bank of latents, which can hold
        values that the policy's own environment never shows: ``resample`` draws the block from there, ``mix``
        moves it that way, ``noise`` is as wide as the block varies there.
    strength: the share of samples that are changed (``swap``, ``resample``, 1; ``drop``, 0.5), how far at
        most (``mix``, 1), or how many standard deviations (``noise``, 1); None takes the number in brackets.
    rise: share of the training over which the strength rises from 0.

    Raises SimfactorError for another kind, no factor, and a strength or rise out of range.
    """

    factors: tuple[str, ...]
    kind: Kind = "swap"
    strength: float | None = None
    rise: float = 0.0

    def __post_init__(self) -> None:
        names = (self.factors,) if isinstance(self.factors, str) else tuple(self.factors)
        object.__setattr__(self, "factors", names)
        if self.kind not in get_args(Kind):
            raise unknown_name("augmentation kind", self.kind, get_args(Kind))
        if not names:
            raise SimfactorError(
                "an augmentation without factors does nothing; name some, as in ('nuisance',)."
            )
        if self.strength is None:
            object.__setattr__(self, "strength", DEFAULT_STRENGTH[self.kind])
        _check_strength(self.kind, self.amount)
        check_rise(self.rise)

    @property
    def amount(self) -> float:
        """The strength as a number."""
        assert self.strength is not None  # replaced in __post_init__
        return self.strength

    def strength_at(self, progress: float) -> float:
        """The strength when a share ``progress`` of the training is done."""
        return risen(self.amount, self.rise, progress)


@dataclass(frozen=True)
class LatentAugmenter:
    """Augmentations resolved to dimensions: what to do with each block, and the bank to draw from."""

    changes: tuple[tuple[Augmentation, NDArray[np.int64]], ...]
    bank: NDArray[np.floating] | None = None

    def __call__(
        self, batch: NDArray[Number], generator: np.random.Generator, progress: float = 1.0
    ) -> NDArray[Number]:
        """The augmented copy of a batch (n, ..., L), every block changed independently of the others.

        ``progress``: share of the training that is done.
        """
        for augmentation, dims in self.changes:
            strength = augmentation.strength_at(progress)
            if strength == 0:
                continue
            if augmentation.kind in FROM_BANK:
                batch = FROM_BANK[augmentation.kind](batch, dims, self.bank, generator, strength)
            else:
                batch = WITHIN_BATCH[augmentation.kind](batch, dims, generator, strength)
        return batch


def resolve_augmentations(
    augmentations: Iterable[Augmentation],
    layout: LatentLayout | None,
    bank: NDArray[np.floating] | None = None,
) -> LatentAugmenter:
    """The augmenter for observations of the given layout; ``bank`` (m, L) is needed by ``FROM_BANK``.

    Raises SimfactorError for names that the layout has not, a block named twice, a block of a task factor
    (the reward would no longer fit what the policy sees) and a bank that is missing or of another width.
    """
    augmentations = tuple(augmentations)
    if not augmentations:
        return LatentAugmenter(())
    if layout is None:
        raise SimfactorError("augmentations need the layout of the latents; pass layout=encoder.layout.")
    changes: dict[str, tuple[Augmentation, NDArray[np.int64]]] = {}
    for augmentation in augmentations:
        for block in blocks_of(layout, augmentation.factors):
            if block in layout.roles.get("task", ()):
                raise SimfactorError(
                    f"augmenting {block!r} would hide from the policy what its task is; name nuisance "
                    f"factors: {', '.join(layout.roles.get('nuisance', ())) or '(none)'}, {RESIDUAL}."
                )
            if block in changes:
                raise SimfactorError(f"block {block!r} is augmented twice; name it in one augmentation only.")
            changes[block] = (augmentation, layout.dims(block))
    for augmentation in augmentations:
        if augmentation.kind in FROM_BANK:
            _check_bank(bank, layout, augmentation.kind)
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


def _check_strength(kind: Kind, strength: float) -> None:
    if not strength > 0 or (kind in AT_MOST_1 and strength > 1):
        most = " and at most 1" if kind in AT_MOST_1 else ""
        raise SimfactorError(f"strength={strength!r} of {kind!r} must be above 0{most}.")
    if kind == "drop" and strength >= 1:
        raise SimfactorError(
            f"strength={strength!r} of 'drop' must be below 1: a block that is 0 in all that is learned from "
            "is new to the policy when it acts. Leave it out with blocks, which names what is seen."
        )


def _check_bank(bank: NDArray[np.floating] | None, layout: LatentLayout, kind: Kind) -> None:
    if bank is None:
        raise SimfactorError(
            f"{kind} draws from a bank of latents; pass latent_bank=encoder.encode(images), "
            "of images that vary the factor, or use kind='swap'."
        )
    if bank.ndim != 2 or bank.shape[1] != layout.size or not len(bank):
        raise SimfactorError(
            f"the latent bank has shape {bank.shape}; it must be (m, {layout.size}) like {_widths(layout)}."
        )


def _widths(layout: LatentLayout) -> str:
    return ", ".join(f"{block.name} ({block.width})" for block in layout.blocks)
