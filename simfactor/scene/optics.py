"""The light and the camera: PyBullet keeps neither, so the scene records their physical parameters here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simfactor.scene.color import kelvin_to_linear_rgb

LOOK_AT = np.array([0.4, 0.0, 0.22])  # the camera always looks here: the middle of the workspace


def direction(azimuth: float, elevation: float) -> NDArray[np.float64]:
    """Unit vector (3,) ``azimuth`` degrees from +x towards +y, ``elevation`` degrees above the table."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])


@dataclass(frozen=True)
class Light:
    """One distant light and the ambient light it leaves in the room.

    azimuth and elevation in degrees (0, 0 = from in front of the robot, level with the table), intensity in
    units of the irradiance that shows a white surface as white, temperature in kelvin, ambient_share the
    fraction of the intensity that comes from everywhere.
    """

    azimuth: float
    elevation: float
    intensity: float
    temperature: float
    ambient_share: float

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vector (3,) from the world towards the light."""
        return direction(self.azimuth, self.elevation)

    @property
    def color(self) -> NDArray[np.float64]:
        """Linear rgb (3,) of the direct light, intensity included."""
        return self.intensity * (1.0 - self.ambient_share) * kelvin_to_linear_rgb(self.temperature)

    @property
    def ambient(self) -> NDArray[np.float64]:
        """Linear rgb (3,) of the ambient light, intensity included."""
        return self.intensity * self.ambient_share * kelvin_to_linear_rgb(self.temperature)


@dataclass(frozen=True)
class Camera:
    """A camera on a sphere around the workspace, upright, looking at ``LOOK_AT``.

    azimuth and elevation in degrees (azimuth 0 = in front of the robot), distance in metres, fov the vertical
    field of view in degrees.
    """

    azimuth: float
    elevation: float
    distance: float
    fov: float

    @property
    def position(self) -> NDArray[np.float64]:
        """Position (3,) in metres."""
        return LOOK_AT + self.distance * direction(self.azimuth, self.elevation)

    @property
    def height(self) -> float:
        """Metres above the table."""
        return float(self.position[2])

    def at_height(self, height: float, radius: float) -> Camera:
        """This camera ``height`` metres above the table, ``radius`` metres away seen from above."""
        rise = height - LOOK_AT[2]
        return Camera(
            self.azimuth, float(np.degrees(np.arctan2(rise, radius))), float(np.hypot(rise, radius)), self.fov
        )
