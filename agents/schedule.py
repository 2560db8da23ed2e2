"""Strengths of augmentation that rise during a training."""

from __future__ import annotations

from simfactor.errors import SimfactorError


def check_rise(rise: float) -> None:
    """Raise SimfactorError unless it is a share of the training."""
    if not 0 <= rise <= 1:
        raise SimfactorError(f"rise={rise!r} must be in [0, 1], a share of the training.")


def risen(strength: float, rise: float, progress: float) -> float:
    """The strength, rising linearly from 0, when a share ``progress`` of the training is done."""
    return strength if progress >= rise else strength * progress / rise
