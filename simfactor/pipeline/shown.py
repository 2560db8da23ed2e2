"""What the data set shows of a world: factors correlated, parts held out, and parts narrower together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simfactor.config import Correlation, MixturePart, World
from simfactor.errors import SimfactorError, naming
from simfactor.factors import FactorSpace, load_sensor
from simfactor.factors.choices import as_choice

TRIAL = 64  # rows drawn to see whether a space has any


def shown_space(space: FactorSpace, world: World) -> FactorSpace:
    """The space as the data set shows it: factors correlated, some held out, and parts narrower."""
    for i, correlation in enumerate(world.correlations):
        with naming(f"world.correlations.{i}"):
            space = _correlated(space, correlation)
    for i, choices in enumerate(world.held_out):
        with naming(f"world.held_out.{i}"):
            space = _without(space, choices)
    for i, part in enumerate(world.mixture):
        with naming(f"world.mixture.{i}"):
            space = _mixed(space, part)
    if world.held_out:
        with naming("world.held_out"):
            space.sample(TRIAL, seed=0)  # fails if (almost) nothing is left
    return space


def _correlated(space: FactorSpace, correlation: Correlation) -> FactorSpace:
    for name in correlation.factors:
        if space[name].fixed:
            raise SimfactorError(
                f"{name} is {space[name].describe()} in all images; widen it in encoder_support."
            )
    if any(set(pair) == set(correlation.factors) for pair in space.correlations):
        raise SimfactorError(f"{' and '.join(correlation.factors)} are correlated already; say it once.")
    return space.correlate({correlation.factors: correlation.strength})


def _mixed(space: FactorSpace, part: MixturePart) -> FactorSpace:
    sensor = {} if part.sensor is None else load_sensor(part.sensor)
    lacking = [name for name in sensor if name not in space.names]
    if lacking:
        raise SimfactorError(
            f"sensor {part.sensor!r} sets {', '.join(lacking)}, which this world does not have; "
            "give it a `sensor` that varies them, such as any."
        )
    return space.mix(part.share, {**{name: as_choice(f) for name, f in sensor.items()}, **part.factors})


def _without(space: FactorSpace, choices: Mapping[str, Any]) -> FactorSpace:
    if not choices:
        raise SimfactorError("no factor is named; hold out, for example, {object_shape: cube}.")
    if len(choices) > 1:
        return space.hold_out_combination(choices)
    (name,) = choices
    left = space.hold_out(choices)
    if left[name].describe() == space[name].describe():
        raise SimfactorError(f"{dict(choices)} is outside encoder_support already; choose what is inside.")
    return left
