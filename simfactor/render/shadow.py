"""Shadow maps: what the light sees decides which surfaces it reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Mesh
from simfactor.render.camera import Camera, cross

Array = NDArray[np.floating[Any]]

REACH = 0.6  # how far from its target a camera sees shadows, in its own distances from there
LIGHT_DISTANCE = 100.0  # in radii of the lit region: far enough for the rays to be parallel
MARGIN = 1.5e-3  # metres that a surface may lie behind the shadow map before it is in shadow


def light_camera(view: Camera, target: Array, direction: Array, resolution: int) -> Camera:
    """A camera far towards the light, for a shadow map of a sphere of radius REACH around ``target``.

    It depends on the view and the light only: what stands in the scene cannot move the shadows' texels.
    """
    radius = REACH * float(np.linalg.norm(view.position - target))
    distance = LIGHT_DISTANCE * radius
    up = np.eye(3)[np.argmin(np.abs(direction))]
    eye = target + distance * direction
    spread = 2.0 * np.arctan(1.0 / LIGHT_DISTANCE)
    return Camera.look_at(eye, target, up, spread, distance / 2, distance * 2, resolution, resolution)


def visibility(points: Array, lambert: Array, camera: Camera, depth: Array) -> Array:
    """The share (P,) of the light that reaches ``points`` (P, 3), by ``camera``'s shadow map ``depth``.

    The four nearest texels are compared and blended (percentage-closer filtering, Reeves et al. 1987). The
    bias grows with the slope of the surface against the light, whose cosine is ``lambert`` (P,). Points
    outside the map are lit.
    """
    column, row, distance = camera.project(points)
    texel = 2.0 * camera.tangent * distance / camera.height
    slope = np.sqrt(1.0 - lambert**2) / np.maximum(lambert, 0.1)
    limit = distance - (MARGIN + texel * (0.5 + 1.5 * slope))
    column, row = column - 0.5, row - 0.5
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    inside = (left >= 0) & (left < camera.width - 1) & (top >= 0) & (top < camera.height - 1)
    first = np.where(inside, top * camera.width + left, 0)
    right_share, lower_share = column - left, row - top
    flat = depth.reshape(-1)
    upper = _blend(flat[first] >= limit, flat[first + 1] >= limit, right_share)
    first = first + camera.width
    lower = _blend(flat[first] >= limit, flat[first + 1] >= limit, right_share)
    return np.where(inside, _blend(upper, lower, lower_share), 1.0)


def _blend(first: Array | NDArray[np.bool_], second: Array | NDArray[np.bool_], share: Array) -> Array:
    return first * (1.0 - share) + second * share


def flat_plane(mesh: Mesh) -> tuple[Array, Array] | None:
    """A point and the unit normal of the plane that ``mesh`` lies in, or None if it is not flat."""
    vertices = mesh.vertices.astype(np.float64)
    middle = vertices.mean(axis=0)
    _, spread, axes = np.linalg.svd(vertices - middle, full_matrices=False)
    return (middle, axes[2]) if spread[2] <= 1e-5 * spread[0] else None


def is_backdrop(
    plane: tuple[Array, Array], pose: tuple[Array, Array, Array], light: Array, points: Array
) -> bool:
    """Whether a flat mesh at ``pose`` (position, orientation xyzw, scale) lies behind all ``points`` (P, 3).

    Then it cannot come between them and the ``light`` (3,), and a shadow map can do without it.
    """
    position, orientation, scale = pose
    point, normal = plane
    normal = _rotate(orientation, normal / scale)
    normal /= np.linalg.norm(normal)
    facing = np.sign(normal @ light)
    heights = (points - position - _rotate(orientation, point * scale)) @ normal
    return bool(facing) and bool((heights * facing).min(initial=0.0) > -MARGIN)


def _rotate(orientation: Array, vector: Array) -> Array:
    axis, angle = orientation[:3], orientation[3]
    across = 2.0 * cross(axis, vector)
    return vector + angle * across + cross(axis, across)
