"""Factors that every world has: its light, its camera and sensor, its background, and each body's surface.

They are set in the pictures of a world, not in the world: physics cannot notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.factors import Angle, Categorical, Continuous, Factor, FactorSpace
from simfactor.frames import Byte, RenderBatch
from simfactor.scene.color import TEMPERATURES, hue_to_srgb, kelvin_to_linear_rgb
from simfactor.scene.effects import Choice, Columns, Range
from simfactor.scene.optics import direction
from simfactor.scene.sensor import DOMAIN
from simfactor.scene.textures import TEXTURES, all_textures
from simfactor.sensor import Sensor, with_columns

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = Mapping[str, tuple[int, int | None]]  # name -> body, and link if it is only one

SCENE = "attached"
TINT_SATURATION = 0.5
WHITE = 6500.0  # kelvin
PATTERNS = ("wood", "brick", "gravel", "grass", "terrain", "steel", "planks", "checker", "moon", "coffee")
PHOTOGRAPHS = ("garage", "china", "flower", "rocket", "astronaut", "photographer", "cat", "stars")

AMOUNTS = {"light_intensity", "light_temperature", "ambient_share"}
FACTORS: dict[str, tuple[Factor, Range | Choice]] = {  # where they are drawn from, and what makes sense
    "light_azimuth": (Angle(-180.0, 180.0, "deg", "lighting"), Range(-360.0, 360.0, "deg")),
    "light_elevation": (Continuous(30.0, 80.0, "deg", "lighting"), Range(0.0, 90.0, "deg")),
    "light_intensity": (Continuous(0.6, 1.4, "times", "lighting"), Range(0.0, 100.0, "times")),
    "light_temperature": (Continuous(3000.0, 9000.0, "K", "lighting"), Range(*TEMPERATURES, "K")),
    "ambient_share": (Continuous(0.15, 0.55, "", "lighting"), Range(0.0, 1.0)),
    "light_softness": (Continuous(0.0, 10.0, "deg", "lighting"), Range(0.0, 20.0, "deg")),
    "camera_azimuth": (Angle(-20.0, 20.0, "deg", "camera"), Range(-360.0, 360.0, "deg")),
    "camera_elevation": (Continuous(-10.0, 10.0, "deg", "camera"), Range(-89.0, 89.0, "deg")),
    "camera_roll": (Angle(-10.0, 10.0, "deg", "camera"), Range(-360.0, 360.0, "deg")),
    "camera_distance": (Continuous(0.85, 1.2, "times", "camera"), Range(0.1, 10.0, "times")),
    "camera_zoom": (Continuous(0.85, 1.2, "times", "camera"), Range(0.1, 10.0, "times")),
    "background_texture": (Categorical(PHOTOGRAPHS, group="texture"), Choice(tuple(TEXTURES))),
    "exposure": (Continuous(-1.0, 1.0, "stops", "sensor"), Range(-4.0, 4.0, "stops")),
    "sensor_noise": (Continuous(0.0, 0.1, "", "sensor"), Range(0.0, 1.0)),
}
TEXTURE: tuple[Factor, Choice] = (Categorical(PATTERNS, group="texture"), Choice(tuple(TEXTURES)))
TINT: tuple[Factor, Range] = (Angle(0.0, 360.0, "deg", "color"), Range(-360.0, 360.0, "deg"))


class Appearance:
    """How the pictures of a world may look otherwise.

    What is not given stays as the batch has it. Light comes from a direction of the world; its intensity is
    relative to the batch's. The camera's factors are relative to the batch's camera: it moves on a sphere
    around what it looks at, ``distance`` metres ahead. A tint (hue, degrees) multiplies a surface's colour, a
    texture replaces colour and texture.

    Args:
        surfaces: names of what has a texture and a tint of its own: bodies, and single links.
    """

    def __init__(self, surfaces: Places) -> None:
        self.surfaces = dict(surfaces)
        self._textures: tuple[tuple[Byte, ...], tuple[Byte, ...]] = ((), all_textures())
        known = dict(FACTORS)
        for name in self.surfaces:
            known |= {f"{name}_texture": TEXTURE, f"{name}_tint": TINT}
        looks = {name: domain for name, (_, domain) in known.items()}
        self.domains: dict[str, Range | Choice] = {**looks, **DOMAIN}
        self._factors = {name: factor for name, (factor, _) in known.items()}

    def space(self, surfaces: tuple[str, ...]) -> FactorSpace:
        """All factors of the world but the sensor's own, with textures and tints of the named surfaces."""
        own = [f"{name}_{kind}" for name in surfaces for kind in ("texture", "tint")]
        return FactorSpace({name: self._factors[name] for name in (*FACTORS, *own)}, SCENE)

    def dress(self, batch: RenderBatch, columns: Columns, distance: float) -> RenderBatch:
        """``batch`` of n images with ``columns``, name -> (n,) numbers or codes of names, set in it."""
        changes = _lit(batch, columns) | _seen(batch, columns, distance) | self._covered(batch, columns)
        if "exposure" in columns:
            changes["exposure"] = _float(2.0 ** columns["exposure"])
        if "sensor_noise" in columns:
            changes["noise"] = _float(columns["sensor_noise"])
        if columns.keys() & DOMAIN.keys():
            changes["sensor"] = with_columns(batch.sensor, columns)
        return replace(batch, **changes)

    def _covered(self, batch: RenderBatch, columns: Columns) -> dict[str, Any]:
        """Background, textures and tints."""
        changes: dict[str, Any] = {}
        if any(name.endswith("_texture") for name in columns):
            changes["textures"] = self._with_ours(batch.textures)
        first = len(batch.textures)
        if "background_texture" in columns:
            changes["backdrop"] = (first + columns["background_texture"]).astype(np.int32)
        color, texture = batch.color.copy(), batch.texture.copy()
        for name, place in self.surfaces.items():
            covers, tints = columns.get(f"{name}_texture"), columns.get(f"{name}_tint")
            if covers is None and tints is None:
                continue
            here = _instances(batch, *place)
            if covers is not None:
                texture[:, here] = first + covers[:, None]
                color[:, here] = 1.0
            if tints is not None:
                color[:, here] *= hue_to_srgb(tints, TINT_SATURATION, 1.0)[:, None]
        return {**changes, "color": color, "texture": texture}

    def _with_ours(self, own: tuple[Byte, ...]) -> tuple[Byte, ...]:
        """A world's textures and ours: one object for each world, by which renderers know what they have."""
        if own is not self._textures[0]:
            self._textures = own, (*own, *all_textures())
        return self._textures[1]


def natural_values(batch: RenderBatch) -> dict[str, float]:
    """The values at which the first picture of a batch is what it is without them: of all numbers but tints.

    Nearly so for the light's temperature, as white light is no black body's, and for the share of ambient
    light, which comes from above and below alike once it is given.
    """
    x, y, z = batch.light_direction[0, 0].astype(np.float64)
    own = Sensor(*batch.sensor[0].tolist())._asdict()
    key, around = batch.light_color[0, 0].mean(), (batch.sky[0] + batch.ground[0]).mean() / 2
    return {
        "light_azimuth": float(np.degrees(np.arctan2(y, x))),
        "light_elevation": float(np.degrees(np.arcsin(z))),
        "light_intensity": 1.0,
        "light_temperature": WHITE,
        "ambient_share": float(around / (key + around)),
        "light_softness": float(np.degrees(batch.light_softness[0])),
        "camera_azimuth": 0.0,
        "camera_elevation": 0.0,
        "camera_roll": 0.0,
        "camera_distance": 1.0,
        "camera_zoom": 1.0,
        "exposure": float(np.log2(batch.exposure[0])),
        "sensor_noise": float(batch.noise[0]),
        **{name: value for name, value in own.items() if name != "mosaic"},
    }


def _lit(batch: RenderBatch, columns: Columns) -> dict[str, Any]:
    """The key light, and the ambient light with it; what is not given stays as the batch has it."""
    changes: dict[str, Any] = {}
    if "light_azimuth" in columns or "light_elevation" in columns:
        x, y, z = batch.light_direction[:, 0].astype(np.float64).T
        azimuth = columns.get("light_azimuth", np.degrees(np.arctan2(y, x)))
        elevation = columns.get("light_elevation", np.degrees(np.arcsin(z)))
        changes["light_direction"] = _float(direction(azimuth, elevation)[:, None])
    if "light_softness" in columns:
        changes["light_softness"] = _float(np.radians(columns["light_softness"]))
    if AMOUNTS & columns.keys():
        key, sky, ground = (a.astype(np.float64) for a in (batch.light_color[:, 0], batch.sky, batch.ground))
        if "ambient_share" in columns:
            share = columns["ambient_share"][:, None]
            total = key + (sky + ground) / 2
            key, sky, ground = (1 - share) * total, share * total, share * total
        white = np.ones((len(batch), 3))
        if "light_temperature" in columns:
            white = kelvin_to_linear_rgb(columns["light_temperature"])
        white = white * columns.get("light_intensity", np.ones(len(batch)))[:, None]
        changes["light_color"] = _float((key * white)[:, None])
        changes["sky"], changes["ground"] = _float(sky * white), _float(ground * white)
    return changes


def _seen(batch: RenderBatch, columns: Columns, distance: float) -> dict[str, Any]:
    if not any(name.startswith("camera_") for name in columns):
        return {}
    none = np.zeros(len(batch))
    position, up = batch.camera_position.astype(np.float64), batch.camera_up.astype(np.float64)
    forward = _unit(batch.camera_target - position)
    pivot = position + distance * forward
    right = _unit(np.cross(forward, up))
    for axis, angle in (
        (right, -columns.get("camera_elevation", none)),
        (np.broadcast_to([0.0, 0.0, 1.0], position.shape), columns.get("camera_azimuth", none)),
    ):
        forward, up = _turned(forward, axis, angle), _turned(up, axis, angle)
    up = _turned(up, forward, columns.get("camera_roll", none))
    away = distance * columns.get("camera_distance", none + 1.0)
    zoom = columns.get("camera_zoom", none + 1.0)
    return {
        "camera_position": _float(pivot - away[:, None] * forward),
        "camera_target": _float(pivot),
        "camera_up": _float(up),
        "focal": _float(batch.focal * zoom[:, None]),
    }


def _turned(vectors: Array, axes: Array, degrees: Array) -> Array:
    """Vectors (n, 3) turned about unit axes (n, 3) (Rodrigues)."""
    angle = np.radians(degrees)[:, None]
    along = (vectors * axes).sum(axis=1, keepdims=True) * axes
    turned: Array = along + np.cos(angle) * (vectors - along) + np.sin(angle) * np.cross(axes, vectors)
    return turned


def _unit(vectors: Any) -> Array:
    array = np.asarray(vectors, np.float64)
    unit: Array = array / np.linalg.norm(array, axis=1, keepdims=True)
    return unit


def _instances(batch: RenderBatch, body: int, link: int | None) -> NDArray[np.bool_]:
    here: NDArray[np.bool_] = batch.segment[:, 0] == body
    return here if link is None else here & (batch.segment[:, 1] == link)


def _float(values: Any) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, np.float32)
