"""Ready sensors: which settings a kind of camera has, as factors to add to a space."""

from __future__ import annotations

from pathlib import Path

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors.categorical import Categorical
from simfactor.factors.domain import Factor
from simfactor.factors.space import FactorSpace
from simfactor.ready import load_yaml, ready_names
from simfactor.sensor import MOSAICS, check_limits

FOLDER = "sensors"
ELSEWHERE = ("exposure", "sensor_noise")  # factors of a camera that scenes have anyway


def ready_sensors() -> list[str]:
    """Names of the sensors that come with the package."""
    return ready_names(FOLDER)


def load_sensor(name_or_path: str | Path) -> dict[str, Factor]:
    """The factors of a ready sensor by name (:func:`ready_sensors`), or of one in a YAML file.

    ``space.with_factors(load_sensor("webcam"))`` adds them to a space. The names are those of
    :class:`simfactor.sensor.Sensor`, ``exposure`` and ``sensor_noise``; the group of all is ``sensor``.

    Raises SimfactorError when there is no such sensor or file, or for an entry that no sensor can have.
    """
    data, path = load_yaml("sensor", name_or_path, FOLDER)
    if not isinstance(data, dict) or list(data) != ["factors"]:
        raise SimfactorError(f"{path} must hold a mapping of `factors`, and nothing else.")
    with naming(str(path)):
        factors = dict(FactorSpace.from_dict(data).factors)
        for name, factor in factors.items():
            _check(name, factor)
    return factors


def _check(name: str, factor: Factor) -> None:
    if factor.group != "sensor" or factor.role != "nuisance":
        raise SimfactorError(f"{name}: give it `group: sensor` and no other role than nuisance.")
    if name in ELSEWHERE:
        return
    if isinstance(factor, Categorical) != (name == "mosaic"):
        raise SimfactorError(f"{name} cannot be {factor.describe()}; mosaic alone is categorical.")
    if isinstance(factor, Categorical):
        for value in factor.values:
            if value not in MOSAICS:
                raise unknown_name(name, value, MOSAICS)
    else:
        check_limits(name, factor.low, factor.high)
