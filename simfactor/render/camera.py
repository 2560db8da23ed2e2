"""Pinhole cameras as arrays: where a camera looks, which pixel a point meets, which point a pixel sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Camera:
    """One view. ``axes`` (3, 3) has the rows right, up, backward (unit, world frame); ``tangent`` is
    tan(fov / 2) of the vertical field of view.

    Pixel (row, column) is sampled at its centre; row 0 is the top.
    """

    position: Array
    axes: Array
    tangent: float
    near: float
    far: float
    height: int
    width: int

    @staticmethod
    def look_at(
        position: Array,
        target: Array,
        up: Array,
        fov: float,
        near: float,
        far: float,
        height: int,
        width: int,
    ) -> Camera:
        """A camera at ``position`` that looks at ``target``; ``fov`` is the vertical angle in radians.

        Raises SimfactorError if the viewing direction is undefined or parallel to ``up``.
        """
        backward = np.asarray(position, np.float64) - target
        up = np.asarray(up, np.float64)
        right = cross(up, backward)
        if not np.linalg.norm(right) > 1e-9:
            raise SimfactorError(
                f"camera at {np.asarray(position).tolist()} cannot look at {np.asarray(target).tolist()} "
                f"with up={np.asarray(up).tolist()}; choose an up that is not along the viewing direction."
            )
        right /= np.linalg.norm(right)
        backward /= np.linalg.norm(backward)
        axes = np.stack([right, cross(backward, right), backward])
        return Camera(np.asarray(position, np.float64), axes, np.tan(fov / 2), near, far, height, width)

    def view_matrix(self) -> list[float]:
        """World to eye, column-major, as OpenGL and PyBullet take it."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.axes
        matrix[:3, 3] = -self.axes @ self.position
        return matrix.T.reshape(-1).tolist()

    def projection_matrix(self, shift: float = 0.0) -> list[float]:
        """Eye to clip space, column-major; ``shift`` moves the samples right and up by so many pixels."""
        matrix = np.zeros((4, 4))
        matrix[0, 0] = self.height / (self.width * self.tangent)
        matrix[1, 1] = 1.0 / self.tangent
        matrix[0, 2] = 2.0 * shift / self.width
        matrix[1, 2] = 2.0 * shift / self.height
        matrix[2, 2] = -(self.far + self.near) / (self.far - self.near)
        matrix[2, 3] = -2.0 * self.far * self.near / (self.far - self.near)
        matrix[3, 2] = -1.0
        return matrix.T.reshape(-1).tolist()

    def points(self, pixels: NDArray[np.intp], depth: NDArray[np.floating]) -> Array:
        """World points (P, 3) that ``pixels`` (P,), counted row by row, see at ``depth`` (P,) metres."""
        row, column = np.divmod(pixels, self.width)
        step = 2.0 * self.tangent / self.height
        x, y = (column + 0.5 - self.width / 2) * step, (self.height / 2 - row - 0.5) * step
        rays = np.stack([x, y, np.full(len(pixels), -1.0)], axis=1) @ self.axes
        return self.position + depth[:, None] * rays

    def project(self, points: Array) -> tuple[Array, Array, Array]:
        """Pixel coordinates (column, row; centres at .5) and depth of world points (..., 3)."""
        eye = (points - self.position) @ self.axes.T
        depth = -eye[..., 2]
        scale = self.height / (2.0 * self.tangent * depth)
        return self.width / 2 + eye[..., 0] * scale, self.height / 2 - eye[..., 1] * scale, depth


def cross(a: Array, b: Array) -> Array:
    """The cross product of two vectors (3,); ``np.cross`` takes ten times as long for one."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
