"""A camera and a light for any world: plain numbers, as PyBullet's own camera functions take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.frames import focal_length

Triple = tuple[float, float, float]
Pair = tuple[float, float]

NEAR, FAR = 0.05, 100.0  # metres


@dataclass(frozen=True)
class Viewpoint:
    """A pinhole camera at ``position`` that looks at ``target``; ``up`` points upwards in the image. Metres.

    focal (along width, along height) is in image heights, principal_point in image widths from the left and
    heights from the top. Nothing nearer than ``near`` or farther than ``far`` is drawn.
    """

    position: Triple
    target: Triple
    up: Triple = (0.0, 0.0, 1.0)
    focal: Pair = (float(focal_length(np.radians(60.0))),) * 2
    principal_point: Pair = (0.5, 0.5)
    near: float = NEAR
    far: float = FAR

    def __post_init__(self) -> None:
        forward = np.subtract(self.target, self.position)
        if not np.linalg.norm(np.cross(forward, self.up)) > 1e-9 * np.linalg.norm(forward):
            raise SimfactorError(
                f"a camera at {self.position} looking at {self.target} with up={self.up} has no direction; "
                "target must differ from position, and up must not point along the view."
            )
        if not 0.0 < self.near < self.far:
            raise SimfactorError(f"near={self.near} and far={self.far} metres must satisfy 0 < near < far.")

    def squared(self) -> Viewpoint:
        """The same camera for a square picture of the same height: the sides are cut off."""
        along = self.focal[1]
        return replace(self, focal=(along, along), principal_point=(0.5, self.principal_point[1]))

    @staticmethod
    def orbit(
        target: Sequence[float] = (0.0, 0.0, 0.0),
        distance: float = 2.0,
        yaw: float = 50.0,
        pitch: float = -35.0,
        roll: float = 0.0,
        fov: float = 60.0,
    ) -> Viewpoint:
        """A camera ``distance`` metres from ``target`` (3,), by the angles of PyBullet's debug camera.

        Degrees, with the meaning of ``computeViewMatrixFromYawPitchRoll(..., upAxisIndex=2)``; ``fov`` is the
        vertical field of view.
        """
        (y, p, r), (cy, cp, cr) = (
            np.sin(np.radians([yaw, pitch, roll])),
            np.cos(np.radians([yaw, pitch, roll])),
        )
        ahead = np.array([cy * r * p - y * cp, y * r * p + cy * cp, cr * p])  # Rz(yaw) Ry(roll) Rx(pitch) e_y
        up = np.array([cy * r * cp + y * p, y * r * cp - cy * p, cr * cp])
        return Viewpoint(
            _triple(np.asarray(target) - distance * ahead), _triple(target), _triple(up), (_focal(fov),) * 2
        )

    @staticmethod
    def from_matrices(
        view_matrix: Sequence[float], projection_matrix: Sequence[float], aspect: float = 1.0
    ) -> Viewpoint:
        """The camera of the matrices (16,) for ``getCameraImage``; aspect is the image's width / height.

        Raises SimfactorError for an orthographic projection.
        """
        view = np.reshape(view_matrix, (4, 4)).T
        lens = np.reshape(projection_matrix, (4, 4)).T
        if lens[3, 2] != -1.0:
            raise SimfactorError(
                "the projection matrix is not one of perspective; use computeProjectionMatrixFOV or "
                "computeProjectionMatrix."
            )
        position = -view[:3, :3].T @ view[:3, 3]
        return Viewpoint(
            _triple(position),
            _triple(position - view[2, :3]),
            _triple(view[1, :3]),
            (float(lens[0, 0]) * aspect / 2, float(lens[1, 1]) / 2),
            (float(1.0 - lens[0, 2]) / 2, float(1.0 + lens[1, 2]) / 2),
            float(lens[2, 3] / (lens[2, 2] - 1.0)),
            float(lens[2, 3] / (lens[2, 2] + 1.0)),
        )


@dataclass(frozen=True)
class Sun:
    """One distant light that shines *from* ``direction``, and the ambient light of sky and ground.

    Colours are linear rgb, intensity included: 1 shows a white surface that faces the light as white.
    ``softness`` is the light's angular diameter in radians, 0 for hard-edged shadows.
    """

    direction: Triple = (0.4, -0.5, 0.77)
    color: Triple = (0.7, 0.7, 0.7)
    sky: Triple = (0.35, 0.35, 0.35)
    ground: Triple = (0.25, 0.25, 0.25)
    softness: float = 0.0

    def __post_init__(self) -> None:
        if not np.linalg.norm(self.direction) > 0.0:
            raise SimfactorError(
                f"direction={self.direction} of the light has no length; point it somewhere."
            )


def _focal(fov: float) -> float:
    if not 0.0 < fov < 180.0:
        raise SimfactorError(f"fov={fov} degrees is outside (0, 180).")
    return float(focal_length(np.radians(fov)))


def _triple(values: Sequence[float] | np.ndarray) -> Triple:
    x, y, z = (float(v) for v in values)
    return x, y, z
