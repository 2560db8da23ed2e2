"""A world that an encoder learns in seconds: the brightness of a picture's halves, and their tint."""

import numpy as np

from simfactor.factors import Categorical, Continuous, FactorSpace

SPACE = FactorSpace(
    {
        "top": Continuous(0.0, 40.0, unit="lx", group="light"),
        "bottom": Continuous(0.0, 40.0, unit="lx", group="light"),
        "tint": Categorical(("orange", "blue"), group="color"),
    }
)
TINTS = np.array([[1.0, 0.7, 0.3], [0.3, 0.6, 1.0]])


def draw(rows: np.ndarray) -> np.ndarray:
    """Images (n, 64, 64, 3) uint8 of rows (n, 3)."""
    light = 40 + 5 * rows[:, :2].repeat(32, axis=1)  # (n, 64)
    tint = TINTS[rows[:, 2].astype(int)]
    lines = (light[:, :, None] * tint[:, None, :]).astype(np.uint8)
    return lines[:, :, None, :].repeat(64, axis=2)
