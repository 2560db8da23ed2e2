"""Factors of variation: declared, sampled, intervened on and held out. No PyBullet, no torch."""

from simfactor.factors.canonical import canonical_rows
from simfactor.factors.domain import Angle, Categorical, Continuous, Factor
from simfactor.factors.files import load_space, ready_spaces, save_space
from simfactor.factors.sensors import load_sensor, ready_sensors
from simfactor.factors.space import FactorSpace

__all__ = [
    "Angle",
    "Categorical",
    "Continuous",
    "Factor",
    "FactorSpace",
    "canonical_rows",
    "load_sensor",
    "load_space",
    "ready_sensors",
    "ready_spaces",
    "save_space",
]
