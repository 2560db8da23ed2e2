"""Classical baselines: linear latents that are fitted at once, not trained.

The models are those of :mod:`simfactor.encoders.objectives.classical`, of pictures averaged down to 32 x 32
in colour. All are affine both ways, so what is fitted is read off as the weights of the ``linear`` network:
from then on a baseline is an encoder like any other, on any device, with the same files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from simfactor.encoders.batches import CPU, LabelledImages, seeded, split
from simfactor.encoders.checkpoint import write_history
from simfactor.encoders.model import LOG_VARIANCE_RANGE, FactorEncoder, to_pixels
from simfactor.encoders.networks.linear import small
from simfactor.encoders.objectives.classical import Fitted, Values
from simfactor.errors import SimfactorError

FITTED_ON = 10_000  # images at most: a few components of 3,072 pixel values are no better known from more
READ_AT_ONCE = 1024
FLAT = 1e-9  # a direction with less of the largest one's variance does not vary
SPLIT, CHOICE, FIT = 0, 1, 2  # streams of random numbers


def fit_encoder(
    encoder: FactorEncoder,
    data: LabelledImages,
    fit: Callable[[Values, int, int], Fitted],
    folder: Path,
    validation_share: float,
    seed: int,
    progress: bool,
) -> None:
    """Set the linear networks of the encoder to what ``fit`` finds; latents get mean 0 and variance 1.

    Fitted to the training share of the images, at most 10,000 of them drawn by ``seed``. The one line of
    ``folder/history.jsonl`` has the squared reconstruction errors as the other objectives count them: the
    mean over images of the sum over pixel values, by half. Raises SimfactorError when the images have fewer
    independent directions than there are latents.
    """
    training, validation = split(len(data), validation_share, seed, SPLIT)
    order = torch.randperm(len(training), generator=seeded(CPU, seed, CHOICE))
    chosen = training[order[:FITTED_ON]]
    with tqdm(total=3, desc=f"encoder {encoder.objective}", disable=None if progress else True) as bar:
        started = time.perf_counter()
        pictures = _pictures(data, chosen)
        _check_rank(pictures, encoder.layout.size, seed)
        bar.update()
        _install(encoder, _standardised(fit(pictures, encoder.layout.size, seed), pictures))
        seconds = time.perf_counter() - started
        bar.update()
        errors = {
            part: _report(_error(encoder, data, index))
            for part, index in (("training", chosen), ("validation", validation))
        }
        bar.update()
    folder.mkdir(parents=True, exist_ok=True)
    write_history(folder, [{"epoch": 1, "images_per_second": round(len(chosen) / seconds, 1), **errors}])


def _pictures(data: LabelledImages, index: Tensor) -> Values:
    parts = [
        small(to_pixels(data.images[part.to(data.images.device)])).cpu() for part in index.split(READ_AT_ONCE)
    ]
    return torch.cat(parts).double().numpy()


def _check_rank(pictures: Values, latents: int, seed: int) -> None:
    """Raise SimfactorError unless the pictures vary in at least as many directions as there are latents."""
    drawn = np.random.default_rng(seed).standard_normal((pictures.shape[1], latents))
    projected = (pictures - pictures.mean(axis=0)) @ drawn  # has the rank of the pictures, up to its width
    variances = np.linalg.svd(projected, compute_uv=False) ** 2
    directions = int((variances > FLAT * max(variances[0], FLAT)).sum())
    if directions < latents:
        raise SimfactorError(
            f"{len(pictures)} training images vary in {directions} directions, too few for {latents} "
            "latents; give more, and different, images, or a smaller `residual`."
        )


def _standardised(fitted: Fitted, pictures: Values) -> Fitted:
    latents = fitted.latents(pictures)
    mean, spread = latents.mean(axis=0), latents.std(axis=0)
    return Fitted(
        lambda given: (fitted.latents(given) - mean) / spread,
        lambda codes: fitted.pictures(codes * spread + mean),
    )


@torch.no_grad()
def _install(encoder: FactorEncoder, fitted: Fitted) -> None:
    """Write both maps into the linear networks; the posterior is as narrow as can be."""
    reads, shows, latents = encoder.encoder, encoder.decoder, encoder.layout.size
    assert isinstance(reads, nn.Linear)
    assert isinstance(shows, nn.Linear)
    weight, bias = _affine(fitted.latents, reads.in_features)
    nn.init.zeros_(reads.weight)
    nn.init.constant_(reads.bias, LOG_VARIANCE_RANGE[0])
    reads.weight[:latents], reads.bias[:latents] = torch.from_numpy(weight), torch.from_numpy(bias)
    weight, bias = _affine(fitted.pictures, latents)
    shows.weight.copy_(torch.from_numpy(weight))
    shows.bias.copy_(torch.from_numpy(bias))


def _affine(function: Callable[[Values], Values], inputs: int) -> tuple[Values, Values]:
    """Weight (outputs, inputs) and bias (outputs,) of an affine function of rows."""
    bias = function(np.zeros((1, inputs)))[0]
    return (function(np.eye(inputs)) - bias).T, bias


@torch.no_grad()
def _error(encoder: FactorEncoder, data: LabelledImages, index: Tensor) -> float:
    """Half the squared error of the decoded pictures, summed over pixel values, averaged over images."""
    total = 0.0
    for part in index.split(READ_AT_ONCE):
        pixels = to_pixels(data.images[part.to(data.images.device)])
        shown = encoder.logits(encoder.posterior(pixels).mean).sigmoid()
        total += 0.5 * float((shown - pixels).square().sum())
    return total / len(index)


def _report(error: float) -> dict[str, float]:
    return {"loss": error, "reconstruction": error}
