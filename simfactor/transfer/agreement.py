"""Does the simulator rank policies as the robot does? Pearson's r and MMRV, with intervals.

All functions take ``real`` and ``sim`` by name only: MMRV is not symmetric in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.statistics import check_confidence
from simfactor.transfer.trials import Cell

Array = NDArray[np.float64]

LEAST_POLICIES = 8  # of which a resample still shows something of their spread
FEWEST = 100  # resamples that have ends
ROUNDING = 1e-12  # of scores that are the same


class Estimate(NamedTuple):
    """A number and its interval; ``undefined``: the share of resamples in which there was none."""

    value: float
    low: float
    high: float
    undefined: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return self._asdict()


class Agreement(NamedTuple):
    """How real and simulated results of P policies agree.

    ``r`` and ``mmrv`` are of these policies: their trials were resampled. ``r_of_others`` is of policies like
    these: policies were resampled, then their trials; None for fewer than 8. ``r`` is None where it is not
    defined, which ``undefined`` explains.
    """

    policies: tuple[str, ...]
    r: Estimate | None
    mmrv: Estimate
    r_of_others: Estimate | None
    undefined: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        own = self._asdict()
        estimates = {
            k: v if v is None else v.to_dict() for k, v in own.items() if k not in ("policies", "undefined")
        }
        return {"policies": list(self.policies), **estimates, "undefined": self.undefined}


def pearson(*, real: ArrayLike, sim: ArrayLike) -> float:
    """Pearson's correlation of P policies' mean results, both (P,).

    Raises SimfactorError for fewer than two policies, and where all are equal in one domain, for then it is
    not defined.
    """
    both = _scores(real, sim)
    reason = _undefined(*both)
    if reason:
        raise SimfactorError(f"r is not defined: {reason}.")
    return float(_pearson(*both))


def mmrv(*, real: ArrayLike, sim: ArrayLike) -> float:
    """Mean maximum rank violation of P policies' mean results, both (P,); 0 if the order is kept.

    Li et al. 2024, "Evaluating real-world robot manipulation policies in simulation" (SIMPLER): a pair
    violates by ``|real[i] - real[j]|`` if ``(sim[i] < sim[j]) != (real[i] < real[j])``; MMRV is the mean over
    i of the maximum over j, in units of the results. So two policies that the simulator cannot tell apart
    cost the worse one what they differ by. Raises SimfactorError for fewer than two policies.
    """
    return float(_mmrv(*_scores(real, sim)))


def agreement(
    cells: Mapping[str, Sequence[Cell]], confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Agreement:
    """How policies agree, each with its outcomes in one task or several, whose means weigh the same.

    The bootstrap redraws the trials of each policy in each task, both domains' together where they are
    paired. Policies are redrawn for r alone: MMRV is a maximum over all others, and a resample of policies
    holds only some.

    Noise violates ranks and dilutes correlations: few trials make MMRV too large and r too small, and
    resamples, which are noisier still, once more. So each interval is that of the percentiles and of their
    reflection in the estimate (the basic bootstrap, Davison & Hinkley 1997, section 5.2), which takes such a
    bias out, together. Raises SimfactorError for fewer than two policies.
    """
    check_confidence(confidence)
    if resamples < FEWEST:
        raise SimfactorError(f"resamples={resamples} must be at least {FEWEST}; 2000 is usual.")
    rng = np.random.default_rng(seed)
    means = [
        [np.mean([getattr(c, d).mean() for c in own]) for own in cells.values()] for d in ("real", "sim")
    ]
    real, sim = _scores(*means)
    redrawn = np.stack([_redrawn(own, resamples, rng) for own in cells.values()], axis=-1)  # (2, R, P)
    picked = rng.integers(len(cells), size=(resamples, len(cells)))
    others = np.take_along_axis(redrawn, picked[None], axis=-1)

    def r_of(drawn: Array) -> Estimate:
        return _estimate(float(_pearson(real, sim)), _pearson(*drawn), confidence, -1.0, 1.0)

    reason = _undefined(real, sim)
    many = len(cells) >= LEAST_POLICIES
    return Agreement(
        tuple(cells),
        None if reason else r_of(redrawn),
        _estimate(float(_mmrv(real, sim)), _mmrv(*redrawn), confidence, 0.0, np.inf),
        r_of(others) if many and not reason else None,
        reason,
    )


def _estimate(value: float, drawn: Array, confidence: float, least: float, most: float) -> Estimate:
    """A number, ``least`` to ``most``, with the hull of its percentile and its basic interval."""
    known = drawn[~np.isnan(drawn)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    low, high = np.clip([min(low, 2 * value - high), max(high, 2 * value - low)], least, most)
    return Estimate(value, float(low), float(high), 1 - len(known) / len(drawn))


def _redrawn(own: Sequence[Cell], resamples: int, rng: np.random.Generator) -> Array:
    """Mean results of one policy over its tasks when its trials are drawn again, (2, R): real, simulated."""
    means = []
    for cell in own:
        there = rng.integers(len(cell.real), size=(resamples, len(cell.real)))
        here = there if cell.paired else rng.integers(len(cell.sim), size=(resamples, len(cell.sim)))
        means.append([cell.real[there].mean(axis=1), cell.sim[here].mean(axis=1)])
    return np.mean(means, axis=0)


def _pearson(real: Array, sim: Array) -> Array:
    """Of (..., P): (...), nan where one is constant."""
    a, b = (x - x.mean(axis=-1, keepdims=True) for x in (real, sim))
    norms = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    defined = (np.ptp(real, axis=-1) > ROUNDING) & (np.ptp(sim, axis=-1) > ROUNDING)
    r = np.divide((a * b).sum(axis=-1), norms, out=np.full(norms.shape, np.nan), where=defined)
    return np.asarray(np.clip(r, -1, 1))


def _mmrv(real: Array, sim: Array) -> Array:
    """Of (..., P): (...)."""
    differs = real[..., :, None] - real[..., None, :]
    wrong = (sim[..., :, None] - sim[..., None, :] < -ROUNDING) != (differs < -ROUNDING)
    return np.asarray((np.abs(differs) * wrong).max(axis=-1).mean(axis=-1))


def _undefined(real: Array, sim: Array) -> str:
    """Why r is not defined; empty if it is."""
    for name, values in (("real", real), ("simulated", sim)):
        if np.ptp(values) <= ROUNDING:
            return f"all {name} results are {values[0]:g}"
    return ""


def _scores(real: ArrayLike, sim: ArrayLike) -> tuple[Array, Array]:
    first, second = np.asarray(real, np.float64), np.asarray(sim, np.float64)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise SimfactorError(
            f"real {first.shape} and sim {second.shape} must be results of the same policies, (P,), "
            "two or more."
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise SimfactorError("real and sim hold values that are not finite; leave those policies out.")
    return first, second
