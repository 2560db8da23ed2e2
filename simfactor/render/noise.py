"""Sensor noise: what a camera's chip adds to a finished picture, decided by the picture's seed alone."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np

from simfactor.frames import Byte, Float, Word

GRADES = 4096  # values that the noise of a byte can take, all equally likely
CHANNEL = 0x9E3779B9  # what sets the channels of a pixel apart
FACTORS = (0x7FEB352D, 0x846CA68B)  # of the hash
SHIFT = 32 - (GRADES - 1).bit_length()  # leaves the bits of a hash that choose a grade


@cache
def normal_grades() -> Float:
    """The standard normal distribution's quantiles (GRADES,) in the middles of equal shares.

    A table gives the same bits on every processor, which logarithms and cosines do not.
    """
    normal = NormalDist()
    upper = [normal.inv_cdf((k + 0.5) / GRADES) for k in range(GRADES // 2, GRADES)]
    grades = np.array([*(-z for z in reversed(upper)), *upper], np.float32)
    grades.setflags(write=False)
    return grades


def scramble(x: Word) -> Word:
    """A hash of 32-bit numbers in which each bit of ``x`` changes every bit: "lowbias32" of C. Wellons
    (Prospecting for Hash Functions, 2018)."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(FACTORS[0])
    x = (x ^ (x >> np.uint32(15))) * np.uint32(FACTORS[1])
    return x ^ (x >> np.uint32(16))


def strengths(noise: Float) -> Float:
    """Standard deviations (N,) in steps of a byte."""
    return np.float32(255.0) * np.asarray(noise, np.float32)


def add_noise(rgb: Byte, noise: Float, seeds: Word) -> Byte:
    """Pictures (N, H, W, 3) with Gaussian noise of standard deviation ``noise`` (N,), of full scale.

    The noise of a byte is the quantile of the standard normal distribution that a hash of (seed, pixel,
    channel) chooses, times the standard deviation, rounded to whole steps; what leaves [0, 255] clips. The
    same seed gives a picture of the same size the same noise. Where ``noise`` is 0 nothing changes.
    """
    noisy = np.flatnonzero(noise)
    if not len(noisy):
        return rgb
    _, height, width, channels = rgb.shape
    changed = rgb.copy()
    for n, strength in zip(noisy.tolist(), strengths(noise[noisy]), strict=True):
        drawn = normals(seeds[n], height * width, channels).reshape(height, width, channels)
        changed[n] = np.clip(rgb[n] + np.rint(strength * drawn).astype(np.int32), 0, 255)
    return changed


def normals(seed: np.uint32, pixels: int, channels: int) -> Float:
    """Numbers (pixels, channels) of the standard normal distribution: what a hash of (seed, pixel, channel)
    chooses among its quantiles."""
    hashes = scramble(np.arange(pixels, dtype=np.uint32)) ^ seed
    apart = np.arange(channels, dtype=np.uint32) * np.uint32(CHANNEL)
    return normal_grades()[scramble(hashes[:, None] + apart) >> np.uint32(SHIFT)]
