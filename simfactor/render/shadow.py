"""Shadow maps: what the light sees decides which surfaces it reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import RenderBatch
from simfactor.render.camera import Camera, cross

Array = NDArray[np.floating[Any]]
Draw = Callable[[Camera, Array], tuple[NDArray[np.uint8], Array, NDArray[np.int32]]]  # as Stage.draw

LIGHT_DISTANCE = 300.0  # in radii of the casters: far enough for the rays to be parallel
MAX_SIDE = 2048  # texels of a map along each side
MARGIN = 1.5e-3  # metres that a surface may lie behind the shadow map before it is in shadow
SOFT_DIRECTIONS = 32  # hard shadows that a soft one is the mean of


def light_directions(direction: Array, softness: float) -> Array:
    """Unit vectors (S, 3) over the disc of a light: just ``direction`` (3,) for an angular diameter of 0.

    They lie on a Vogel spiral, which fills the disc evenly (H. Vogel 1979).
    """
    if softness <= 0.0:
        return direction[None]
    steps = np.arange(SOFT_DIRECTIONS)
    radius = np.tan(softness / 2) * np.sqrt((steps + 0.5) / SOFT_DIRECTIONS)
    turn = steps * np.pi * (3.0 - np.sqrt(5.0))
    side = _across(direction)
    offsets = radius * np.stack([np.cos(turn), np.sin(turn)])
    directions = direction + offsets.T @ np.stack([side, cross(direction, side)])
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def visibility(
    points: Array, lambert: Array, casters: Array, directions: Array, texel: float, draw: Draw
) -> Array:
    """The share (P,) of a light that reaches ``points`` (P, 3): the mean over ``directions`` (S, 3) to it.

    ``lambert`` (P,) is n . l; ``draw`` rasterises the casters, whose ``caster_corners`` are given, for maps
    with texels of ``texel`` metres.
    """
    share = np.zeros(len(points))
    for direction in directions:
        camera = light_camera(direction, casters, points, texel)
        share += 1.0 if camera is None else map_share(points, lambert, camera, draw(camera, direction)[1])
    return share / len(directions)


def light_camera(direction: Array, casters: Array, points: Array, texel: float) -> Camera | None:
    """A camera far towards the light, for a shadow map with texels of ``texel`` metres.

    It sees where the bounding boxes, across the light, of ``casters`` (C, 8, 3), the corners of what casts
    shadows, and of ``points`` (P, 3), what may lie in them, overlap; None where they do not, as all points
    are lit. Casters that cannot shade any point move nothing, and the map's texels are those of a grid.
    """
    up = _across(direction)
    axes = np.stack([cross(up, direction), up, direction])
    lit = points @ axes.T
    least, most = lit.min(axis=0), lit.max(axis=0)
    boxes = casters @ axes.T
    low, high = boxes.min(axis=1), boxes.max(axis=1)
    near_points = (low[:, :2] < most[:2]).all(axis=1) & (high > least).all(axis=1)
    if not near_points.any():
        return None
    low, high = low[near_points].min(axis=0), high[near_points].max(axis=0)
    start, end = np.maximum(low, least)[:2] - texel, np.minimum(high, most)[:2] + texel
    texel = max(texel, (end - start).max() / MAX_SIDE)
    start, end = np.floor(start / texel), np.ceil(end / texel)
    width, height = (end - start).astype(int).tolist()
    middle = np.append((start + end) * texel, low[2] + high[2]) / 2.0 @ axes
    radius = float(np.linalg.norm(high - low)) / 2.0 + texel
    distance = LIGHT_DISTANCE * radius
    focal = np.full(2, distance / (height * texel))
    near, far = distance - radius, distance + radius
    return Camera.look_at(middle + distance * direction, middle, up, focal, near, far, height, width)


def map_share(points: Array, lambert: Array, camera: Camera, depth: Array) -> Array:
    """The share (P,) of the light that reaches ``points`` (P, 3), by ``camera``'s shadow map ``depth``.

    The four nearest texels are compared and blended (percentage-closer filtering, Reeves et al. 1987). The
    bias grows with the slope of the surface against the light, whose cosine is ``lambert`` (P,). Points
    outside the map are lit.
    """
    column, row, distance = camera.project(points)
    texel = distance / (camera.focal[1] * camera.height)
    slope = np.sqrt(1.0 - lambert**2) / np.maximum(lambert, 0.02)
    limit = distance - (MARGIN + texel * (0.5 + 1.5 * slope))
    # a rim of texels that nothing covers: at the map's edge, too, shadows are blended with light
    flat = np.pad(depth, 1, constant_values=np.inf).reshape(-1)
    column, row = column + 0.5, row + 0.5
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    inside = (left >= 0) & (left <= camera.width) & (top >= 0) & (top <= camera.height)
    first = np.where(inside, top * (camera.width + 2) + left, 0)
    right_share, lower_share = column - left, row - top
    upper = _blend(flat[first] >= limit, flat[first + 1] >= limit, right_share)
    first = first + camera.width + 2
    lower = _blend(flat[first] >= limit, flat[first + 1] >= limit, right_share)
    return np.where(inside, _blend(upper, lower, lower_share), 1.0)


def caster_corners(batch: RenderBatch, i: int, casts: NDArray[np.bool_]) -> Array:
    """The corners (casters, 8, 3), in the world, of the boxes around the meshes of the ``casts`` (I,)."""
    meshes = [batch.meshes[mesh].vertices for mesh in batch.mesh[i, casts]]
    bounds = np.array([(vertices.min(axis=0), vertices.max(axis=0)) for vertices in meshes], np.float64)
    corner = (np.arange(8)[:, None] >> np.arange(3)) & 1
    boxes = bounds[:, corner, np.arange(3)] * batch.scale[i, casts, None]
    turn = batch.orientation[i, casts, None].astype(np.float64)
    across = 2.0 * np.cross(turn[..., :3], boxes)
    turned = boxes + turn[..., 3:] * across + np.cross(turn[..., :3], across)
    return turned + batch.position[i, casts, None]


def _across(direction: Array) -> Array:
    """A unit vector at right angles to ``direction`` (3,)."""
    side = cross(np.eye(3)[np.argmin(np.abs(direction))], direction)
    return side / np.linalg.norm(side)


def _blend(first: Array | NDArray[np.bool_], second: Array | NDArray[np.bool_], share: Array) -> Array:
    return first * (1.0 - share) + second * share
