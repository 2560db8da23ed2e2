"""Pinhole cameras as arrays: where a camera looks, which pixel a point meets, which point a pixel sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import RenderBatch

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Camera:
    """One view. ``axes`` (3, 3) has the rows right, up, backward (unit, world frame); ``focal`` (2,) are the
    focal lengths along the image's width and height, both in image heights; ``principal_point`` (2,) is where
    the viewing axis meets the image, in widths from the left and heights from the top.

    Pixel (row, column) is sampled at its centre; row 0 is the top.
    """

    position: Array
    axes: Array
    focal: Array
    principal_point: Array
    near: float
    far: float
    height: int
    width: int

    @staticmethod
    def look_at(
        position: ArrayLike,
        target: ArrayLike,
        up: ArrayLike,
        focal: ArrayLike,
        near: float,
        far: float,
        height: int,
        width: int,
        principal_point: ArrayLike = (0.5, 0.5),
    ) -> Camera:
        """A camera at ``position`` whose viewing axis goes through ``target``.

        Raises SimfactorError if the viewing direction is undefined or parallel to ``up``.
        """
        eye = np.asarray(position, np.float64)
        backward = eye - np.asarray(target, np.float64)
        right = cross(np.asarray(up, np.float64), backward)
        if not np.linalg.norm(right) > 1e-9:
            raise SimfactorError(
                f"camera at {np.asarray(position).tolist()} cannot look at {np.asarray(target).tolist()} "
                f"with up={np.asarray(up).tolist()}; choose an up that is not along the viewing direction."
            )
        right /= np.linalg.norm(right)
        backward /= np.linalg.norm(backward)
        axes = np.stack([right, cross(backward, right), backward])
        lens = np.asarray(focal, np.float64), np.asarray(principal_point, np.float64)
        return Camera(eye, axes, *lens, near, far, height, width)

    @staticmethod
    def of(batch: RenderBatch, i: int) -> Camera:
        """The camera of image ``i``. Raises SimfactorError as :meth:`look_at`."""
        return Camera.look_at(
            batch.camera_position[i],
            batch.camera_target[i],
            batch.camera_up[i],
            batch.focal[i],
            batch.near,
            batch.far,
            batch.height,
            batch.width,
            batch.principal_point[i],
        )

    def view_matrix(self) -> list[float]:
        """World to eye, column-major, as OpenGL and PyBullet take it."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.axes
        matrix[:3, 3] = -self.axes @ self.position
        return matrix.T.reshape(-1).tolist()

    def projection_matrix(self, shift: float = 0.0) -> list[float]:
        """Eye to clip space, column-major; ``shift`` moves the samples right and up by so many pixels."""
        matrix = np.zeros((4, 4))
        matrix[0, 0] = 2.0 * self.focal[0] * self.height / self.width
        matrix[1, 1] = 2.0 * self.focal[1]
        matrix[0, 2] = 1.0 - 2.0 * self.principal_point[0] + 2.0 * shift / self.width
        matrix[1, 2] = 2.0 * self.principal_point[1] - 1.0 + 2.0 * shift / self.height
        matrix[2, 2] = -(self.far + self.near) / (self.far - self.near)
        matrix[2, 3] = -2.0 * self.far * self.near / (self.far - self.near)
        matrix[3, 2] = -1.0
        return matrix.T.reshape(-1).tolist()

    def points(self, pixels: NDArray[np.intp], depth: NDArray[np.floating]) -> Array:
        """World points (P, 3) that ``pixels`` (P,), counted row by row, see at ``depth`` (P,) metres."""
        row, column = np.divmod(pixels, self.width)
        middle = self.principal_point * (self.width, self.height)
        step = 1.0 / (self.focal * self.height)
        x, y = (column + 0.5 - middle[0]) * step[0], (middle[1] - row - 0.5) * step[1]
        rays = np.stack([x, y, np.full(len(pixels), -1.0)], axis=1) @ self.axes
        return self.position + depth[:, None] * rays

    def project(self, points: Array) -> tuple[Array, Array, Array]:
        """Pixel coordinates (column, row; centres at .5) and depth of world points (..., 3)."""
        eye = (points - self.position) @ self.axes.T
        depth = -eye[..., 2]
        middle = self.principal_point * (self.width, self.height)
        x, y = (self.focal[k] * self.height * eye[..., k] / depth for k in (0, 1))
        return middle[0] + x, middle[1] - y, depth


def cross(a: Array, b: Array) -> Array:
    """The cross product of two vectors (3,); ``np.cross`` takes ten times as long for one."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
