"""The camera sensor model: what a lens, a chip and its electronics make of an ideal camera's picture."""

from simfactor.render.sensor.photograph import photograph

__all__ = ["photograph"]
