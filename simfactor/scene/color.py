"""Colour conversions: colour temperature to light, hue to surface colour and back."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

TEMPERATURES = (1667.0, 25000.0)  # kelvin, where the approximation below is valid
XYZ_TO_LINEAR_SRGB = np.array(  # IEC 61966-2-1, D65 white
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


def kelvin_to_linear_rgb(temperature: float) -> NDArray[np.float64]:
    """Linear sRGB (3,) of black-body light at ``temperature`` kelvin, with luminance 1.

    The Planckian locus in CIE 1931 xy is the cubic approximation of Kim, Cho, Lee & Kim (2002), "Design of
    advanced color temperature control system for HDTV applications", J. Korean Phys. Soc. 41(6), valid from
    1667 to 25000 K. Colours outside the sRGB gamut (blue below 1900 K) are clipped at 0.
    """
    x, y = _planckian_xy(temperature)
    rgb = XYZ_TO_LINEAR_SRGB @ np.array([x / y, 1.0, (1.0 - x - y) / y])
    return np.maximum(rgb, 0.0)


def _planckian_xy(temperature: float) -> tuple[float, float]:
    t = 1000.0 / temperature
    if temperature <= 4000.0:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if temperature <= 2222.0:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif temperature <= 4000.0:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return x, y


def hue_to_srgb(hue: float, saturation: float, value: float) -> tuple[float, float, float]:
    """sRGB of an HSV colour; ``hue`` in degrees, the rest in [0, 1]."""
    return colorsys.hsv_to_rgb((hue / 360.0) % 1.0, saturation, value)


def srgb_to_hue(rgb: tuple[float, float, float]) -> float:
    """Hue in degrees, [0, 360), of an sRGB colour."""
    return colorsys.rgb_to_hsv(*rgb)[0] * 360.0
