"""All that a configuration's world can show: its space, with the factors of a sensor and with patterns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simfactor.config import World
from simfactor.errors import SimfactorError, naming
from simfactor.factors import Categorical, FactorSpace, load_sensor, load_space
from simfactor.scene.textures import PATTERNS, TEXTURES


def whole_space(world: World) -> FactorSpace:
    """The space of a configuration's world, with the factors of its sensor and its patterns."""
    space = load_space(world.space)
    if world.sensor is not None:
        with naming("world.sensor"):
            space = space.with_factors(load_sensor(world.sensor))
    if world.patterns:
        with naming("world.patterns"):
            space = _patterned(space, PATTERNS[: world.patterns])
    return space


def encoder_support(world: World) -> dict[str, Any]:
    """The configuration's ranges of the data set; textures that it names, and the patterns."""
    support = dict(world.encoder_support)
    if not world.patterns:
        return support
    for name in _textures(load_space(world.space)) & support.keys():
        said = support[name]
        named = said if isinstance(said, (list, tuple)) else [said]
        support[name] = list(dict.fromkeys([*named, *PATTERNS[: world.patterns]]))
    return support


def _patterned(space: FactorSpace, patterns: tuple[str, ...]) -> FactorSpace:
    wider = {}
    for name in _textures(space):
        factor = space[name]
        assert isinstance(factor, Categorical)
        allowed = None if factor.allowed is None else (*factor.allowed, *patterns)
        values = tuple(dict.fromkeys([*factor.values, *patterns]))
        wider[name] = replace(factor, values=values, allowed=allowed)
    if not wider:
        raise SimfactorError("no factor of this world's space is a texture; leave the patterns out.")
    return space.with_factors(wider)


def _textures(space: FactorSpace) -> set[str]:
    """Its factors that are textures."""
    return {
        name
        for name, factor in space.factors.items()
        if isinstance(factor, Categorical) and set(factor.values) <= set(TEXTURES)
    }
