"""The target marker: a ball on a thin post that stands on the table.

A ball alone in the air hardly tells its distance: in a small picture it is three or four pixels wide, and a
few per cent more or less are centimetres of depth. Where its post meets the table is seen exactly.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Mesh
from simfactor.scene.primitives import ball, lathe, merge
from simfactor.scene.room import TABLE_LOW

BALL, POST = 0.06, 0.008  # diameter of the ball and radius of the post, metres
STEP = -TABLE_LOW[2]  # posts come in steps of the slab's thickness, so their feet are always inside it
LONGEST = 12  # steps: balls higher than that float


@cache
def marker_meshes() -> tuple[Mesh, ...]:
    """The marker with a post of 0, 1, ... steps; the ball's centre is the origin. In metres."""
    head = ball(BALL, 8, 12)  # few triangles: it is drawn in every image
    posts = [lathe([(0, -k * STEP), (POST, -k * STEP), (POST, 0), (0, 0)], 8) for k in range(1, LONGEST + 1)]
    return (head, *(merge([head, post]) for post in posts))


def marker_indices(heights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which of :func:`marker_meshes` stands on the table with its ball at each of ``heights`` (n,) metres."""
    return np.minimum(np.maximum(np.ceil(heights / STEP), 0), LONGEST).astype(np.int64)
