"""How well an adapted encoder's latents tell each factor of moments that it has never seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.factors import FactorSpace
from simfactor.metrics import decodability

FITTED = 6000  # images of the training set, at most, that probes are fitted to
READABLE = 0.5  # a factor of less decodability is not told by one picture


class Reading(NamedTuple):
    """What a linear probe, fitted to training images, reads of one factor in other moments.

    decodability: as of ``simfactor.metrics``, with all nuisances drawn; error: of numbers, root mean square
    in the factor's unit. as_it_is, error_as_it_is: the same in pictures of the environment as it is, of task
    factors. None where there is nothing to read: a factor that does not vary in those moments.
    """

    name: str
    group: str
    role: str
    decodability: float | None
    error: float | None = None
    as_it_is: float | None = None
    error_as_it_is: float | None = None


def read_all(
    encoder: FactorEncoder, seen: FactorDataset, held_out: FactorDataset, as_it_is: FactorDataset
) -> list[Reading]:
    """A reading of each factor of the encoder. No episode of ``seen`` may be in the others."""
    shown = np.unique(np.linspace(0, len(seen) - 1, FITTED).astype(int))
    codes, rows = encoder.encode(seen.images(shown)), seen.factors(shown)
    drawn = _scores(encoder, (codes, rows, seen.space), held_out)
    plain = _scores(encoder, (codes, rows, seen.space), as_it_is)
    none = (None, None)
    return [
        Reading(name, factor.group, factor.role, *drawn.get(name, none), *plain.get(name, none))
        for name, factor in encoder.space.factors.items()
    ]


def unreadable(readings: Sequence[Reading]) -> list[str]:
    """The task factors that one picture does not tell."""
    task = {r.name: r.decodability for r in readings if r.role == "task"}
    return [name for name, score in task.items() if score is not None and score < READABLE]


def format_readings(readings: Sequence[Reading]) -> str:
    """A table for people, and which factors one picture does not tell."""
    head = ("factor", "group", "role", "decodability", "error", "as it is", "error")
    lines = [head, *([*r[:3], *map(_number, r[3:])] for r in readings)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    table = [
        "  ".join([f"{cell:{'<' if i < 3 else '>'}{widths[i]}}" for i, cell in enumerate(line)]).rstrip()
        for line in lines
    ]
    hidden = unreadable(readings)
    if hidden:
        table.append(f"not readable from one picture: {', '.join(hidden)}")
    return "\n".join(table)


def _scores(
    encoder: FactorEncoder,
    fitted: tuple[np.ndarray, np.ndarray, FactorSpace],
    dataset: FactorDataset,
) -> dict[str, tuple[float, float | None]]:
    """Name -> decodability and error of the factors that vary in a data set."""
    codes, rows, space = fitted
    varies = dict(zip(dataset.space.names, np.ptp(dataset.factors(), axis=0) > 0, strict=True))
    names = [name for name in encoder.space.names if varies.get(name, False)]
    if not names:
        return {}
    factors = [space[name] for name in names]
    truth = dataset.factors()[:, [dataset.space.index(name) for name in names]]
    found = decodability(
        codes,
        rows[:, [space.index(name) for name in names]],
        encoder.encode(dataset.images()),
        truth,
        kinds=[factor.kind for factor in factors],
        periods=[getattr(factor, "period", None) for factor in factors],
        names=names,
    ).by_factor
    return {
        name: (float(score), math.sqrt(1.0 - score) * float(spread) if kind == "continuous" else None)
        for name, score, spread, kind in zip(
            names, found, truth.std(axis=0), [factor.kind for factor in factors], strict=True
        )
    }


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if value < 100 else f"{value:.0f}"
