"""The camera that an environment's own pictures are taken with, seen as it takes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from simfactor.scene.bullet import pybullet as p
from simfactor.scene.viewpoint import Viewpoint


class OwnView(NamedTuple):
    """A camera, and the size in pixels of the picture that it took."""

    camera: Viewpoint
    height: int
    width: int


def own_views(render: Callable[[], Any]) -> list[OwnView]:
    """The cameras of all the pictures that ``render()`` asks PyBullet for, in their order.

    No picture is drawn: what asks for one gets black ones of the right size. Only this thread must use
    PyBullet meanwhile.
    """
    found: list[OwnView] = []

    def pretend(
        width: int,
        height: int,
        viewMatrix: Any = None,  # PyBullet's names
        projectionMatrix: Any = None,
        *rest: Any,
        **named: Any,
    ) -> tuple[Any, ...]:
        if viewMatrix is not None and projectionMatrix is not None:
            camera = Viewpoint.from_matrices(viewMatrix, projectionMatrix, width / height)
            found.append(OwnView(camera, height, width))
        black = np.zeros((height, width), np.int32)
        return width, height, np.zeros((height, width, 4), np.uint8), black.astype(np.float32), black

    real = p.getCameraImage
    p.getCameraImage = pretend
    try:
        render()
    finally:
        p.getCameraImage = real
    return found
