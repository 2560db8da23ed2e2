"""What surrounds the world: light that comes from everywhere, as Mitsuba's emitters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import Float, RenderBatch
from simfactor.render.pathtrace.variants import SCALAR, active

Emitter = dict[str, Any]

SOURCES = ("sky", "constant")
FILES = (".exr", ".hdr", ".pfm", ".png", ".jpg", ".jpeg")
TURBIDITY = (1.0, 10.0)
ROWS, COLUMNS = 128, 4  # of the map of a batch's own sky and ground
GROUND_ALBEDO = 0.2  # of what the procedural sky is reflected by
LOWEST_SUN = 0.02  # sine of its elevation
DIRECTIONS = 256  # over which a procedural sky is averaged


@dataclass(frozen=True)
class Environment:
    """What lights a batch in the place of its ``sky`` and ``ground``.

    It gives colours and where light comes from; how much there is stays the batch's: a white surface that
    faces up, with nothing around, receives ``strength`` times the mean of ``sky``.

    Args:
        source: ``sky``, a clear to hazy sky with the sun where the key light is (Mitsuba's ``sunsky``, after
            Wilkie et al. 2021 and Hosek & Wilkie 2012; the sun itself is the key light); ``constant``, white
            light from all sides; or the path of an equirectangular picture, such as an HDRI in ``.exr`` or
            ``.hdr``, whose middle lies towards +x and whose left half towards +y.
        rotation: radians that a picture is turned by, from +x towards +y.
        strength: factor on the light.
        turbidity: haze of the ``sky``, 1 (arctic) to 10 (hazy).
        seen: whether it is seen where nothing is hit, in the place of the batch's background.

    Raises SimfactorError for values that are not among these, and for a file that is not there.
    """

    source: str | Path = "sky"
    rotation: float = 0.0
    strength: float = 1.0
    turbidity: float = 3.0
    seen: bool = False

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            path = Path(self.source)
            if path.suffix.lower() not in FILES or not path.is_file():
                raise SimfactorError(
                    f"environment source={str(self.source)!r} is neither one of {', '.join(SOURCES)} nor an "
                    f"existing picture ({', '.join(FILES)}); check the path."
                )
        if not np.isfinite(self.rotation):
            raise SimfactorError(f"environment rotation={self.rotation!r} must be a finite angle in radians.")
        if not 0.0 <= self.strength < np.inf:
            raise SimfactorError(f"environment strength={self.strength!r} must be 0 or above, and finite.")
        if not TURBIDITY[0] <= self.turbidity <= TURBIDITY[1]:
            raise SimfactorError(
                f"environment turbidity={self.turbidity!r} must be from {TURBIDITY[0]:g} (clear) "
                f"to {TURBIDITY[1]:g} (hazy)."
            )


class Surroundings:
    """The emitters of what surrounds a batch's images; ``environment`` None means their own sky and ground.

    Raises SimfactorError if the environment's picture cannot be read, or is black.
    """

    def __init__(self, mi: Any, environment: Environment | None) -> None:
        self.environment = environment
        self._picture: Float | None = None
        if environment is not None and environment.source not in SOURCES:
            self._picture = _read(mi, Path(environment.source))

    def emitter(self, mi: Any, batch: RenderBatch, i: int) -> Emitter | None:
        """The emitter around image ``i``, or None where it is dark."""
        given = self.environment
        if given is None:
            return _map(mi, _gradient(batch.sky[i], batch.ground[i]))
        amount = given.strength * float(batch.sky[i].mean())
        if given.source == "constant":
            return _map(mi, np.full((2, COLUMNS, 3), amount, np.float32))
        if given.source == "sky":
            return _procedural(batch.light_direction[i], given.turbidity, amount)
        assert self._picture is not None
        return _map(mi, self._picture * np.float32(amount), given.rotation)


def _gradient(sky: Float, ground: Float) -> Float:
    """``sky`` (3,) above the horizon, ``ground`` (3,) below: of this, a surface that is tilted receives what
    the shading model of a batch calls ambient, ground + (sky - ground) * (1 + n.z) / 2."""
    above = (np.arange(ROWS) < ROWS // 2)[:, None, None]
    return np.broadcast_to(np.where(above, sky, ground), (ROWS, COLUMNS, 3)).astype(np.float32)


def _map(mi: Any, radiance: Float, rotation: float = 0.0) -> Emitter | None:
    """The emitter of an equirectangular picture (H, W, 3) in linear light, its first row up."""
    if not radiance.any():
        return None
    place = mi.ScalarTransform4f().rotate([0, 0, 1], 90.0 + float(np.degrees(rotation)))
    bitmap = mi.Bitmap(np.ascontiguousarray(radiance))
    return {"type": "envmap", "bitmap": bitmap, "to_world": place.rotate([1, 0, 0], 90.0)}


def _sky(sun: tuple[float, ...], turbidity: float) -> Emitter:
    """The sky alone, in Mitsuba's own units, with the sun towards ``sun`` (3,)."""
    return {
        "type": "sunsky",
        "turbidity": turbidity,
        "albedo": GROUND_ALBEDO,
        "sun_scale": 0.0,
        "sun_direction": list(sun),
    }


@lru_cache(maxsize=1024)
def _received_from_sky(sun: tuple[float, ...], turbidity: float) -> float:
    """The irradiance of a surface that faces up, over pi: the mean over cosine-distributed directions, which
    are a Vogel spiral on the unit disc, lifted to the sphere (Malley's method)."""
    steps = np.arange(DIRECTIONS)
    radius, turn = np.sqrt((steps + 0.5) / DIRECTIONS), steps * np.pi * (3.0 - np.sqrt(5.0))
    x, y, z = radius * np.cos(turn), radius * np.sin(turn), np.sqrt(1.0 - radius**2)
    with active(SCALAR) as mi:  # single directions would be a kernel each elsewhere
        emitter, seen = mi.load_dict(_sky(sun, turbidity)), mi.SurfaceInteraction3f()
        total = 0.0
        for direction in np.stack([x, y, z], axis=1).tolist():
            seen.wi = -mi.Vector3f(direction)
            total += float(np.mean(np.array(emitter.eval(seen))))
    return total / DIRECTIONS


def _procedural(lights: Float, turbidity: float, amount: float) -> Emitter | None:
    """A sky whose light on a surface that faces up averages ``amount`` over the channels; the sun is towards
    the first of ``lights`` (L, 3), or overhead where that has no direction."""
    toward = np.array([*lights[:1], (0.0, 0.0, 1.0)], np.float64)
    sun = toward[toward.any(axis=1)][0]
    sun /= np.linalg.norm(sun)
    place = (float(sun[0]), float(sun[1]), max(float(sun[2]), LOWEST_SUN))
    scale = amount / _received_from_sky(place, turbidity)
    return {**_sky(place, turbidity), "sky_scale": scale} if amount > 0.0 else None


def _read(mi: Any, path: Path) -> Float:
    """A picture (H, W, 3) in linear light, such that a surface that faces up receives 1 of it."""
    try:
        bitmap = mi.Bitmap(str(path)).convert(mi.Bitmap.PixelFormat.RGB, mi.Struct.Type.Float32, False)
    except Exception as error:  # Mitsuba's errors have no base of their own
        raise SimfactorError(
            f"environment source={str(path)!r} cannot be read as a picture "
            f"({(str(error).splitlines() or [''])[-1].strip()}); give an equirectangular .exr or .hdr file."
        ) from error
    radiance: NDArray[np.float32] = np.array(bitmap, np.float32)
    if min(radiance.shape[:2]) < 2 or not np.isfinite(radiance).all() or radiance.min() < 0.0:
        raise SimfactorError(
            f"environment source={str(path)!r} has {radiance.shape[0]} x {radiance.shape[1]} pixels from "
            f"{radiance.min():g} to {radiance.max():g}; it needs 2 x 2 or more, finite and not below 0."
        )
    height = len(radiance)
    rise = np.pi * (np.arange(height) + 0.5) / height  # from the zenith
    weight = np.maximum(np.cos(rise), 0.0) * np.sin(rise)
    received = float((weight[:, None] * radiance.mean(axis=2)).mean() / weight.mean())
    if not received > 0.0:
        raise SimfactorError(
            f"environment source={str(path)!r} is black above its middle; give another picture."
        )
    return radiance / np.float32(received)
