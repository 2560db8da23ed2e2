"""Colour conversions: colour temperature to light, hue to surface colour and back; of arrays of any shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

TEMPERATURES = (1667.0, 25000.0)  # kelvin, where the approximation below is valid
XYZ_TO_LINEAR_SRGB = np.array(  # IEC 61966-2-1, D65 white
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)
# The cubics of the Planckian locus, highest power first, and the kelvin at which the next begins
X_FROM = np.array([4000.0])
X_OF_INVERSE = np.array(
    [[-0.2661239, -0.2343589, 0.8776956, 0.179910], [-3.0258469, 2.1070379, 0.2226347, 0.240390]]
)
Y_FROM = np.array([2222.0, 4000.0])
Y_OF_X = np.array(
    [
        [-1.1063814, -1.34811020, 2.18555832, -0.20219683],
        [-0.9549476, -1.37418593, 2.09137015, -0.16748867],
        [3.0817580, -5.87338670, 3.75112997, -0.37001483],
    ]
)


def kelvin_to_linear_rgb(temperature: ArrayLike) -> NDArray[np.float64]:
    """Linear sRGB (..., 3) of black-body light at ``temperature`` (...) kelvin, with luminance 1.

    The Planckian locus in CIE 1931 xy is the cubic approximation of Kim, Cho, Lee & Kim (2002), "Design of
    advanced color temperature control system for HDTV applications", J. Korean Phys. Soc. 41(6), valid from
    1667 to 25000 K. Colours outside the sRGB gamut (blue below 1900 K) are clipped at 0.
    """
    kelvin = np.asarray(temperature, np.float64)
    x = _cubic(X_OF_INVERSE[X_FROM.searchsorted(kelvin)], 1000.0 / kelvin)
    y = _cubic(Y_OF_X[Y_FROM.searchsorted(kelvin)], x)
    xyz = np.empty((*kelvin.shape, 3))
    xyz[..., 0], xyz[..., 1], xyz[..., 2] = x / y, 1.0, (1.0 - x - y) / y
    return np.maximum(xyz @ XYZ_TO_LINEAR_SRGB.T, 0.0)


def _cubic(coefficients: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c, d = (coefficients[..., i] for i in range(4))
    return ((a * t + b) * t + c) * t + d


def hue_to_srgb(hue: ArrayLike, saturation: float, value: float) -> NDArray[np.float64]:
    """sRGB (..., 3) of HSV colours; ``hue`` (...) in degrees, the rest in [0, 1]."""
    sector = (np.array([5.0, 3.0, 1.0]) + np.asarray(hue, np.float64)[..., None] / 60.0) % 6.0
    return value - value * saturation * np.clip(np.minimum(sector, 4.0 - sector), 0.0, 1.0)


def srgb_to_hue(rgb: ArrayLike) -> NDArray[np.float64]:
    """Hue (...) in degrees, [0, 360), of sRGB colours (..., 3); 0 for greys."""
    colors = np.asarray(rgb, np.float64)
    red, green, blue = np.moveaxis(colors, -1, 0)
    top, spread = colors.max(axis=-1), np.ptp(colors, axis=-1)
    turns: Any = np.select(
        [spread == 0.0, top == red, top == green],
        [np.zeros_like(top), green - blue, 2.0 * spread + blue - red],
        4.0 * spread + red - green,
    )
    return 60.0 * turns / np.where(spread == 0.0, 1.0, spread) % 360.0
