"""How far an image is outside what the encoder was trained on: NumPy only, for the machine that acts.

Two questions, one rule. *Per factor*: does its block of the latents say a value of the training support? The
score is the distance of the block from the nearest code of an allowed value (``simfactor.encoders.support``).
*Of the whole image*: are these latents, taken together, like those of training images? The score is their
Mahalanobis distance (De Maesschalck et al. 2000).

Scores become conformal p-values. An alarm at p <= alpha / m, for each of m questions, then rings on at most a
share alpha of images like those that it was calibrated on, whatever the scores are worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders.codes import factor_values
from simfactor.encoders.support import conformal_p_values, nearest_values, support_distances
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Factor, FactorSpace

Floats = NDArray[np.float64]
IMAGE = "image"  # the question that is of no factor


@dataclass(frozen=True)
class FactorCheck:
    """What is read of one factor: its value, how far that is ``outside`` the training support (in its
    ``unit``; None for categories), the p-value, and whether the alarm rings."""

    value: float | str
    outside: float | None
    unit: str
    p_value: float
    alarm: bool


@dataclass(frozen=True)
class Check:
    """The monitor on one image: factor by factor (none, where the encoder has no block for any), and of the
    whole: its ``distance`` from training images, its p-value, whether that rings (``unlike``), and whether
    anything does (``alarm``)."""

    factors: Mapping[str, FactorCheck]
    distance: float
    p_value: float
    unlike: bool
    alarm: bool


class Read(NamedTuple):
    """A factor and where its block lies in the deployed latents."""

    name: str
    factor: Factor
    latents: slice


@dataclass(frozen=True)
class Monitor:
    """reads: the factors that the latents name. calibration (n, m): scores of clean images, ascending in each
    column: one a factor, then that of the whole. alpha: share of such images on which anything may ring."""

    reads: tuple[Read, ...]
    calibration: Floats
    alpha: float

    @property
    def questions(self) -> tuple[str, ...]:
        """Factor names, then ``image``."""
        return (*(read.name for read in self.reads), IMAGE)

    @property
    def levels(self) -> Floats:
        """The p-values at which each question rings, (m,); they add up to alpha (Bonferroni)."""
        return _levels(len(self.reads), self.alpha)

    def scores(self, latents: NDArray[np.floating], distances: NDArray[np.floating]) -> Floats:
        """Latents (n, L) and distances (n,) -> (n, m), as :attr:`calibration`."""
        exact = np.asarray(latents, np.float64)
        columns = [support_distances(read.factor, exact[:, read.latents]) for read in self.reads]
        return np.stack([*columns, np.asarray(distances, np.float64)], axis=1)

    def p_values(self, scores: Floats) -> Floats:
        """(n, m) -> (n, m): the share of calibration scores that are as high, the image's own counted in."""
        return conformal_p_values(self.calibration, scores)

    def alarms(self, latents: NDArray[np.floating], distances: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Latents (n, L) and distances (n,) -> (n, m): which questions ring."""
        return self.p_values(self.scores(latents, distances)) <= self.levels

    def check(self, latents: NDArray[np.floating], distance: float) -> Check:
        """Latents (L,) and the distance of one image."""
        p_values = self.p_values(self.scores(latents[None], np.array([distance])))[0]
        rings = p_values <= self.levels
        factors = {
            read.name: _told(read, np.asarray(latents[None, read.latents], np.float64), float(p), bool(alarm))
            for read, p, alarm in zip(self.reads, p_values[:-1], rings[:-1], strict=True)
        }
        return Check(factors, distance, float(p_values[-1]), bool(rings[-1]), bool(rings.any()))


def reads_of(space: FactorSpace, blocks: Sequence[Mapping[str, Any]]) -> tuple[Read, ...]:
    """The factors among a contract's blocks of latents."""
    named = [block for block in blocks if block["name"] in space.names and block["latents"]]
    return tuple(
        Read(block["name"], space[block["name"]], slice(block["latents"][0], block["latents"][-1] + 1))
        for block in named
    )


def calibrate(
    reads: tuple[Read, ...],
    latents: NDArray[np.floating],
    distances: NDArray[np.floating],
    alpha: float,
) -> Monitor:
    """A monitor calibrated on clean images that nothing was fitted on: latents (n, L), distances (n,).

    Raises SimfactorError as :func:`check_alarms`.
    """
    check_alarms(len(reads), len(latents), alpha)
    scores = Monitor(reads, np.empty((0, len(reads) + 1)), alpha).scores(latents, distances)
    return Monitor(reads, np.sort(scores, axis=0), alpha)


def check_alarms(factors: int, images: int, alpha: float) -> None:
    """Raise SimfactorError for an alpha outside (0, 1), or too few images for every alarm to ring at it."""
    if not 0 < alpha < 1:
        raise SimfactorError(f"alpha={alpha:g} must be between 0 and 1: the share of false alarms allowed.")
    least = int(np.ceil(1 / _levels(factors, alpha).min())) - 1
    if images < least:
        raise SimfactorError(
            f"{images} calibration images cannot support alarms at alpha={alpha:g} on {factors} "
            f"factors and the whole: at least {least} are needed. Hold out more images (held_out), give a "
            "larger data set, or allow more false alarms (alpha)."
        )


def _levels(factors: int, alpha: float) -> Floats:
    return np.array([*[alpha / 2 / factors] * factors, alpha / 2]) if factors else np.array([alpha])


def _told(read: Read, block: Floats, p_value: float, alarm: bool) -> FactorCheck:
    value = factor_values(read.factor, block)
    if isinstance(read.factor, Categorical):
        return FactorCheck(read.factor.values[int(value[0])], None, "", p_value, alarm)
    apart = float(abs(value - nearest_values(read.factor, value))[0])
    if isinstance(read.factor, Angle):
        apart = min(apart % read.factor.period, -apart % read.factor.period)
    return FactorCheck(float(value[0]), apart, read.factor.unit, p_value, alarm)
