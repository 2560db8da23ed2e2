"""What an objective is: who learns what from which batch. The terms themselves are in the other modules.

The optimised loss of a player is the plain sum of the terms it returns, which are weighted already and are
what is logged. One reduction for all: the mean over images of the sum over everything else (pixels, latents).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from simfactor.encoders.codes import Head
from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.objectives.classical import Fitted, Values
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace

Terms: TypeAlias = dict[str, Tensor]
EXACT = ("anchored", "exact")  # kinds of latents whose factor blocks are not drawn from a posterior
# the second image of a pair: few factors changed, or all nuisance factors at their canonical values
Pairing: TypeAlias = Literal["changes", "canonical"]
# a name, or a distance of pictures: (n, 3, s, s) in [0, 1] twice, seen and shown -> scalar
Likelihood: TypeAlias = str | Callable[[Tensor, Tensor], Tensor]


class Batch(NamedTuple):
    """n images with their labels. Of m pairs the first m images are before, the last m after the change."""

    pixels: Tensor  # (n, 3, s, s) float in [0, 1], what the encoder sees
    targets: Tensor  # (n, 3, s, s) what the decoder should show: the same without noise
    codes: Tensor  # (n, L) the exact latents of the labels
    categories: Tensor  # (n, K) int64, used in the columns of categorical factors
    clean: int  # the first ``clean`` images look as they were rendered
    known: Tensor  # (n, K) bool, labels that may be learned from
    changed: Tensor | None = None  # (m, K) bool, the factors in which the images of a pair differ


class Posterior(NamedTuple):
    """What the network says of n images."""

    outputs: Tensor  # (n, H), the factor heads' raw outputs
    mean: Tensor  # (n, L), all latents
    log_variance: Tensor  # (n, R), of the last R latents; those before are exact


class Step(NamedTuple):
    """What a loss may need to know beside model and batch."""

    generator: torch.Generator  # on the device of the batch
    progress: float  # share of all training steps that are done, in [0, 1)


class Model(Protocol):
    """The parts of a FactorEncoder that objectives use; everything they return is float32."""

    space: FactorSpace
    layout: LatentLayout
    heads: tuple[Head, ...]
    encoder: nn.Module
    decoder: nn.Module
    extras: nn.ModuleDict  # what ``Objective.extras`` made

    def posterior(self, pixels: Tensor) -> Posterior:
        """pixels (n, 3, s, s) in [0, 1] -> what the encoder says of them."""

    def logits(self, latents: Tensor) -> Tensor:
        """latents (n, L) or, with the decoder's noise, (n, L + D) -> logits (n, 3, s, s) of the pixels."""


@dataclass(frozen=True)
class Player:
    """One optimiser: the loss it lowers, and the parts of the model it may change for that."""

    terms: Callable[..., Terms]  # (model, batch, step, *, options)
    parts: tuple[str, ...] = ("encoder", "decoder", "extras")  # "extras.critic" is one module of them
    learning_rate: float = 1.0  # times the training's
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.01


def _nothing(layout: LatentLayout) -> dict[str, nn.Module]:
    return {}


@dataclass(frozen=True)
class Objective:
    """How an encoder is trained.

    ``latents``: "anchored" has exact blocks, one a factor with its scale, and a Gaussian residual; "exact"
    the same without the scale, which only labels can tell; "blocks" has Gaussian blocks, one a factor, and
    a Gaussian residual; "free" has the Gaussian residual alone, whose dimensions mean what training makes of
    them.
    """

    players: Mapping[str, Player]  # they step in this order; the first one's loss is what is validated
    latents: str
    residual: int  # width of the residual block unless asked otherwise
    pairs: Pairing | None = None  # learns from pairs of images, of this kind
    labels: bool = False  # learns from labels
    judged_by: str | None = None  # the best epoch has the least sum of validated terms that begin with this
    augment: bool = False  # whether input augmentation is on unless asked otherwise
    extras: Callable[[LatentLayout], dict[str, nn.Module]] = _nothing  # networks beside encoder and decoder
    # (a "codebook" among them is applied to the latents that users get)
    fit: Callable[[Values, int, int], Fitted] | None = None  # instead of players: what is fitted at once
    decoder_noise: int = 0  # inputs of the decoder beside the latents, 1 in pictures of latents

    def network_named(self, asked: str | None) -> str:
        """The network for it, None being the usual one. Raises SimfactorError where only one will do."""
        usual = "keypoints" if self.fit is None else "linear"
        if self.fit is not None and asked not in (None, usual):
            raise SimfactorError(
                f"network={asked!r}: this objective is fitted, not trained, and only to the network "
                f"{usual!r}; leave `network` out."
            )
        return asked or usual

    def layout(self, space: FactorSpace, residual: int | None) -> LatentLayout:
        """The layout for a factor space; ``residual`` None is the objective's own width.

        Raises SimfactorError for a layout without latents.
        """
        width = self.residual if residual is None else residual
        if self.latents == "free":
            if width == 0:
                raise SimfactorError(
                    "residual=0 leaves an objective that learns without labels no latents; use at least 1."
                )
            return LatentLayout.unlabelled(width)
        return LatentLayout.for_space(space, width)

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise SimfactorError for an option that no player has."""
        allowed = [name for player in self.players.values() for name in option_names(player.terms)]
        for name in options:
            if name not in allowed:
                raise unknown_name("option of the objective", name, dict.fromkeys(allowed))


def option_names(terms: Callable[..., Terms]) -> tuple[str, ...]:
    """The keyword-only arguments of a player's terms."""
    parameters = inspect.signature(terms).parameters.values()
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
