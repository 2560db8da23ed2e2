"""Encoder, erasure, policy and the distance from training images as one network of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simfactor.encoders import FactorEncoder
from simfactor.encoders.features import dense_layers, inputs_of
from simfactor.plugin.deploying.measuring import Measured, Measuring

AT_ONCE = 256
PROJECTED = 256  # features
FLAT = 1e-4  # of the largest variance
NEGLIGIBLE = 1e-5  # of the largest standard deviation: latents that do not vary have nothing to erase


class Eraser(nn.Module):
    """Latents (n, L) -> latents (n, L): one affine layer, ``latents @ matrix + bias``."""

    def __init__(self, matrix: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
        super().__init__()
        self.matrix: Tensor
        self.bias: Tensor
        self.register_buffer("matrix", torch.tensor(matrix, dtype=torch.float32))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.float32))

    def forward(self, latents: Tensor) -> Tensor:
        """The latents without what was erased."""
        return latents @ self.matrix + self.bias


def fit_eraser(latents: NDArray[np.floating], targets: NDArray[np.floating]) -> Eraser:
    """What leaves no linear function of latents (n, L) correlated with targets (n, T), changing them least.

    LEACE (Belrose et al. 2023, "Perfect linear concept erasure in closed form", theorem 4.3): with the
    whitening W of the latents and the projector P onto the columns of W cov(latents, targets), it is
    x - W+ P W (x - mean). Exact on these images; what is not linear stays.
    """
    exact = np.asarray(latents, np.float64)
    mean = exact.mean(axis=0)
    _, lengths, directions = np.linalg.svd(exact - mean, full_matrices=False)
    kept = lengths > NEGLIGIBLE * lengths[0]
    deviations, directions = lengths[kept] / np.sqrt(len(exact)), directions[kept]
    whitened = (exact - mean) @ directions.T / deviations
    crossed = whitened.T @ (targets - targets.mean(axis=0)) / len(exact)
    left, strengths, _ = np.linalg.svd(crossed, full_matrices=False)
    left = left[:, strengths > NEGLIGIBLE * max(strengths[0], 1e-12)]
    erased = (directions.T / deviations) @ left @ left.T @ (directions * deviations[:, None])
    return Eraser(np.eye(len(mean)) - erased, mean @ erased)


class Distance(nn.Module):
    """Features (n, F) -> distance from training images (n,): the length of features @ matrix - at."""

    def __init__(self, matrix: NDArray[np.float64], at: NDArray[np.float64]) -> None:
        super().__init__()
        self.matrix: Tensor
        self.at: Tensor
        self.register_buffer("matrix", torch.tensor(matrix, dtype=torch.float32))
        self.register_buffer("at", torch.tensor(at, dtype=torch.float32))

    def forward(self, features: Tensor) -> Tensor:
        """The distance."""
        return (features @ self.matrix - self.at).square().sum(dim=1).sqrt()


def fit_distance(features: NDArray[np.floating], seed: int) -> Distance:
    """The distance from features (n, F) of training images (Lee et al. 2018, without classes).

    More than 256 features are first projected at random onto as many (Johnson & Lindenstrauss 1984), for
    their covariance could not be estimated; directions of next to no variance are left out.
    """
    exact = np.asarray(features, np.float64)
    projection = np.eye(exact.shape[1])
    if exact.shape[1] > PROJECTED:
        shape = (exact.shape[1], PROJECTED)
        projection = np.random.default_rng(seed).normal(size=shape) / np.sqrt(PROJECTED)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(exact @ projection, rowvar=False)))
    kept = values > FLAT * values[-1]
    matrix = projection @ (vectors[:, kept] / np.sqrt(values[kept]))
    return Distance(matrix, exact.mean(axis=0) @ matrix)


class DeployedNetwork(nn.Module):
    """Images (n, s, s, 3) uint8 -> exported latents (n, L), actions (n, A) if there is a policy, and the
    distance (n,) from training images.

    dims: of the encoder's latents, those that are exported. seen: of the exported, those that the policy acts
    on, as they leave the eraser. measured: of those, what a second input (n, M) has instead. withheld:
    whether anything is. If not, the distance is that of the features that the encoder's first dense layer
    gets; these would tell of what is withheld, so otherwise it is that of the exported latents, which see
    less.
    """

    def __init__(
        self,
        encoder: FactorEncoder,
        dims: Sequence[int],
        withheld: bool = False,
        eraser: Eraser | None = None,
        policy: nn.Module | None = None,
        seen: Sequence[int] = (),
        measured: Sequence[Measured] = (),
    ) -> None:
        super().__init__()
        self.encoder, self.dims = encoder, list(dims)
        self.withheld = withheld
        self.eraser = eraser or nn.Identity()
        self.policy, self.seen = policy, list(seen)
        self.measuring = Measuring(measured)
        self.distance: nn.Module = nn.Identity()
        self._first = dense_layers(encoder)[0]

    def fit_distance(self, images: NDArray[np.uint8], seed: int) -> None:
        """Fit the distance to training images (n, s, s, 3)."""
        with torch.inference_mode():
            parts = [self._read(torch.from_numpy(part))[1] for part in _parts(images)]
        self.distance = fit_distance(torch.cat(parts).numpy(), seed)

    def forward(self, images: Tensor, measured: Tensor | None = None) -> tuple[Tensor, ...]:
        """Latents, actions, distance."""
        latents, features = self._read(images)
        distance = self.distance(features)
        if self.policy is None:
            return latents, distance
        acted_on = latents[:, self.seen]
        if measured is not None:
            acted_on = self.measuring(acted_on, measured)
        return latents, self.policy(acted_on), distance

    def _read(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Exported latents (n, L), and what the distance is of (n, F)."""
        with inputs_of(self._first) as given:
            latents: Tensor = self.eraser(self.encoder(images)[:, self.dims])
        return latents, latents if self.withheld else given[0]


def _parts(images: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, len(images), AT_ONCE):
        yield images[start : start + AT_ONCE]
