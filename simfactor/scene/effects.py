"""Effects: how the factors of a scene are applied to its world and read back from it.

An effect owns the factors that have to be set together (the three coordinates of the end effector, say), so
the order in which a user names them cannot matter. Nothing is sampled here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from simfactor.errors import SimfactorError, unknown_name
from simfactor.scene.world import Rgb, World

Value: TypeAlias = float | str
Values: TypeAlias = dict[str, Value]


@dataclass(frozen=True)
class Range:
    """The numbers that make physical sense, in ``unit``; a factor space chooses a part of them."""

    low: float
    high: float
    unit: str = ""

    def check(self, name: str, value: object) -> float:
        """The value as a float. Raises SimfactorError when it is not a number in the range."""
        try:
            number = float(value)  # type: ignore[arg-type]  # whatever the user gave; the error is caught
        except (TypeError, ValueError):
            number = math.nan
        if not self.low <= number <= self.high:
            unit = f" {self.unit}" if self.unit else ""
            raise SimfactorError(
                f"{name}={value!r} is not a number in [{self.low:g}, {self.high:g}]{unit}; give one that is."
            )
        return number


REACH = Range(-1.2, 1.2, "m")  # a coordinate the arm might reach; whether it does is the kinematics' to say


@dataclass(frozen=True)
class Choice:
    """The names a categorical factor can take."""

    names: tuple[str, ...]

    def check(self, name: str, value: object) -> str:
        """The value as a name. Raises SimfactorError when it is not one of ``names``."""
        if value not in self.names:
            raise unknown_name(name, value, self.names)
        return str(value)


@dataclass(frozen=True)
class Effect:
    """A pair of functions that tie some factors to a world.

    ``apply`` is given a value for every name in ``domain``, ``read`` gives them back from the world.
    """

    domain: Mapping[str, Range | Choice]
    apply: Callable[[World, Values], None]
    read: Callable[[World], Values]


def record(attribute: str, fields: Mapping[str, str], domain: Mapping[str, Range]) -> Effect:
    """An effect on fields of one of the world's frozen records; ``fields`` maps factor to field."""

    def apply(world: World, values: Values) -> None:
        changes = {field: values[name] for name, field in fields.items()}
        setattr(world, attribute, replace(getattr(world, attribute), **changes))

    def read(world: World) -> Values:
        return {name: getattr(getattr(world, attribute), field) for name, field in fields.items()}

    return Effect(domain, apply, read)


def texture(factor: str, bodies: tuple[str, ...], names: tuple[str, ...]) -> Effect:
    """An effect that covers some bodies with one of the named textures."""

    def apply(world: World, values: Values) -> None:
        for body in bodies:
            world.cover(body, str(values[factor]))

    def read(world: World) -> Values:
        return {factor: world.textures[bodies[0]]}

    return Effect({factor: Choice(names)}, apply, read)


def palette(factor: str, bodies: tuple[str, ...], colors: Mapping[str, Rgb]) -> Effect:
    """An effect that paints some bodies in one of the named sRGB colours."""

    def apply(world: World, values: Values) -> None:
        for body in bodies:
            world.paint(body, colors[str(values[factor])])

    def read(world: World) -> Values:
        return {factor: nearest_color(world.color(bodies[0]), colors)}

    return Effect({factor: Choice(tuple(colors))}, apply, read)


def nearest_color(color: Rgb, colors: Mapping[str, Rgb]) -> str:
    """The name of the palette's colour that is closest to ``color``."""
    return min(colors, key=lambda name: math.dist(colors[name], color))
