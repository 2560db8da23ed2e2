"""Reading factors back from the states of a scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simfactor.scene.effects import Effect, Value
from simfactor.scene.state import SceneState


def read_factors(
    owners: Mapping[str, Effect], state: SceneState, names: Iterable[str]
) -> dict[str, list[Value]]:
    """Factor -> its values, one for each of the state's n rows. ``owners``: factor -> the effect it is of."""
    wanted, values = tuple(names), dict[str, list[Value]]()
    for name in wanted:
        if name not in values:
            effect = owners[name]
            values |= {k: effect.domain[k].decode(column) for k, column in effect.read(state).items()}
    return {name: values[name] for name in wanted}
