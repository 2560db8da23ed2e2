"""Augmentation of replayed images: which changes, and which of them the value's target may see.

DrQ (Kostrikov et al. 2021, arXiv:2004.13649) changes everything that is learned from. That suits small
changes; strong ones make the target noisy, and training suffers. SVEA (Hansen et al. 2021, arXiv:2107.00644)
computes target and policy from clean images, and lets only the critic see strongly changed ones beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

import torch
from torch import Tensor

from simfactor.agents.image_changes import convolution, shift
from simfactor.agents.schedule import check_rise, risen
from simfactor.encoders.augment import photometric
from simfactor.errors import SimfactorError, unknown_name

ImageKind: TypeAlias = Literal["shift", "photometric", "convolution", "rerender"]
Target: TypeAlias = Literal["changed", "clean"]
CHANGES: dict[str, Callable[[Tensor, torch.Generator, float], Tensor]] = {
    "shift": shift,
    "photometric": photometric,
    "convolution": convolution,
}
SHARES = ("convolution", "rerender")  # whose strength is one
DEFAULT_STRENGTH = {"shift": 4.0, "photometric": 1.0, "convolution": 1.0, "rerender": 1.0}


@dataclass(frozen=True)
class ImageAugmentation:
    """One declared augmentation of images.

    kind: ``shift``, ``photometric``, ``convolution`` (:mod:`simfactor.agents.image_changes`), or
        ``rerender``: the same state with other nuisance factors, which the environment has to show
        (:class:`simfactor.envs.CounterfactualObservation`).
    strength: pixels (``shift``, 4), times the ranges (``photometric``, 1), share in the mixture
        (``convolution``, 1), share of the samples (``rerender``, 1); None takes the number in brackets.
    target: ``changed``: observations and successors are changed, each by itself, before anything is computed.
        ``clean``: target and policy are computed without this change, and the critic learns the target from
        both. ``rerender`` is always so.
    consistency: weight of what the actor pays, beside its loss, for another mean action on the changed view
        than on the clean one: their squared difference, summed over the action. Of ``clean`` ones only.
    rise: share of the training over which the strength rises from 0, of ``shift`` in whole pixels.

    Raises SimfactorError for other kinds, targets, strengths, weights and rises.
    """

    kind: ImageKind = "shift"
    strength: float | None = None
    target: Target = "changed"
    consistency: float = 0.0
    rise: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(ImageKind):
            raise unknown_name("image augmentation kind", self.kind, get_args(ImageKind))
        if self.target not in get_args(Target):
            raise unknown_name("target", self.target, get_args(Target))
        if self.strength is None:
            object.__setattr__(self, "strength", DEFAULT_STRENGTH[self.kind])
        _check_strength(self.kind, self.amount)
        check_rise(self.rise)
        if not self.consistency >= 0 or (self.consistency and self.target != "clean"):
            raise SimfactorError(
                f"consistency={self.consistency!r} of {self.kind!r} (target: {self.target}) must be 0 or "
                "more, and 0 unless target is clean: otherwise there is no clean view to agree with."
            )
        if self.kind == "rerender" and self.target != "clean":
            raise SimfactorError(
                "rerender shows the critic a second picture of the state, of which no target is computed; "
                "write target: clean."
            )

    @property
    def amount(self) -> float:
        """The strength as a number."""
        assert self.strength is not None  # replaced in __post_init__
        return self.strength

    def amount_at(self, progress: float) -> float:
        """The strength when a share ``progress`` of the training is done."""
        return risen(self.amount, self.rise, progress)


class Views(NamedTuple):
    """Images (n, 3, S, S) of a batch: observations, successors, and changed observations or None."""

    now: Tensor
    then: Tensor
    changed: Tensor | None


@dataclass(frozen=True)
class ImageAugmenter:
    """Image augmentations in the order in which they are applied. Raises SimfactorError for two rerenders."""

    changes: tuple[ImageAugmentation, ...] = ()

    def __post_init__(self) -> None:
        if sum(change.kind == "rerender" for change in self.changes) > 1:
            raise SimfactorError("rerender is named twice; name all its factors in one augmentation.")

    @property
    def rerenders(self) -> bool:
        """Whether it needs the counterfactual pictures of an environment."""
        return any(change.kind == "rerender" for change in self.changes)

    @property
    def consistency(self) -> float:
        """The weight of the actor's agreement on clean and changed views: changes make one view together."""
        return sum(change.consistency for change in self.changes)

    def __call__(
        self,
        now: Tensor,
        then: Tensor,
        counterfactual: Tensor | None,
        generator: torch.Generator,
        progress: float = 1.0,
    ) -> Views:
        """The views of a batch of images (n, 3, S, S) in [0, 1].

        ``counterfactual``: what an environment shows beside ``now``, for ``rerender``. ``progress``: share of
        the training that is done.
        """
        everywhere = [change for change in self.changes if change.target == "changed"]
        critic_only = [change for change in self.changes if change.target == "clean"]
        other = self._other(now, counterfactual, generator, progress)
        now, then = (_changed(images, everywhere, generator, progress) for images in (now, then))
        if not critic_only:
            return Views(now, then, None)
        changed = now if other is None else _changed(other, everywhere, generator, progress)
        return Views(now, then, _changed(changed, critic_only, generator, progress))

    def counterpart(
        self,
        images: Tensor,
        counterfactual: Tensor | None,
        generator: torch.Generator,
        progress: float = 1.0,
    ) -> Tensor:
        """Images (n, 3, S, S) in [0, 1] as all changes together leave them, whatever their target."""
        other = self._other(images, counterfactual, generator, progress)
        return _changed(images if other is None else other, self.changes, generator, progress)

    def _other(
        self, images: Tensor, counterfactual: Tensor | None, generator: torch.Generator, progress: float
    ) -> Tensor | None:
        """The images, a share of them rendered again; None if none ever are."""
        for change in self.changes:
            if change.kind == "rerender":
                assert counterfactual is not None  # train_agent looked for it in the observation space
                share = change.amount_at(progress)
                if share == 1:
                    return counterfactual
                chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < share
                return torch.where(chosen, counterfactual, images)
        return None


def _changed(
    images: Tensor, changes: Iterable[ImageAugmentation], generator: torch.Generator, progress: float
) -> Tensor:
    """What the augmenter itself can do: all but ``rerender``."""
    for change in changes:
        strength = change.amount_at(progress)
        if change.kind != "rerender" and strength > 0:
            images = CHANGES[change.kind](images, generator, strength)
    return images


def _check_strength(kind: str, strength: float) -> None:
    if kind == "shift" and (strength < 1 or strength != int(strength)):
        raise SimfactorError(f"strength={strength!r} of 'shift' must be a whole number of pixels, 1 or more.")
    if not strength > 0:
        raise SimfactorError(f"strength={strength!r} of {kind!r} must be above 0.")
    if kind in SHARES and strength > 1:
        raise SimfactorError(f"strength={strength!r} of {kind!r} is a share, at most 1.")
