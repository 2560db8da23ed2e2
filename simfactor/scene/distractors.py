"""Distractors: things that have nothing to do with the task and stand around the workspace.

They are seen and cast shadows, and touch nothing. Each has a shape, a size and a colour of its own, none of
which changes; none is red, which is the target's, nor has the hue of the object as it starts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simfactor.scene.effects import Choice, Columns, Effect, Range, Rgb
from simfactor.scene.state import SceneState

Array = NDArray[np.float64]

CENTER, SEMI_AXES = (0.45, 0.0), (0.3, 0.46)  # metres: the ellipse on which they stand, around the workspace


@dataclass(frozen=True)
class Distractor:
    """A thing of a shape in ``SHAPES``, so many metres high, at ``phase`` degrees of the ellipse."""

    shape: str
    size: float
    color: Rgb
    phase: float


DISTRACTORS = (  # the first ones are shown; neighbours in this order stand far apart
    Distractor("cone", 0.10, (0.95, 0.80, 0.10), 30.0),
    Distractor("cylinder", 0.08, (0.55, 0.20, 0.75), 210.0),
    Distractor("octahedron", 0.09, (0.95, 0.95, 0.92), 120.0),
    Distractor("pyramid", 0.08, (0.10, 0.10, 0.12), 300.0),
)
NAMES = tuple(f"distractor_{k}" for k in range(len(DISTRACTORS)))
COUNTS = tuple(str(count) for count in range(len(DISTRACTORS) + 1))


def spots(angle: Array) -> Array:
    """Where all of them stand, (n, 4, 3) metres, if ``angle`` (n,) degrees are added to each one's phase."""
    turned = np.radians(angle[:, None] + [thing.phase for thing in DISTRACTORS])
    x = CENTER[0] + SEMI_AXES[0] * np.cos(turned)
    y = CENTER[1] + SEMI_AXES[1] * np.sin(turned)
    half = np.array([thing.size / 2.0 for thing in DISTRACTORS])
    return np.stack([x, y, np.broadcast_to(half, x.shape)], axis=-1)


def shown(count: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of them are shown, (n, 4), where there are ``count`` (n,)."""
    return np.arange(len(DISTRACTORS)) < count[:, None]


def arrange(state: SceneState, columns: Columns) -> SceneState:
    return replace(state, distractors=columns["distractors"], distractor_angle=columns["distractor_angle"])


def read_arrangement(state: SceneState) -> Columns:
    return {"distractors": state.distractors, "distractor_angle": state.distractor_angle}


ARRANGEMENT = Effect(
    {"distractors": Choice(COUNTS), "distractor_angle": Range(-360.0, 360.0, "deg")},
    arrange,
    read_arrangement,
)
