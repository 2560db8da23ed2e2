"""Textures that no photograph shows, each drawn from its number: for encoders that are to ignore textures."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Byte

Field = NDArray[np.float32]  # (size, size), from 0 to 1
OCTAVES = (2, 4, 8, 16, 32, 64)  # random numbers a side, from coarse to fine
SHADES = 256


def draw_pattern(number: int, size: int) -> Byte:
    """Pattern ``number``, the same wherever it is drawn: (size, size, 3) uint8 sRGB.

    Clouds, waves, checks or cells in two to five random colours, in the unevenness of another cloud: random
    textures as Tobin et al. (2017, section III-A) randomise a simulator's.
    """
    random = np.random.default_rng(number)
    shape = FAMILIES[number % len(FAMILIES)](random, size)
    uneven = 1 + random.uniform(0, 0.5) * (_clouds(random, size) - 0.5)
    painted = _palette(random)[np.round(shape * (SHADES - 1)).astype(np.uint8)] * uneven[..., None]
    return np.clip(painted, 0, 255).astype(np.uint8)


def _clouds(random: np.random.Generator, size: int) -> Field:
    """Noise whose octaves fall off by some power of their frequency."""
    fall = random.uniform(0.3, 1.5)
    octaves = [
        cv2.resize(random.random((n, n), np.float32) * n**-fall, (size, size), interpolation=cv2.INTER_CUBIC)
        for n in OCTAVES
    ]
    total = np.sum(octaves, axis=0, dtype=np.float32)
    return (total - total.min()) / np.ptp(total)


def _waves(random: np.random.Generator, size: int) -> Field:
    """Stripes, straight to marbled, soft or sharp."""
    x, y = _places(size)
    angle, count = random.uniform(0, np.pi), random.uniform(1, 12)
    phase = count * (x * np.cos(angle) + y * np.sin(angle)) + random.uniform(0, 1.5) * _clouds(random, size)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * phase)
    return np.round(wave) if random.random() < 0.5 else wave


def _checks(random: np.random.Generator, size: int) -> Field:
    """A checkerboard, or tiles of many shades."""
    rows, columns = random.integers(2, 17, 2)
    shades = random.random((rows, columns), np.float32)
    if random.random() < 0.5:
        shades = (np.add.outer(np.arange(rows), np.arange(columns)) % 2).astype(np.float32)
    return cv2.resize(shades, (size, size), interpolation=cv2.INTER_NEAREST)  # type: ignore[return-value]


def _cells(random: np.random.Generator, size: int) -> Field:
    """Cells about random points, each of one shade, or shaded by the distance from its point."""
    points = np.ones((size, size), np.uint8)
    points[tuple(random.integers(0, size, (2, random.integers(6, 60))))] = 0
    distance, cell = cv2.distanceTransformWithLabels(points, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    if random.random() < 0.5:
        return distance / distance.max()
    return random.random(cell.max() + 1, np.float32)[cell]


FAMILIES: tuple[Callable[[np.random.Generator, int], Field], ...] = (_clouds, _waves, _checks, _cells)


def _palette(random: np.random.Generator) -> Field:
    """(SHADES, 3): a way through random colours, from pale to full, 0 to 255."""
    colors = random.random((random.integers(2, 6), 3))
    grey = colors.mean(axis=1, keepdims=True)
    colors = grey + random.random() * (colors - grey)
    shades, stops = np.linspace(0, 1, SHADES), np.linspace(0, 1, len(colors))
    return 255 * np.stack(
        [np.interp(shades, stops, channel) for channel in colors.T], axis=-1, dtype=np.float32
    )


def _places(size: int) -> tuple[Field, Field]:
    along = ((np.arange(size) + 0.5) / size).astype(np.float32)
    x, y = np.meshgrid(along, along)
    return x, y
