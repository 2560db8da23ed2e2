"""Reconstruction measured in the features of another, frozen encoder (DARLA's: Higgins et al. 2017).

It takes two trainings: of a denoising autoencoder, then of what is measured by it. ::

    train_encoder(images, rows, space, "features", objective="dae")
    train_encoder(images, rows, space, "encoder", objective="beta_vae", features="features",
                  options={"likelihood": "perceptual", "beta": 1.0})

Two calls and not two phases of one, for then one set of features serves all objectives and seeds, each
training resumes by itself, and an encoder's folder does not carry networks that nobody needs for encoding.
Features amount to some hundred nats where pixels amount to thousands: choose ``beta`` near 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from simfactor.encoders.model import FactorEncoder
from simfactor.encoders.objectives.terms import LIKELIHOODS
from simfactor.encoders.pretrained import read_pretrained
from simfactor.errors import SimfactorError, unknown_name

PERCEPTUAL = "perceptual"


class PerceptualDistance:
    """1/2 |J(x) - J(x')|^2 + 1/2 |x - x'|^2 of pictures, J being the latents of a frozen encoder.

    The first term is the paper's. The second, the Gaussian likelihood of the pixels, is ours: features alone
    were met by textures of noise, and still so with a tenth of it.
    """

    def __init__(self, encoder: FactorEncoder) -> None:
        self.encoder = encoder.requires_grad_(False)

    def __call__(self, seen: Tensor, shown: Tensor) -> Tensor:
        """Mean over images, (n, 3, s, s) twice, in [0, 1] -> scalar; gradients go into ``shown``."""
        wanted, found = (self.encoder.posterior(pixels).mean for pixels in (seen, shown))
        squares = (found - wanted).square().sum() + (shown - seen).square().sum()
        return 0.5 * squares / len(shown)


def with_distance(
    options: Mapping[str, Any], features: str | Path | None, image_size: int, device: torch.device
) -> dict[str, Any]:
    """The options of an objective, with the distance itself in place of the name ``perceptual``.

    Raises SimfactorError for an unknown likelihood, and unless ``features`` is the folder of an encoder for
    such images exactly when the likelihood is ``perceptual``.
    """
    asked = options.get("likelihood")
    if asked is not None and asked not in (*LIKELIHOODS, PERCEPTUAL):
        raise unknown_name("likelihood", asked, (*LIKELIHOODS, PERCEPTUAL))
    if (asked == PERCEPTUAL) != (features is not None):
        raise SimfactorError(
            f"likelihood {asked or 'as usual'!r} with features={str(features)!r}: the likelihood "
            f"{PERCEPTUAL!r}, and no other, needs `features`, the folder of an encoder that was trained with "
            "the objective 'dae' on such images."
        )
    if features is None:
        return dict(options)
    encoder = FactorEncoder.from_pretrained(features, device)
    if encoder.image_size != image_size:
        raise SimfactorError(
            f"the encoder in {features} is for images of size {encoder.image_size}, these have size "
            f"{image_size}; train one with the objective 'dae' on these."
        )
    return {**options, "likelihood": PerceptualDistance(encoder)}


def features_checksum(features: str | Path | None) -> str | None:
    """What changes with the weights of the encoder in a folder. Raises SimfactorError as for opening it."""
    return None if features is None else str(read_pretrained(Path(features))[1]["weights_sha256"])
