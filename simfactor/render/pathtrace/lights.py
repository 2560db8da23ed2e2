"""The lights of a batch as Mitsuba's emitters, in units that give a matt surface the batch's radiance.

A light of 1 makes a white matt surface that faces it 1 bright, so its irradiance is pi.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simfactor.frames import RenderBatch

DISTANCE = 1e4  # metres to the disc of a soft key light: far enough for its rays to be parallel


def light_emitters(mi: Any, batch: RenderBatch, i: int) -> dict[str, Any]:
    """The lights of image ``i`` by name, without those that are dark. The key light is a disc of the angular
    diameter ``light_softness``; it, and all others, come from one direction where that is 0."""
    emitters: dict[str, Any] = {}
    for k in np.flatnonzero(batch.light_color[i].any(axis=1)).tolist():
        toward, color = batch.light_direction[i, k].astype(np.float64), batch.light_color[i, k]
        toward /= np.linalg.norm(toward)
        radius = float(batch.light_softness[i]) / 2.0 if k == 0 else 0.0
        place = batch.camera_target[i].astype(np.float64)
        emitters[f"light{k}"] = _disc(mi, place, toward, color, radius) if radius else _sun(toward, color)
    return emitters


def rgb(color: Any) -> dict[str, Any]:
    """A colour in linear light, of any brightness, as Mitsuba takes it."""
    return {"type": "rgb", "value": np.asarray(color, np.float64).tolist()}


def _sun(toward: Any, color: Any) -> dict[str, Any]:
    return {"type": "directional", "direction": (-toward).tolist(), "irradiance": rgb(np.pi * color)}


def _disc(mi: Any, place: Any, toward: Any, color: Any, radius: float) -> dict[str, Any]:
    """A disc of the angular ``radius`` far away from ``place`` (3,): of radiance L, it gives a surface that
    faces it pi * L * sin(radius) ** 2."""
    center = place + DISTANCE * toward
    aside = np.eye(3)[np.argmin(np.abs(toward))]
    view = mi.ScalarTransform4f().look_at(center.tolist(), place.tolist(), aside.tolist())
    return {
        "type": "disk",
        "to_world": view.scale(DISTANCE * float(np.tan(radius))),
        "emitter": {"type": "area", "radiance": rgb(color / np.sin(radius) ** 2)},
    }
