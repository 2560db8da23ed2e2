"""The lights and the camera: PyBullet keeps neither, so the scene records their physical parameters here.

The fields are numbers, or arrays (n,) of n images; the properties then have n rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.scene.color import kelvin_to_linear_rgb

Numbers: TypeAlias = Any  # a float or an array (n,) of them
Array: TypeAlias = NDArray[np.float64]

LOOK_AT = np.array([0.4, 0.0, 0.22])  # the camera always looks here: the middle of the workspace
FILL_ELEVATION = 30.0  # degrees
FILL_COLOR = kelvin_to_linear_rgb(6500.0)


def direction(azimuth: ArrayLike, elevation: ArrayLike) -> Array:
    """Unit vectors (..., 3) ``azimuth`` degrees from +x towards +y, ``elevation`` degrees above the table."""
    a, e = np.radians(azimuth), np.radians(elevation)
    level, forward = np.cos(e), np.cos(e) * np.cos(a)
    unit = np.empty((*forward.shape, 3))
    unit[..., 0], unit[..., 1], unit[..., 2] = forward, level * np.sin(a), np.sin(e)
    return unit


@dataclass(frozen=True)
class Light:
    """The key light, the ambient light it leaves in the room, and a fill light without shadows.

    azimuth and elevation in degrees (0, 0 = from in front of the robot, level with the table), intensity in
    units of the irradiance that shows a white surface as white, temperature in kelvin, ambient_share the
    fraction of the intensity that comes from everywhere, softness the angular diameter of the key light in
    degrees (0 = hard shadows), fill the intensity of the fill light.
    """

    azimuth: Numbers
    elevation: Numbers
    intensity: Numbers
    temperature: Numbers
    ambient_share: Numbers
    softness: Numbers = 0.0
    fill: Numbers = 0.0

    @property
    def direction(self) -> Array:
        """Unit vector (..., 3) from the world towards the key light."""
        return direction(self.azimuth, self.elevation)

    @property
    def color(self) -> Array:
        """Linear rgb (..., 3) of the direct light, intensity included."""
        return self._share(1.0 - self.ambient_share)

    @property
    def ambient(self) -> Array:
        """Linear rgb (..., 3) of the ambient light, intensity included."""
        return self._share(self.ambient_share)

    @property
    def fill_color(self) -> Array:
        """Linear rgb (..., 3) of the fill light, intensity included: daylight of 6500 K."""
        return np.asarray(self.fill)[..., None] * FILL_COLOR

    def fill_direction(self, camera: Camera) -> Array:
        """Unit vector (..., 3) towards the fill light: the key light's azimuth mirrored at the camera's."""
        return direction(2.0 * camera.azimuth - self.azimuth, FILL_ELEVATION)

    @cached_property
    def _white(self) -> Array:
        return kelvin_to_linear_rgb(self.temperature)

    def _share(self, share: Numbers) -> Array:
        return np.asarray(self.intensity * share)[..., None] * self._white


@dataclass(frozen=True)
class Camera:
    """A camera on a sphere around the workspace, upright, looking at ``LOOK_AT``.

    azimuth and elevation in degrees (azimuth 0 = in front of the robot), distance in metres, fov the vertical
    field of view in degrees, exposure in stops: each doubles the light.
    """

    azimuth: Numbers
    elevation: Numbers
    distance: Numbers
    fov: Numbers
    exposure: Numbers = 0.0

    @staticmethod
    def at(position: ArrayLike, fov: Numbers) -> Camera:
        """The camera that stands at a position (..., 3), in metres: the inverse of :attr:`position`."""
        away = np.asarray(position, np.float64) - LOOK_AT
        distance = np.linalg.norm(away, axis=-1)
        azimuth = np.degrees(np.arctan2(away[..., 1], away[..., 0]))
        return Camera(azimuth, np.degrees(np.arcsin(away[..., 2] / distance)), distance, fov)

    @property
    def position(self) -> Array:
        """Position (..., 3) in metres."""
        return LOOK_AT + np.asarray(self.distance)[..., None] * direction(self.azimuth, self.elevation)

    @property
    def height(self) -> Numbers:
        """Metres above the table."""
        return LOOK_AT[2] + self.distance * np.sin(np.radians(self.elevation))

    def at_height(self, height: Numbers, radius: float) -> Camera:
        """This camera ``height`` metres above the table, ``radius`` metres away seen from above."""
        rise = height - LOOK_AT[2]
        return replace(self, elevation=np.degrees(np.arctan2(rise, radius)), distance=np.hypot(rise, radius))
