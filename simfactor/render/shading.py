"""The shading of a RenderBatch, done per pixel in linear light on what a rasteriser found there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.render.camera import Camera

Array = NDArray[np.float64]

LIGHT_DISTANCE = 100.0  # in radii of the lit region: far enough for the rays to be parallel
MARGIN = 1.5e-3  # metres that a surface may lie behind the shadow map before it is in shadow


def to_linear(srgb: Array) -> Array:
    """sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_bytes(linear: Array) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes; what is brighter than 1 clips."""
    clipped = np.clip(linear, 0.0, 1.0)
    srgb = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.round(srgb * 255.0).astype(np.uint8)


def shade(albedo: Array, lambert: Array, visible: Array, light: Array, ambient: Array) -> Array:
    """Linear rgb (P, 3): ``albedo * (ambient + light * visible * lambert)``.

    albedo (P, 3) linear; lambert = max(0, n . l) and visible, both (P,) in [0, 1]; light and ambient (3,)
    linear.
    """
    return albedo * (ambient + light * (visible * lambert)[:, None])


def light_camera(points: Array, direction: Array, resolution: int) -> Camera:
    """A camera far towards the light that frames ``points`` (P, 3), for a shadow map of that light."""
    towards = direction / np.linalg.norm(direction)
    up = np.eye(3)[np.argmin(np.abs(towards))]
    right = np.cross(up, towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    seen = points @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    radius = max(float((high - low).max()) / 2 * 1.02, 1e-3)
    distance = LIGHT_DISTANCE * radius
    eye = (low + high) / 2 @ axes + distance * towards
    return Camera(eye, axes, radius / distance, distance / 2, distance * 2, resolution, resolution)


def visibility(points: Array, lambert: Array, camera: Camera, depth: Array) -> Array:
    """The share (P,) of the light that reaches ``points`` (P, 3), by ``camera``'s shadow map ``depth``.

    The four nearest texels are compared and blended (percentage-closer filtering, Reeves et al. 1987). The
    bias grows with the slope of the surface against the light, whose cosine is ``lambert`` (P,).
    """
    column, row, distance = camera.project(points)
    texel = 2.0 * camera.tangent * distance / camera.height
    slope = np.sqrt(1.0 - lambert**2) / np.maximum(lambert, 0.1)
    limit = distance - (MARGIN + texel * (0.5 + 1.5 * slope))
    column, row = column - 0.5, row - 0.5
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right_share, lower_share = column - left, row - top
    total = np.zeros_like(distance)
    for down, vertical in ((0, 1.0 - lower_share), (1, lower_share)):
        for across, horizontal in ((0, 1.0 - right_share), (1, right_share)):
            rows = np.clip(top + down, 0, camera.height - 1)
            columns = np.clip(left + across, 0, camera.width - 1)
            total += vertical * horizontal * (depth[rows, columns] >= limit)
    return total
