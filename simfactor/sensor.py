"""What a camera does to a picture, as numbers: the settings of :mod:`simfactor.render.sensor`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError, unknown_name

MOSAICS = ("none", "bilinear", "edge_aware")


class Sensor(NamedTuple):
    """The settings of one picture. At the defaults it is the picture of an ideal camera.

    distortion_k1, k2 (radial) and p1, p2 (tangential): OpenCV's calibration parameters.
    defocus: radius of the disc that a point becomes, in image heights.
    vignetting: how many times the natural one, by which light falls off with the cosine to the 4th power.
    motion_blur: length in image heights of the line that a point becomes; motion_direction: its degrees from
    the image's x axis towards its top.
    rolling_shutter: image widths by which the camera pans to the right from the first row to the last.
    iso: the gain, 0 for no noise; full_well: electrons that are white at ISO 100; read_noise: standard
    deviation in electrons.
    white_balance_red, white_balance_blue: stops by which these channels are wrong.
    mosaic: how a Bayer mosaic is interpolated, an index into ``MOSAICS``.
    gamma: exponent on the sRGB curve; above 1 pictures are darker.
    jpeg_quality: 1 to 100, which is no compression.
    """

    distortion_k1: float = 0.0
    distortion_k2: float = 0.0
    distortion_p1: float = 0.0
    distortion_p2: float = 0.0
    defocus: float = 0.0
    vignetting: float = 0.0
    motion_blur: float = 0.0
    motion_direction: float = 0.0
    rolling_shutter: float = 0.0
    iso: float = 0.0
    full_well: float = 10_000.0
    read_noise: float = 2.5
    white_balance_red: float = 0.0
    white_balance_blue: float = 0.0
    mosaic: float = 0.0
    gamma: float = 1.0
    jpeg_quality: float = 100.0


LIMITS: dict[str, tuple[float, float, str]] = {  # what makes sense, and its unit
    "distortion_k1": (-0.5, 0.5, ""),
    "distortion_k2": (-0.5, 0.5, ""),
    "distortion_p1": (-0.02, 0.02, ""),
    "distortion_p2": (-0.02, 0.02, ""),
    "defocus": (0.0, 0.1, "image heights"),
    "vignetting": (0.0, 4.0, "times cos^4"),
    "motion_blur": (0.0, 0.5, "image heights"),
    "motion_direction": (-360.0, 360.0, "deg"),
    "rolling_shutter": (-0.5, 0.5, "image widths"),
    "iso": (0.0, 102_400.0, "ISO"),
    "full_well": (100.0, 1e6, "electrons"),
    "read_noise": (0.0, 1000.0, "electrons"),
    "white_balance_red": (-2.0, 2.0, "stops"),
    "white_balance_blue": (-2.0, 2.0, "stops"),
    "mosaic": (0, len(MOSAICS) - 1, ""),
    "gamma": (0.2, 5.0, ""),
    "jpeg_quality": (1.0, 100.0, ""),
}
OFF = np.array([Sensor()], np.float32)
OFF.setflags(write=False)


def no_sensor() -> NDArray[np.float32]:
    """The settings (1, S) that change nothing."""
    return OFF


def with_columns(table: NDArray[Any], columns: Mapping[str, ArrayLike]) -> NDArray[Any]:
    """Settings (n, S) with ``columns``, name -> numbers (n,), in place of theirs; other names are skipped."""
    changed = table.copy()
    for k, name in enumerate(Sensor._fields):
        if name in columns:
            changed[:, k] = columns[name]
    return changed


def is_on(table: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of n settings (n, S) is anything but the ideal camera's, (n,)."""
    on: NDArray[np.bool_] = (table != OFF).any(axis=1)
    return on


def check_shape(table: ArrayLike, count: int) -> None:
    """Raise SimfactorError unless ``table`` is an array of ``count`` settings (count, S)."""
    if not isinstance(table, np.ndarray) or table.shape != (count, len(Sensor._fields)):
        raise SimfactorError(
            f"sensor has shape {np.shape(table)}, expected {(count, len(Sensor._fields))}: for each image "
            f"{', '.join(Sensor._fields)}."
        )


def check_table(table: NDArray[Any]) -> None:
    """Raise SimfactorError unless all settings (n, S) make sense."""
    low, high = np.array([LIMITS[name][:2] for name in Sensor._fields], np.float32).T
    wrong = np.argwhere(~((table >= low) & (table <= high)))
    if len(wrong):
        image, k = wrong[0].tolist()
        raise SimfactorError(f"image {image}: {_outside(Sensor._fields[k], float(table[image, k]))}")


def check_limits(name: str, low: float, high: float) -> None:
    """Raise SimfactorError unless ``name`` is a setting of a sensor that may be anything in [low, high]."""
    if name not in LIMITS:
        raise unknown_name("setting of a sensor", name, LIMITS)
    for value in (low, high):
        if not LIMITS[name][0] <= value <= LIMITS[name][1]:
            raise SimfactorError(_outside(name, value))


def _outside(name: str, value: float) -> str:
    low, high, unit = LIMITS[name]
    return f"{name}={value:g} is not in {f'[{low:g}, {high:g}] {unit}'.strip()}; give a number that is."
