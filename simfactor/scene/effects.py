"""Effects: how the factors of a scene are applied to its state and read back from it.

An effect owns the factors that have to be set together (the three coordinates of the end effector, say), so
the order in which a user names them cannot matter. All effects are pure functions of n rows at once; nothing
is sampled here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.scene.room import ROOM
from simfactor.scene.state import SceneState
from simfactor.scene.textures import TEXTURES

Value: TypeAlias = float | str
Values: TypeAlias = dict[str, Value]
Columns: TypeAlias = dict[str, NDArray[Any]]  # factor -> (n,): numbers, or codes into a Choice's names
Rgb: TypeAlias = tuple[float, float, float]


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

    def encode(self, name: str, values: ArrayLike) -> NDArray[np.float64]:
        """Values (n,) as floats. Raises SimfactorError for the first that is not a number in the range."""
        array = np.asarray(values)
        if array.dtype.kind in "fiu" and ((self.low <= array) & (array <= self.high)).all():
            return array.astype(np.float64)
        return np.array(_each(self.check, name, array.tolist()), np.float64)

    def decode(self, column: NDArray[Any]) -> list[Value]:
        """The values of a column (n,)."""
        return [float(value) for value in column]


REACH = Range(-1.2, 1.2, "m")  # a coordinate the arm might reach; whether it does is the kinematics' to say


@dataclass(frozen=True)
class Choice:
    """The names a categorical factor can take."""

    names: tuple[str, ...]

    def check(self, name: str, value: object) -> str:
        """The value as a name (2 is "2"). Raises SimfactorError when it is not one of ``names``."""
        if str(value) not in self.names:
            raise unknown_name(name, value, self.names)
        return str(value)

    def encode(self, name: str, values: ArrayLike) -> NDArray[np.int64]:
        """Codes (n,) of names (n,). Raises SimfactorError for the first unknown one."""
        code = {known: i for i, known in enumerate(self.names)}
        given = np.asarray(values).tolist()
        try:
            return np.array([code[value] for value in given], np.int64)
        except KeyError:
            return np.array([code[value] for value in _each(self.check, name, given)], np.int64)

    def decode(self, column: NDArray[Any]) -> list[Value]:
        """The names of a column (n,) of codes."""
        return [self.names[code] for code in column]


def _each(check: Callable[[str, object], Any], name: str, values: Sequence[object]) -> list[Any]:
    """``check`` of every value; among several, the message names the row."""
    if len(values) == 1:
        return [check(name, values[0])]
    checked = []
    for row, value in enumerate(values):
        with naming(f"row {row}"):
            checked.append(check(name, value))
    return checked


@dataclass(frozen=True)
class Effect:
    """A pair of functions that tie some factors to a scene's state.

    ``apply`` is given a column (n,) for every name in ``domain`` and a state of n rows, ``read`` gives the
    columns back.
    """

    domain: Mapping[str, Range | Choice]
    apply: Callable[[SceneState, Columns], SceneState]
    read: Callable[[SceneState], Columns]


def record(attribute: str, factors: Mapping[str, str], domain: Mapping[str, Range]) -> Effect:
    """An effect on fields of the state's light or camera; ``factors`` maps factor to field."""

    def apply(state: SceneState, columns: Columns) -> SceneState:
        changes = {field: columns[name] for name, field in factors.items()}
        changed: dict[str, Any] = {attribute: replace(getattr(state, attribute), **changes)}
        return replace(state, **changed)

    def read(state: SceneState) -> Columns:
        return {name: getattr(getattr(state, attribute), field) for name, field in factors.items()}

    return Effect(domain, apply, read)


def texture(factor: str, bodies: tuple[str, ...]) -> Effect:
    """An effect that covers some bodies of the room with one of the textures."""
    covered = [ROOM.index(body) for body in bodies]

    def apply(state: SceneState, columns: Columns) -> SceneState:
        room_texture = state.room_texture.copy()
        room_texture[:, covered] = columns[factor][:, None]
        return replace(state, room_texture=room_texture)

    def read(state: SceneState) -> Columns:
        return {factor: state.room_texture[:, covered[0]]}

    return Effect({factor: Choice(tuple(TEXTURES))}, apply, read)


def palette(factor: str, bodies: tuple[str, ...], colors: Mapping[str, Rgb]) -> Effect:
    """An effect that paints some bodies of the room in one of the named sRGB colours."""
    painted = [ROOM.index(body) for body in bodies]
    table = np.array(list(colors.values()))

    def apply(state: SceneState, columns: Columns) -> SceneState:
        room_color = state.room_color.copy()
        room_color[:, painted] = table[columns[factor]][:, None]
        return replace(state, room_color=room_color)

    def read(state: SceneState) -> Columns:
        return {factor: nearest(state.room_color[:, painted[0]], table)}

    return Effect({factor: Choice(tuple(colors))}, apply, read)


def nearest(values: NDArray[Any], table: NDArray[Any]) -> NDArray[np.int64]:
    """The row of ``table`` (k, ...) that is closest to each of ``values`` (n, ...), as (n,)."""
    gaps = (values[:, None] - table[None]) ** 2
    return gaps.reshape(len(values), len(table), -1).sum(axis=2).argmin(axis=1)
