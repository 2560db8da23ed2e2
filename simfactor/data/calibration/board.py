"""A chessboard, and where its corners are in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import Byte

Array = NDArray[np.float64]

FEWEST = 3  # corners along a side: with fewer, none is inside
# larger boards are found as well, lest a part of one should pass for this one
FIND = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_LARGER
WINDOW = 0.4  # of the nearest corner's distance: how far around a corner its edges are looked at
WINDOWS = 2, 11  # pixels
PRECISE = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-4)


@dataclass(frozen=True)
class Chessboard:
    """A board with ``columns`` x ``rows`` *inner* corners, where four squares meet; ``square`` is in metres.

    Its frame: lay it so that the square at the lower left is black and ``columns`` corners are side by side.
    The origin is the inner corner next to that square, x runs to the right, y away, z up. That is one place
    only if one of the numbers is even and the other odd; boards that are not so look the same after half a
    turn, and serve for lenses, not for poses.
    """

    columns: int
    rows: int
    square: float

    def __post_init__(self) -> None:
        for name in ("columns", "rows"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < FEWEST:
                raise SimfactorError(
                    f"{name}={value!r} of a chessboard must be a whole number of inner corners, "
                    f"{FEWEST} or more."
                )
        if not 0 < self.square < np.inf:
            raise SimfactorError(f"square={self.square!r} must be the side of a square in metres, above 0.")

    @staticmethod
    def named(text: str, square: float) -> Chessboard:
        """The board of a text such as ``9x6``. Raises SimfactorError for another form."""
        columns, times, rows = text.lower().partition("x")
        if not (times and columns.isdecimal() and rows.isdecimal()):
            raise SimfactorError(f"board {text!r} must be COLUMNSxROWS of its inner corners, such as 9x6.")
        return Chessboard(int(columns), int(rows), square)

    def __str__(self) -> str:
        return f"{self.columns} x {self.rows} inner corners"

    @property
    def directed(self) -> bool:
        """Whether it looks different after half a turn."""
        return (self.columns + self.rows) % 2 == 1

    @property
    def points(self) -> Array:
        """The corners (columns * rows, 3) in the board's frame, metres; the first row along x first."""
        y, x = np.mgrid[: self.rows, : self.columns]
        return self.square * np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)

    def find(self, picture: Byte) -> Array | None:
        """The corners (columns * rows, 2) in a picture (H, W, 3) RGB, in the order of :attr:`points`.

        Pixels, to the right and down from the middle of the first one (OpenCV's convention). Found as by Duda
        & Frese 2018, "Accurate detection and localization of checkerboard corners for calibration", and put
        where the edges around them meet (Foerstner & Guelch 1987). None if the board is not seen as a whole.
        Raises SimfactorError for a larger board.
        """
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
        seen, corners, marks = cv2.findChessboardCornersSBWithMeta(grey, (self.columns, self.rows), FIND)
        if not seen:
            return None
        if sorted(marks.shape) != sorted((self.columns, self.rows)):
            raise SimfactorError(
                f"it shows a board of {max(marks.shape)} x {min(marks.shape)} inner corners, not of {self}; "
                "give the board's own size."
            )
        grid = _refined(np.asarray(corners, np.float32).reshape(self.rows, self.columns, 2), grey)
        if _turn(grid) > 0:  # pixels count downwards: seen from above, y is to the left of x
            grid = grid[:, ::-1]
        if self.directed and _first_is_white(grid, grey):
            grid = grid[::-1, ::-1]
        return grid.reshape(-1, 2)


def _refined(grid: NDArray[np.float32], grey: Byte) -> Array:
    """Corners (rows, columns, 2), each where the gradients around it say; whole squares must not come in."""
    nearest = min(np.linalg.norm(np.diff(grid, axis=axis), axis=-1).min() for axis in (0, 1))
    window = int(np.clip(WINDOW * nearest, *WINDOWS))
    corners = cv2.cornerSubPix(grey, grid.reshape(-1, 1, 2), (window, window), (-1, -1), PRECISE)
    return np.asarray(corners, np.float64).reshape(grid.shape)


def _turn(grid: Array) -> float:
    """Twice the signed area of the quadrilateral of a grid's outer corners (rows, columns, 2)."""
    x, y = np.stack([grid[0, 0], grid[0, -1], grid[-1, -1], grid[-1, 0]]).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def _first_is_white(grid: Array, grey: Byte) -> bool:
    """Whether the square at the first corner, on the diagonal of the first whole one, is a white one."""
    middles = (grid[:-1, :-1] + grid[1:, :-1] + grid[:-1, 1:] + grid[1:, 1:]) / 4
    column, row = np.rint(middles).astype(int).reshape(-1, 2).T
    shown = cv2.blur(grey, (3, 3))[row, column].astype(np.float64)
    even = np.indices(middles.shape[:2]).sum(axis=0).ravel() % 2 == 0
    return bool(shown[even].mean() > shown[~even].mean())
