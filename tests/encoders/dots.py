"""A world small enough for tests: one coloured dot or square on grey, 64 x 64, drawn with NumPy."""

import numpy as np

from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

SPACE = FactorSpace(
    {
        "x": Continuous(-2.0, 4.0, unit="cm", group="pose", role="task"),
        "y": Continuous(-3.0, 3.0, unit="cm", group="pose", role="task"),
        "hue": Angle(0, 360, group="color"),
        "shape": Categorical(("disc", "square"), group="shape"),
    }
)


def draw(rows: np.ndarray, size: int = 64) -> np.ndarray:
    """Images (n, size, size, 3) uint8 of rows (n, 4)."""
    line = np.linspace(-5, 5, size)
    dx = np.abs(line[None, None, :] - (rows[:, 0, None, None] - 1))
    dy = np.abs(line[None, :, None] - rows[:, 1, None, None])
    inside = np.where(rows[:, 3, None, None] == 0, np.hypot(dx, dy) < 0.9, np.maximum(dx, dy) < 1.5)
    phase = np.deg2rad(rows[:, 2, None] - np.array([0.0, 120.0, 240.0]))
    color = 0.5 + 0.5 * np.cos(phase)
    return (255 * np.where(inside[..., None], color[:, None, None, :], 0.2)).astype(np.uint8)
