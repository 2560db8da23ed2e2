"""Where lens and shutter let each pixel look, and how the light falls off towards the corners."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import Float
from simfactor.sensor import Sensor

Array = NDArray[np.floating[Any]]
Sources = tuple[Float, Float]  # column and row (H, W) of the ideal picture that each pixel shows

ITERATIONS = 6  # of Newton's method, at most
CLOSE = 1e-3  # a step so short is the last: the error that it leaves is about its square
MARGIN = 1.1  # how much farther than the corners a lens has to reach
SQUEEZED = 0.45  # of the scale in the middle: where less is left along the radius, it is about to fold
RADII = np.linspace(0.0, 3.0, 257)[1:]  # where that is looked for, in distances of the farthest corner


class Plane(NamedTuple):
    """The pixels of a picture as points of the plane at distance 1, y downwards: x (1, W) and y (H, 1).

    unit: how many pixels the plane's unit is, (2,) along width and height.
    """

    x: Float
    y: Float
    unit: Float

    @staticmethod
    def of(focal: Array, principal_point: Array, height: int, width: int) -> Plane:
        """Of the pixels' centres; ``focal`` (2,) and ``principal_point`` (2,) are as of a RenderBatch."""
        unit = np.asarray(focal, np.float32) * np.float32(height)
        x = (np.arange(width) + 0.5 - principal_point[0] * width) / unit[0]
        y = (np.arange(height) + 0.5 - principal_point[1] * height) / unit[1]
        return Plane(x[None].astype(np.float32), y[:, None].astype(np.float32), unit)


def sources(sensor: Sensor, plane: Plane) -> Sources | None:
    """Where each pixel looks, None if all look straight ahead; pixels' centres are whole numbers.

    The lens is inverted first, for it distorts what the chip then reads row by row: a row that is read a
    share t of the readout after the middle one sees the world t * rolling_shutter widths on.
    """
    k = sensor[:4]
    if not (any(k) or sensor.rolling_shutter):
        return None
    height, width = plane.y.size, plane.x.size
    column, row = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    if any(k):
        x, y = undistorted(plane, *(np.float32(value) for value in k))
        column += (x - plane.x) * plane.unit[0]
        row += (y - plane.y) * plane.unit[1]
    column += (sensor.rolling_shutter * width * ((np.arange(height) + 0.5) / height - 0.5))[:, None]
    return column, row


def undistorted(
    plane: Plane, k1: np.float32, k2: np.float32, p1: np.float32, p2: np.float32
) -> tuple[Float, Float]:
    """x and y (H, W) of the points that the lens shows at those of ``plane``.

    The inverse of x' = x (1 + k1 r^2 + k2 r^4) + 2 p1 x y + p2 (r^2 + 2 x^2), and y' likewise with p1 and p2
    exchanged (D. C. Brown, Close-range camera calibration, 1971, in OpenCV's notation), by Newton's method.
    """
    x, y = np.broadcast_arrays(plane.x, plane.y)
    for _ in range(ITERATIONS):
        x2, y2, xy = x * x, y * y, x * y
        square = x2 + y2
        stretch, slope = 1 + square * (k1 + k2 * square), 2 * k1 + 4 * k2 * square
        off_x = x * stretch + 2 * p1 * xy + p2 * (square + 2 * x2) - plane.x
        off_y = y * stretch + 2 * p2 * xy + p1 * (square + 2 * y2) - plane.y
        xx = stretch + slope * x2 + 2 * p1 * y + 6 * p2 * x  # the derivatives of the two
        yy = stretch + slope * y2 + 6 * p1 * y + 2 * p2 * x
        both = slope * xy + 2 * p1 * x + 2 * p2 * y
        determinant = xx * yy - both * both
        step_x = (yy * off_x - both * off_y) / determinant
        step_y = (xx * off_y - both * off_x) / determinant
        x, y = x - step_x, y - step_y
        if max(np.abs(step_x).max(), np.abs(step_y).max()) < CLOSE:
            break
    return x, y


def check_folds(table: Array, focal: Array, principal_point: Array, height: int, width: int) -> None:
    """Raise SimfactorError if a lens of ``table`` (n, S) never reaches the corners of its picture.

    With k1 < 0 the distorted radius r (1 + k1 r^2 + k2 r^4) grows up to some r only and then falls, so that
    wide pictures would have no corners.
    """
    bent = np.flatnonzero(table[:, :2].any(axis=1))
    k1, k2 = table[bent, :2].astype(np.float64).T[..., None]
    middle = np.maximum(principal_point[bent], 1 - principal_point[bent]) * (width / height, 1.0)
    corner = np.linalg.norm(middle / focal[bent], axis=1, keepdims=True)
    radii = RADII * corner
    reached = radii * (1 + k1 * radii**2 + k2 * radii**4)
    scale = np.diff(reached, prepend=0.0, axis=1) / np.diff(radii, prepend=0.0, axis=1)
    rises = np.logical_and.accumulate(scale > SQUEEZED, axis=1)
    folded = np.flatnonzero(np.where(rises, reached, 0.0).max(axis=1, initial=0.0) < MARGIN * corner[:, 0])
    if len(folded):
        image = int(bent[folded[0]])
        raise SimfactorError(
            f"image {image}: distortion_k1={table[image, 0]:g} and distortion_k2={table[image, 1]:g} fold "
            "the picture over before its corners at this field of view; take weaker ones or a narrower field."
        )


def warped(light: Float, at: Sources) -> Float:
    """Light (H, W, 3) as seen ``at`` other places, bilinear; beyond the edge its last pixels go on."""
    seen = cv2.remap(light, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return seen.astype(np.float32, copy=False)


def nearest(at: Sources) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (H, W) of the pixels nearest to ``at``; beyond the edge, those at the edge."""
    height, width = at[0].shape
    column, row = (np.rint(places).astype(np.intp) for places in at)
    return np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)


def falloff(strength: float, plane: Plane) -> Float:
    """What is left of the light (H, W, 1): the natural vignetting cos(angle)^4, to the power ``strength``."""
    fall: Float = (1 + plane.x**2 + plane.y**2) ** np.float32(-2 * strength)
    return fall[..., None]
