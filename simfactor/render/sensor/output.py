"""From numbers to a picture: the tone curve, bytes, and what compression leaves of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from simfactor.frames import Byte, Float
from simfactor.render.sensor.chip import PEDESTAL, STEPS, Code
from simfactor.render.shading import to_srgb

UNCOMPRESSED = 100


def toned(codes: Code, gamma: float) -> Byte:
    """sRGB bytes of a chip's numbers, the curve to the power ``gamma``: above 1 pictures are darker."""
    if gamma == 1.0:
        return _curve_bytes()[codes]
    return np.rint(np.float32(255) * _curve()[codes] ** np.float32(gamma)).astype(np.uint8)


def compressed(picture: Byte, quality: float) -> Byte:
    """A picture (H, W, 3) as JPEG of this quality (libjpeg's scale) shows it, colours at half resolution."""
    if round(quality) >= UNCOMPRESSED:
        return picture
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, file = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])
    shown: Any = cv2.imdecode(file, cv2.IMREAD_COLOR)
    return cv2.cvtColor(shown, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


@cache
def _curve() -> Float:
    """sRGB in [0, 1] of all numbers (65536,)."""
    linear = np.maximum(np.arange(65536) / STEPS - PEDESTAL, 0.0)
    return to_srgb(linear.astype(np.float32))


@cache
def _curve_bytes() -> Byte:
    return np.rint(np.float32(255) * _curve()).astype(np.uint8)
