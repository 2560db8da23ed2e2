"""A first guess of a factor's distribution from what an encoder reads, less the encoder's own errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.ranges import is_full, share_of
from simfactor.factors import Categorical, Continuous

Floats = NDArray[np.float64]
WHOLE = (0.5, 0.5)  # centre and half-width of all of it
READ = 0.3  # correlation of reading and truth below which a reading tells nothing
EVIDENCE = 3.0  # log-likelihood that a set of values must gain to be preferred


def guessed_range(factor: Continuous, truth: Floats, read: Floats, target: Floats) -> tuple[float, float]:
    """Centre and half-width, in shares of the factor's range, of the uniform whose readings are the target's.

    The moments of readings are undone: reading = a + b truth + error, fitted to pictures (n,) of known
    ``truth``, gives mean (m - a) / b and variance (v - v_error) / b^2 of the target's readings (m,), and a
    uniform is sqrt(3) of its deviation wide to either side (method of moments; Carroll et al. 2006, chapter
    1). On a full circle the same around the mean direction, with b = 1.
    """
    truth, read, target = (share_of(factor, own) for own in (truth, read, target))
    if is_full(factor):
        return _on_circle(truth, read, target)
    if np.ptp(read) == 0 or np.corrcoef(truth, read)[0, 1] < READ:
        return WHOLE
    slope, offset = np.polyfit(truth, read, 1)
    errors = np.var(read - slope * truth - offset)
    return _uniform((target.mean() - offset) / slope, target / slope, errors / slope**2)


def guessed_values(factor: Categorical, truth: Floats, read: Floats, target: Floats) -> list[str]:
    """The allowed values that the target's readings (m,) come from, if each of them is equally likely.

    Values are struck out, the least likely first, while that makes the readings clearly likelier under
    p(reading | truth), which is counted on pictures (n,) of known ``truth``.
    """
    codes = factor.codes
    counts = np.full((len(factor.values), len(factor.values)), 0.5 / len(factor.values))
    np.add.at(counts, (truth.astype(int), read.astype(int)), 1.0)
    likely = (counts / counts.sum(axis=1, keepdims=True))[codes][:, target.astype(int)]
    kept = np.ones(len(codes), bool)

    def log_likelihood(chosen: NDArray[np.bool_]) -> float:
        return float(np.log(likely[chosen].mean(axis=0)).sum())

    while kept.sum() > 1:
        without = [kept & (np.arange(len(codes)) != k) for k in np.flatnonzero(kept)]
        values = [log_likelihood(chosen) for chosen in without]
        if max(values) < log_likelihood(kept) + EVIDENCE / len(codes):
            break
        kept = without[int(np.argmax(values))]
    gained = log_likelihood(kept) - log_likelihood(np.ones(len(codes), bool))
    chosen = codes[kept] if gained >= EVIDENCE else codes
    return [factor.values[code] for code in chosen]


def _on_circle(truth: Floats, read: Floats, target: Floats) -> tuple[float, float]:
    errors = np.square(_short_way(read - truth)).mean()
    mean = np.exp(2j * np.pi * target).mean()
    if np.exp(-len(target) * abs(mean) ** 2) > 0.05:  # Rayleigh's test: no direction
        return WHOLE
    centre = np.angle(mean) / (2 * np.pi) % 1
    return _uniform(centre, _short_way(target - centre), errors)


def _uniform(centre: float, read: Floats, errors: float) -> tuple[float, float]:
    """Around a centre, as wide as readings less errors; at least as the error of their variance may hide."""
    hidden = read.var() * np.sqrt(2 / len(read))
    return float(np.clip(centre, 0, 1)), float(np.sqrt(3 * max(hidden, read.var() - errors)))


def _short_way(shares: Floats) -> Floats:
    return np.mod(shares + 0.5, 1) - 0.5
