"""PyBullet, imported without the line about its build that it prints to standard error."""

from __future__ import annotations

from simfactor.silence import silence

__all__ = ["pybullet"]

with silence():
    import pybullet
