"""What the centre of each pixel sees: one ray each, of which depth, segments, normals and albedo are read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import HIDDEN, UNTEXTURED, Byte, Float, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.pathtrace.sensor import ONE_CENTRED, sensor
from simfactor.render.pathtrace.solids import merged_mesh, new_shape, upside_down
from simfactor.render.shading import to_bytes, to_linear
from simfactor.render.texture import Texture, footprints

OUTPUTS = {"distance": "depth", "at": "position", "face": "prim_index", "plane": "geo_normal"}
OUTPUTS |= {"normal": "sh_normal", "uv": "uv"}
WIDTHS = (1, 3, 1, 3, 3, 2)  # channels of each


class Seen(NamedTuple):
    """What the pixels see: instance (H, W), or HIDDEN; depth (H, W) metres along the viewing axis, inf where
    nothing is hit; normal (H, W, 3), unit, towards the camera, 0 there; uv (H, W, 2)."""

    instance: NDArray[np.intp]
    depth: Float
    normal: Float
    uv: Float


def look(mi: Any, camera: Camera, things: list[tuple[int, Mesh]]) -> Seen:
    """What ``camera`` sees of ``things``, instances with their meshes in the world.

    They are one mesh here, so that the number of a triangle tells the instance in every variant.
    """
    shape = camera.height, camera.width
    if not things:
        zero = np.zeros((*shape, 3), np.float32)
        return Seen(np.full(shape, HIDDEN), np.full(shape, np.inf, np.float32), zero, zero[..., :2])
    scene = mi.load_dict(
        {"type": "scene", "things": new_shape(mi, merged_mesh([mesh for _, mesh in things]))}
    )
    aovs = ",".join(f"{name}:{kind}" for name, kind in OUTPUTS.items())
    integrator = mi.load_dict({"type": "aov", "aovs": aovs})
    channels = np.array(
        mi.render(scene, sensor=sensor(mi, camera, ONE_CENTRED), integrator=integrator, spp=1)
    )
    distance, at, face, plane, normal, uv = np.split(channels, np.cumsum(WIDTHS)[:-1], axis=2)
    hit = distance[..., 0] > 0.0
    ends = np.cumsum([len(mesh.faces) for _, mesh in things])
    owner = np.array([instance for instance, _ in things])[
        np.searchsorted(ends, face[..., 0].astype(np.intp), side="right").clip(max=len(ends) - 1)
    ]
    depth = camera.project(at.astype(np.float64))[2]
    away = ((at - camera.position) * plane).sum(axis=2, keepdims=True) > 0.0
    outside = np.where(away, -plane, plane)
    normal = np.where((normal * outside).sum(axis=2, keepdims=True) < 0.0, -normal, normal)
    return Seen(
        np.where(hit, owner, HIDDEN),
        np.where(hit, depth, np.inf).astype(np.float32),
        np.where(hit[..., None], normal, 0.0).astype(np.float32),
        upside_down(uv),
    )


def albedo_bytes(batch: RenderBatch, i: int, seen: Seen, textures: dict[int, Texture]) -> Byte:
    """The albedo (H, W, 3), sRGB, of what is seen in image ``i``; ``textures`` grow as needed."""
    shown = np.append(batch.texture[i], UNTEXTURED)[seen.instance]  # HIDDEN is the last
    colors = np.append(to_linear(batch.color[i]), np.zeros((1, 3)), axis=0).astype(np.float32)
    linear = colors[seen.instance]
    width = footprints(seen.uv, seen.instance)
    for t in np.unique(shown[shown != UNTEXTURED]).tolist():
        if t not in textures:
            textures[t] = Texture(batch.textures[t])
        here = shown == t
        linear[here] *= textures[t].sample(seen.uv[here], width[here])
    return to_bytes(linear)
