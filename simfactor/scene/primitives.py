"""Meshes made in code: objects of unit size and the room around the robot, all with normals and uvs.

Texture coordinates lie in [0, 1] with u to the right and v upwards (v = 1 is the first row of the image).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simfactor.frames import Mesh

Profile = Sequence[tuple[float, float]]
QUAD = np.array([[0, 1, 2], [0, 2, 3]])


def lathe(
    profile: Profile, sides: int, round_about: bool = True, round_along: bool = False, repeat: int = 1
) -> Mesh:
    """The surface that a profile of (radius, height) points makes when turned about z.

    Outside is to the right of the profile's direction, so a profile from bottom to top encloses a solid.
    ``round_about`` smooths the normals between the sides, ``round_along`` between the profile's segments;
    ``repeat`` (a divisor of ``sides``) lays that many copies of a texture around.
    """
    points = np.asarray(profile, np.float64)
    start, end = points[:-1], points[1:]
    span = end - start
    apothem = 1.0 if round_about else np.cos(np.pi / sides)
    across = np.stack([span[:, 1], -span[:, 0] * apothem], axis=1)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    lean = np.stack([across, across], axis=1)  # (segments, start | end, radial | upward)
    if round_along:
        middle = across[1:] + across[:-1]
        middle /= np.linalg.norm(middle, axis=1, keepdims=True)
        lean[1:, 0] = lean[:-1, 1] = middle
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(span, axis=1))])
    corner_end, corner_side = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])

    side = np.arange(sides)[:, None] + corner_side  # (sides, 4)
    angle = 2.0 * np.pi * (side + 0.5) / sides
    facing = angle if round_about else np.broadcast_to(angle.mean(axis=1, keepdims=True), angle.shape)
    ring = np.stack([start, end], axis=1)[:, corner_end]  # (segments, 4, 2)
    tilt = lean[:, corner_end]
    v = np.stack([arc[:-1], arc[1:]], axis=1)[:, corner_end] / arc[-1]
    u = (np.arange(sides)[:, None] * repeat / sides) % 1.0 + corner_side * repeat / sides

    shape = (len(span), sides, 4)
    faces = np.arange(len(span) * sides)[:, None, None] * 4 + QUAD
    faces = faces.reshape(len(span), sides, 2, 3)
    kept = np.stack([start[:, 0] > 0, end[:, 0] > 0], axis=1)  # at the axis one triangle has no area
    kept = np.broadcast_to(kept[:, None, :], (len(span), sides, 2))
    return Mesh(
        _about_axis(ring[:, None], angle[None], shape),
        _about_axis(tilt[:, None], facing[None], shape),
        np.stack(np.broadcast_arrays(u[None], v[:, None]), axis=-1).reshape(-1, 2).astype(np.float32),
        faces[kept].astype(np.int32),
    )


def box(low: Sequence[float], high: Sequence[float]) -> Mesh:
    """An axis-aligned box between two corners; on its top, the texture is upright seen from +x."""
    corners = np.array([low, high], np.float64)
    vertices, normals = [], []
    for axis in range(3):
        for sign in (0, 1):
            normal = np.eye(3)[axis] * (2 * sign - 1)
            right = np.array([0.0, 1.0, 0.0]) if axis != 1 else np.array([1.0 - 2 * sign, 0.0, 0.0])
            up = np.cross(normal, right)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                pick = (normal + a * right + b * up > 0).astype(int)
                vertices.append(corners[pick, range(3)])
                normals.append(normal)
    uvs = np.tile([[0, 0], [1, 0], [1, 1], [0, 1]], (6, 1))
    faces = (np.arange(6)[:, None, None] * 4 + QUAD).reshape(-1, 3)
    return Mesh(
        np.array(vertices, np.float32),
        np.array(normals, np.float32),
        uvs.astype(np.float32),
        faces.astype(np.int32),
    )


def tiles(side: float, count: int, height: float) -> Mesh:
    """A square floor of ``count`` x ``count`` textured tiles: no uv leaves [0, 1]. Upright seen from +x."""
    step = side / count
    starts = np.arange(count) * step - side / 2.0
    x, y = (grid.reshape(-1, 1) for grid in np.meshgrid(starts, starts))
    corners = step * np.array([[1, 0], [1, 1], [0, 1], [0, 0]])
    flat = np.stack([x + corners[:, 0], y + corners[:, 1], np.full((count**2, 4), height)], axis=-1)
    uvs = np.tile([[0, 0], [1, 0], [1, 1], [0, 1]], (count**2, 1))
    faces = (np.arange(count**2)[:, None, None] * 4 + QUAD).reshape(-1, 3)
    return Mesh(
        flat.reshape(-1, 3).astype(np.float32),
        np.tile([0, 0, 1], (4 * count**2, 1)).astype(np.float32),
        uvs.astype(np.float32),
        faces.astype(np.int32),
    )


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of several."""
    offsets = np.cumsum([0, *(len(m.vertices) for m in meshes[:-1])])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate([m.uvs for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=True)]).astype(np.int32),
    )


def ball(diameter: float, rings: int, sides: int) -> Mesh:
    """A ball around the origin: ``rings`` strips of ``sides`` facets, smoothly shaded."""
    return lathe(_arc(0.0, diameter / 2, -90, 90, rings + 1), sides, round_along=True)


def _about_axis(
    flat: NDArray[np.float64], angle: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    radial, up = flat[..., 0], flat[..., 1]
    turned = np.broadcast_arrays(radial * np.cos(angle), radial * np.sin(angle), up)
    return np.stack([np.broadcast_to(t, shape) for t in turned], axis=-1).reshape(-1, 3).astype(np.float32)


def _arc(center: float, radius: float, start: float, stop: float, count: int) -> list[tuple[float, float]]:
    angles = np.radians(np.linspace(start, stop, count))
    # the ends of a half circle must lie on the axis exactly, or lathe keeps triangles without area
    return [(round(float(radius * np.cos(a)), 12), float(center + radius * np.sin(a))) for a in angles]


CORNER = 0.5**0.5  # circumradius of the unit square
SHAPES: dict[str, Mesh] = {  # unit height, centred on the origin
    "cube": lathe([(0, -0.5), (CORNER, -0.5), (CORNER, 0.5), (0, 0.5)], 4, round_about=False),
    "sphere": ball(1.0, 12, 24),
    "cylinder": lathe([(0, -0.5), (0.5, -0.5), (0.5, 0.5), (0, 0.5)], 24),
    "cone": lathe([(0, -0.5), (0.5, -0.5), (0, 0.5)], 24),
    "pyramid": lathe([(0, -0.5), (CORNER, -0.5), (0, 0.5)], 4, round_about=False),
    "hexagonal": lathe([(0, -0.5), (0.5, -0.5), (0.5, 0.5), (0, 0.5)], 6, round_about=False),
    "octahedron": lathe([(0, -0.5), (0.5, 0.0), (0, 0.5)], 4, round_about=False),
    "capsule": lathe([*_arc(-0.2, 0.3, -90, 0, 6), *_arc(0.2, 0.3, 0, 90, 6)], 24, round_along=True),
}
