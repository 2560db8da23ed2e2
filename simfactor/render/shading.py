"""The shading of a RenderBatch, per pixel in linear light, and the way between sRGB and linear light."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import UNTEXTURED, RenderBatch

Array = NDArray[np.floating[Any]]


def to_linear(srgb: Array) -> Array:
    """sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def bytes_to_linear(srgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB bytes to linear light."""
    return LINEAR_OF_BYTE[srgb]


def to_bytes(linear: Array) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes; what is brighter than 1 clips."""
    return np.round(to_srgb(linear) * 255.0).astype(np.uint8)


def to_srgb(linear: Array) -> NDArray[np.float32]:
    """Linear light to sRGB in [0, 1]; what is brighter than 1 clips."""
    clipped = np.clip(linear, 0.0, 1.0).astype(np.float32)  # a power costs four times as much in float64
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)


LINEAR_OF_BYTE = to_linear(np.arange(256) / 255.0).astype(np.float32)


class Surface(NamedTuple):
    """What P pixels see: albedo (P, 3) linear rgb, normal and view (P, 3) unit vectors, view towards the
    camera, specular and roughness (P,) as in RenderBatch."""

    albedo: Array
    normal: Array
    view: Array
    specular: Array
    roughness: Array


class Lighting(NamedTuple):
    """The light of one image: L unit directions (L, 3) towards lights of linear rgb ``color`` (L, 3), linear
    rgb ``sky`` and ``ground`` (3,), and the ``exposure``."""

    direction: Array
    color: Array
    sky: Array
    ground: Array
    exposure: float

    @staticmethod
    def of(batch: RenderBatch, i: int) -> Lighting:
        """The light of image ``i``, the directions made unit vectors."""
        direction = batch.light_direction[i].astype(np.float64)
        direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
        return Lighting(
            direction, batch.light_color[i], batch.sky[i], batch.ground[i], float(batch.exposure[i])
        )


def shade(surface: Surface, lighting: Lighting, visible: Array) -> Array:
    """Linear rgb (P, 3) of surfaces, of which the share ``visible`` (P,) of light 0 reaches each.

    Per channel, with unit vectors n (normal), v (to the camera), l (to a light), h = (l + v) / abs(l + v)::

        ambient   = ground + (sky - ground) * (1 + n.z) / 2
        reaching  = light * visible * max(0, n . l)                   visible = 1 for all lights but light 0
        highlight = (0.25 + roughness / 4) * D                                   with a = roughness ** 2,
        D         = a ** 2 / (1 - (1 - a ** 2) * max(0, n . h) ** 2) ** 2
        rgb       = exposure * (albedo * (ambient + sum of reaching) + specular * sum of reaching * highlight)

    The highlight is the approximation of GGX that B. Karis gives for mobile renderers ("Physically Based
    Shading on Mobile", 2013, by way of "Real Shading in Unreal Engine 4"), without the pi in D, as a light of
    1 makes a white matt surface that faces it 1, not 1 / pi. Nothing is clipped.
    """
    ambient = lighting.ground + (lighting.sky - lighting.ground) * (0.5 + 0.5 * surface.normal[:, 2:])
    diffuse, gloss = ambient, np.zeros_like(surface.albedo)
    for k, (direction, color) in enumerate(zip(lighting.direction, lighting.color, strict=True)):
        lambert = np.maximum(surface.normal @ direction, 0.0)
        reaching = color * (lambert * visible if k == 0 else lambert)[:, None]
        diffuse = diffuse + reaching
        if surface.specular.any():
            gloss += reaching * highlight(surface.normal, surface.view, direction, surface.roughness)[:, None]
    return lighting.exposure * (surface.albedo * diffuse + surface.specular[:, None] * gloss)


def highlight(normal: Array, view: Array, light: Array, roughness: Array) -> Array:
    """The highlight (P,) of :func:`shade`, for normals and views (P, 3) and one light's direction (3,)."""
    half = light + view
    half = half / np.maximum(np.linalg.norm(half, axis=-1, keepdims=True), 1e-6)
    facing = np.maximum((normal * half).sum(axis=-1), 0.0)
    spread = roughness**4
    return (0.25 + 0.25 * roughness) * spread / (1.0 - (1.0 - spread) * facing**2) ** 2


def shade_matt(albedo: Array, lambert: Array, visible: Array, lighting: Lighting) -> Array:
    """What :func:`shade` gives where no normal is needed: light 0 only, of which n . l = ``lambert`` (P,) is
    known, no highlights, and a sky like the ground."""
    return lighting.exposure * albedo * (lighting.sky + lighting.color[0] * (visible * lambert)[:, None])


def background(batch: RenderBatch, i: int) -> Array:
    """Linear rgb (H, W, 3) of image ``i`` where nothing is hit, exposure included.

    The colour of a row is that of the top row and the bottom row blended at the row's centre in linear light:
    t = (row + 0.5) / H. A backdrop is stretched over the image, averaged where it is much larger, and sampled
    bilinearly at the pixels' centres; its edge texels go on to the image's edge.
    """
    height, width = batch.height, batch.width
    if batch.backdrop[i] == UNTEXTURED:
        top, bottom = to_linear(batch.background[i])
        share = ((np.arange(height) + 0.5) / height)[:, None, None]
        colors = np.broadcast_to(top + (bottom - top) * share, (height, width, 3))
    else:
        colors = _stretch(bytes_to_linear(batch.textures[batch.backdrop[i]]), height, width)
    return batch.exposure[i] * colors


def _stretch(picture: Array, height: int, width: int) -> Array:
    """``picture`` (h, w, 3), halved to about the size, at the centres of (height, width) pixels, bilinear."""
    while picture.shape[0] * picture.shape[1] >= 2 * height * width and min(picture.shape[:2]) > 1:
        even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        picture = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4.0
    for axis, size in enumerate((height, width)):
        count = picture.shape[axis]
        at = np.clip((np.arange(size) + 0.5) / size * count - 0.5, 0, count - 1)
        first = np.minimum(at.astype(int), max(count - 2, 0))
        a, b = picture.take(first, axis), picture.take(np.minimum(first + 1, count - 1), axis)
        share = np.expand_dims(at - first, (1, 2) if axis == 0 else (0, 2))
        picture = a + (b - a) * share
    return picture
