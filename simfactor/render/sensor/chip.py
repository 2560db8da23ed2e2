"""From light to numbers: mosaic, noise, saturation, white balance, and the mosaic interpolated."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Float, Word
from simfactor.render.noise import normals, scramble
from simfactor.sensor import MOSAICS, Sensor

Code = NDArray[np.uint16]

PEDESTAL = 0.25  # added before numbers are made, so that noise around black keeps its lower half
STEPS = 65535 / (1 + PEDESTAL)  # from black to white
STREAM = 0x85EBCA6B  # sets this noise apart from ``sensor_noise`` of the same seed
INTERPOLATIONS = {"bilinear": cv2.COLOR_BayerBG2RGB, "edge_aware": cv2.COLOR_BayerBG2RGB_EA}  # of RGGB
BORDER = 2  # pixels mirrored around a mosaic, an even number, which keeps its phase


def exposed(light: Float, sensor: Sensor, seed: int) -> Code:
    """Numbers (H, W, 3) of linear light (H, W, 3), black at PEDESTAL * STEPS and white at 65535.

    White balance is a gain on numbers, after the noise, which it amplifies as in a camera; what the chip
    cannot hold has clipped by then.
    """
    mosaic = MOSAICS[int(sensor.mosaic)]
    raw = light if mosaic == "none" else bayer(light)[..., None]
    if sensor.iso:
        raw = raw + noise(raw, sensor, seed)
    raw = np.minimum(raw, np.float32(1))
    if sensor.white_balance_red or sensor.white_balance_blue:
        gains = np.array([2**sensor.white_balance_red, 1, 2**sensor.white_balance_blue], np.float32)
        raw = raw * (gains if mosaic == "none" else bayer(np.broadcast_to(gains, light.shape))[..., None])
    codes = to_codes(raw)
    return codes if mosaic == "none" else interpolated(codes[..., 0], mosaic)


def bayer(light: Float) -> Float:
    """The one colour (H, W) that each pixel of a chip sees: rows of red and green, of green and blue."""
    raw = light[..., 1].copy()
    raw[::2, ::2], raw[1::2, 1::2] = light[::2, ::2, 0], light[1::2, 1::2, 2]
    return raw


def noise(raw: Float, sensor: Sensor, seed: int) -> Float:
    """Shot and read noise of ``raw`` (H, W, C), 1 being white.

    EMVA Standard 1288: of N electrons that a pixel collects, the variance is N + read_noise^2. White are
    full_well * 100 / iso electrons. Their Poisson distribution is taken as normal, as A. Foi et al. do
    (Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data, 2008).
    """
    white = sensor.full_well * 100 / sensor.iso
    variance = np.maximum(raw, 0) / np.float32(white) + np.float32((sensor.read_noise / white) ** 2)
    height, width, channels = raw.shape
    own: Word = scramble(np.array([seed ^ STREAM], np.uint32))
    drawn: Float = np.sqrt(variance) * normals(own[0], height * width, channels).reshape(raw.shape)
    return drawn


def to_codes(raw: NDArray[Any]) -> Code:
    """``raw`` as whole numbers."""
    inside = np.clip(raw, -PEDESTAL, 1)
    return np.rint((inside + np.float32(PEDESTAL)) * np.float32(STEPS)).astype(np.uint16)


def interpolated(codes: Code, mosaic: str) -> Code:
    """All colours (H, W, 3) of a Bayer mosaic (H, W), mirrored at its edges."""
    wide = cv2.copyMakeBorder(codes, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REFLECT_101)
    whole = cv2.demosaicing(wide, INTERPOLATIONS[mosaic])
    return whole[BORDER:-BORDER, BORDER:-BORDER].astype(np.uint16, copy=False)
