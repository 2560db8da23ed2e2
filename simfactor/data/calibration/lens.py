"""A camera's lens from pictures of a chessboard (Zhang 2000), with how well it is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.data.calibration.board import Chessboard
from simfactor.data.pictures import read_picture
from simfactor.errors import SimfactorError, naming
from simfactor.frames import Byte

Array = NDArray[np.float64]
Pair = tuple[float, float]

LEAST = 5  # boards: three determine a lens, and leave nothing to see how well
LOOSE = 0.05  # of the focal length: known no better than this, it is not known
NAMED = 5  # files that an error names
DISTORTION = ("k1", "k2", "p1", "p2")
POSE, LENS = slice(0, 6), slice(6, 14)  # columns of OpenCV's Jacobian: rotation, translation; the lens
PRECISE = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-12)


@dataclass(frozen=True)
class Calibration:
    """A pinhole camera with radial and tangential distortion (Brown 1971), as OpenCV counts them.

    ``lens`` (8,): focal lengths along width and height and principal point, in pixels from the middle of the
    first one, and k1, k2, p1, p2. ``covariance`` (8, 8) is that of its estimate, from what the corners miss.
    ``error`` is the root mean square of their distances in pixels; ``errors`` has it for each picture, and
    ``failed`` are the pictures in which no board was found.
    """

    width: int
    height: int
    lens: Array
    covariance: Array
    error: float
    errors: Mapping[str, float]
    failed: tuple[str, ...] = ()

    @property
    def focal(self) -> Pair:
        """Focal lengths along width and height, both in image heights."""
        return float(self.lens[0] / self.height), float(self.lens[1] / self.height)

    @property
    def principal_point(self) -> Pair:
        """In image widths from the left and image heights from the top; (0.5, 0.5) is the middle."""
        return float((self.lens[2] + 0.5) / self.width), float((self.lens[3] + 0.5) / self.height)

    @property
    def distortion(self) -> dict[str, float]:
        """k1, k2 (radial) and p1, p2 (tangential), without units."""
        return dict(zip(DISTORTION, self.lens[4:].tolist(), strict=True))

    @property
    def deviations(self) -> dict[str, float | Pair]:
        """Standard deviations of ``focal``, ``principal_point`` and each coefficient of ``distortion``."""
        fx, fy, cx, cy, *rest = np.sqrt(np.diag(self.covariance)).tolist()
        return {
            "focal": (fx / self.height, fy / self.height),
            "principal_point": (cx / self.width, cy / self.height),
            **dict(zip(DISTORTION, rest, strict=True)),
        }

    @property
    def matrix(self) -> Array:
        """The camera matrix (3, 3) in pixels, as OpenCV's functions take it."""
        fx, fy, cx, cy = self.lens[:4]
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])

    def undistorted(self, picture: Byte) -> Byte:
        """A picture (H, W, 3) of this camera as a pinhole with the same focal lengths would take it.

        Raises SimfactorError for a picture of another size.
        """
        check_size(picture, self.width, self.height)
        return np.asarray(cv2.undistort(picture, self.matrix, self.lens[4:]), np.uint8)


def check_size(picture: Byte, width: int, height: int) -> None:
    """Raise SimfactorError for a picture that the camera did not take."""
    if picture.shape[:2] != (height, width):
        raise SimfactorError(
            f"the picture has {picture.shape[1]} x {picture.shape[0]} pixels, those of the calibration have "
            f"{width} x {height}; take all with the same camera settings."
        )


def calibrate(files: Sequence[str | Path], board: Chessboard) -> Calibration:
    """The camera that took these pictures of a board, which was held at different angles all over the image.

    Zhang 2000, "A flexible new technique for camera calibration", refined over all corners by OpenCV, with k3
    fixed at 0. Covariances are those of least squares, the poses eliminated (Schur's complement).

    Raises SimfactorError for pictures of different sizes, where the board is found in fewer than 5, and where
    the focal length is uncertain by more than 5 %, as when no board is tilted.
    """
    paths = [Path(file) for file in files]
    found: dict[str, Array] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for path in paths:
        with naming(str(path)):
            picture, _ = read_picture(path)
            sizes[str(path)] = picture.shape[1], picture.shape[0]
            _check_sizes(sizes)
            corners = board.find(picture)
        if corners is not None:
            found[str(path)] = corners
    failed = tuple(str(path) for path in paths if str(path) not in found)
    if len(found) < LEAST:
        raise SimfactorError(_too_few(board, len(found), failed))
    return _fitted(found, board, sizes[str(paths[0])], failed)


def residuals(
    points: Array, corners: Array, rotation: Array, translation: Array, lens: Array
) -> tuple[Array, Array]:
    """By what points (n, 3), projected, miss the corners (n, 2): (n, 2); and their Jacobian (2n, 14)."""
    fx, fy, cx, cy = lens[:4]
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    shown, jacobian = cv2.projectPoints(points, rotation, translation, matrix, lens[4:])
    return corners - shown.reshape(-1, 2), np.asarray(jacobian, np.float64)[:, :14]


def _fitted(
    found: Mapping[str, Array], board: Chessboard, size: tuple[int, int], failed: tuple[str, ...]
) -> Calibration:
    points = board.points
    _, matrix, distortion, rotations, translations = cv2.calibrateCamera(
        [points.astype(np.float32)] * len(found),
        [corners.astype(np.float32) for corners in found.values()],
        size,
        np.eye(3),
        np.zeros(5),
        flags=cv2.CALIB_FIX_K3,
        criteria=PRECISE,
    )
    lens = np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], *np.ravel(distortion)[:4]])
    normal, squares, errors = np.zeros((8, 8)), 0.0, {}
    poses = np.hstack([rotations, translations])[..., 0].astype(np.float64)  # (n, 6)
    for (file, corners), placed in zip(found.items(), poses, strict=True):
        missed, jacobian = residuals(points, corners, placed[:3], placed[3:], lens)
        pose, own = jacobian[:, POSE], jacobian[:, LENS]
        coupling = pose.T @ own
        normal += own.T @ own - coupling.T @ np.linalg.solve(pose.T @ pose, coupling)
        squares += float((missed**2).sum())
        errors[file] = float(np.sqrt((missed**2).sum(axis=1).mean()))
    count = len(found) * len(points)
    covariance = np.asarray(squares / (2 * count - 6 * len(found) - 8) * np.linalg.pinv(normal))
    calibration = Calibration(*size, lens, covariance, math.sqrt(squares / count), errors, failed)
    _check_focal(calibration)
    return calibration


def _check_sizes(sizes: Mapping[str, tuple[int, int]]) -> None:
    (first, size), (_, other) = next(iter(sizes.items())), list(sizes.items())[-1]
    if other != size:
        raise SimfactorError(
            f"it has {other[0]} x {other[1]} pixels, {first} has {size[0]} x {size[1]}; a calibration holds "
            "for one size: take all pictures with the same camera settings."
        )


def _too_few(board: Chessboard, found: int, failed: tuple[str, ...]) -> str:
    shown = ", ".join([*failed[:NAMED], *(["..."] if len(failed) > NAMED else [])])
    missing = f" It was not found in {len(failed)}: {shown}." if failed else ""
    count = f" Is that its size? A board of {board.columns} x {board.rows} squares has "
    count += f"{board.columns - 1} x {board.rows - 1} inner corners."
    return (
        f"a board of {board} was found in {found} pictures, needed are {LEAST}.{missing} It must be seen as "
        f"a whole, sharp, with a white margin.{count if found == 0 else ''}"
    )


def _check_focal(calibration: Calibration) -> None:
    loose = np.sqrt(np.diag(calibration.covariance)[:2]) / calibration.lens[:2]
    if not (np.isfinite(loose).all() and loose.max() <= LOOSE):
        raise SimfactorError(
            f"the pictures leave the focal length uncertain by {loose.max():.0%} (one standard "
            f"deviation; {LOOSE:.0%} are allowed); add some in which the board is tilted by 30 to 45 "
            "degrees, to all sides."
        )
