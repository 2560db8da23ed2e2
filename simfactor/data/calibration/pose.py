"""Where a calibrated camera stands, from one picture of a board that lies in the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.data.calibration.board import Chessboard
from simfactor.data.calibration.lens import LENS, POSE, Calibration, check_size, residuals
from simfactor.data.pictures import read_picture
from simfactor.errors import SimfactorError, naming
from simfactor.scene import Camera, Viewpoint
from simfactor.scene.optics import LOOK_AT
from simfactor.scene.viewpoint import Triple

Array = NDArray[np.float64]

FACTORS = ("camera_azimuth", "camera_elevation", "camera_distance", "camera_fov")


@dataclass(frozen=True)
class CameraPose:
    """A camera in the world, and what that is as factors.

    ``factors`` maps camera_azimuth, camera_elevation and camera_fov (degrees) and camera_distance (metres) to
    a value and its standard deviation: of a camera at that place which looks at the middle of the workspace,
    upright. How far this one does not is told by ``aside``, the angle between its axis and that point, and
    ``roll``, by how much the world's upwards leans to the right in the picture; both in degrees. ``error`` is
    the root mean square of what the corners miss, in pixels.
    """

    viewpoint: Viewpoint
    factors: dict[str, tuple[float, float]]
    aside: float
    roll: float
    error: float


def locate_camera(
    calibration: Calibration,
    picture: str | Path,
    board: Chessboard,
    origin: Triple = (0.0, 0.0, 0.0),
    yaw: float = 0.0,
) -> CameraPose:
    """Where the camera stands that took a picture of a board lying in the workspace.

    Args:
        calibration: of the same camera, with the same settings.
        picture: in which the board is seen as a whole.
        board: the board, of a kind that tells its direction (:class:`Chessboard`).
        origin: where the board's origin is in the world, metres.
        yaw: by how many degrees its x axis is turned from the world's, from x towards y.

    Standard deviations are propagated to first order from the corners of this picture and, as if it were none
    of the calibration's own, from its lens. Raises SimfactorError for a board that looks the same after half
    a turn, a picture of another size, and one without the board.
    """
    if not board.directed:
        raise SimfactorError(
            f"a board of {board} looks the same after half a turn, so no pose can be told from it; take one "
            "with an even and an odd number of corners, such as 9x6."
        )
    with naming(str(picture)):
        pixels, _ = read_picture(Path(picture))
        check_size(pixels, calibration.width, calibration.height)
        corners = board.find(pixels)
        if corners is None:
            raise SimfactorError(f"no board of {board} is in it; it must be seen as a whole, and sharp.")
    pose, error = _solved(board.points, corners, calibration)
    estimate = np.concatenate([pose, calibration.lens])
    covariance = _covariance(board.points, corners, pose, calibration)

    def placed(values: Array) -> tuple[Array, Array]:
        return _in_world(values, np.asarray(origin, np.float64), yaw)

    position, axes = placed(estimate)
    start = float(Camera.at(position, 0.0).azimuth)

    def factors(values: Array) -> Array:
        camera = Camera.at(placed(values)[0], _fov(values[7], calibration))
        azimuth = start + (camera.azimuth - start + 180) % 360 - 180  # near the seam, on this side of it
        return np.array([azimuth, camera.elevation, camera.distance, camera.fov])

    deviations = _propagated(factors, estimate, covariance)
    known = zip(factors(estimate).tolist(), deviations.tolist(), strict=True)
    return CameraPose(
        Viewpoint(
            _triple(position),
            _triple(position + axes[2]),
            _triple(-axes[1]),
            calibration.focal,
            calibration.principal_point,
        ),
        dict(zip(FACTORS, known, strict=True)),
        *_misses(position, axes),
        error,
    )


def _solved(points: Array, corners: Array, calibration: Calibration) -> tuple[Array, float]:
    """The board's pose in the camera's frame, a rotation vector and metres (6,), and the error in pixels."""
    _, rotation, translation = cv2.solvePnP(
        points, corners, calibration.matrix, calibration.lens[4:], flags=cv2.SOLVEPNP_IPPE
    )
    refined = cv2.solvePnPRefineLM(
        points, corners, calibration.matrix, calibration.lens[4:], rotation, translation
    )
    pose = np.concatenate([np.ravel(part) for part in refined]).astype(np.float64)
    missed, _ = residuals(points, corners, pose[:3], pose[3:], calibration.lens)
    return pose, float(np.sqrt((missed**2).sum(axis=1).mean()))


def _covariance(points: Array, corners: Array, pose: Array, calibration: Calibration) -> Array:
    """Of pose and lens together, (14, 14): a pose is fitted to corners and to the lens as it is known."""
    missed, jacobian = residuals(points, corners, pose[:3], pose[3:], calibration.lens)
    own, lens = jacobian[:, POSE], jacobian[:, LENS]
    inverse = np.linalg.inv(own.T @ own)
    variance = float((missed**2).sum()) / (missed.size - 6)
    follows = -inverse @ own.T @ lens  # how the pose answers to the lens
    together = np.vstack([follows, np.eye(8)])
    covariance: Array = together @ calibration.covariance @ together.T
    covariance[POSE, POSE] += variance * inverse
    return covariance


def _propagated(function: Callable[[Array], Array], at: Array, covariance: Array) -> Array:
    """Standard deviations of a function of a normal variable, to first order, by central differences."""
    steps = np.diag(np.maximum(np.sqrt(np.diag(covariance)), 1e-9))
    slopes = [(function(at + step) - function(at - step)) / (2 * step.max()) for step in steps]
    jacobian = np.stack(slopes, axis=1)
    return np.asarray(np.sqrt(np.diag(jacobian @ covariance @ jacobian.T)))


def _in_world(values: Array, origin: Array, yaw: float) -> tuple[Array, Array]:
    """Position (3,) of the camera in the world, and its axes (3, 3): to the right, down and ahead."""
    rotation, _ = cv2.Rodrigues(values[:3])
    cos, sin = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return origin - turn @ rotation.T @ values[3:6], rotation @ turn.T


def _fov(focal: float, calibration: Calibration) -> float:
    """Degrees along the side of a picture's middle square, which is what the encoders see."""
    return float(np.degrees(2 * np.arctan(min(calibration.width, calibration.height) / (2 * focal))))


def _misses(position: Array, axes: Array) -> tuple[float, float]:
    """Degrees between the camera's axis and the middle of the workspace, and of its roll."""
    towards = (LOOK_AT - position) / np.linalg.norm(LOOK_AT - position)
    aside = np.arccos(np.clip(axes[2] @ towards, -1, 1))
    return float(np.degrees(aside)), float(np.degrees(np.arctan2(axes[0, 2], -axes[1, 2])))


def _triple(values: Array) -> Triple:
    x, y, z = values.tolist()
    return x, y, z
