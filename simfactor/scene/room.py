"""The room around the robot: a table whose top is at z = 0, a floor, and a round wall as the backdrop."""

from __future__ import annotations

from functools import cache

from simfactor.frames import Mesh
from simfactor.scene.primitives import box, lathe, merge, tiles

ROOM = ("table", "floor", "wall")
TABLE_LOW, TABLE_HIGH = (-0.35, -0.7, -0.04), (0.85, 0.7, 0.0)  # metres; corners of the slab
LEG = 0.06
FLOOR = -0.75
RADIUS, HEIGHT = 6.2, 2.9  # light from 30 degrees up still clears the wall and reaches the whole table
WALL_SIDES = 48
WALL_TILES = 12  # copies of the backdrop's picture around the wall
FLOOR_TILES = 6  # and along each side of the floor


@cache
def room_meshes() -> dict[str, Mesh]:
    """The meshes of ``ROOM``, in world coordinates."""
    return {"table": _table(), "floor": tiles(2.0 * RADIUS, FLOOR_TILES, FLOOR), "wall": _wall()}


def _table() -> Mesh:
    (x0, y0, z0), (x1, y1, _) = TABLE_LOW, TABLE_HIGH
    legs = [box((x, y, FLOOR), (x + LEG, y + LEG, z0)) for x in (x0, x1 - LEG) for y in (y0, y1 - LEG)]
    return merge([box(TABLE_LOW, TABLE_HIGH), *legs])


def _wall() -> Mesh:
    inside = lathe([(RADIUS, HEIGHT), (RADIUS, FLOOR)], WALL_SIDES, repeat=WALL_TILES)
    # a profile from top to bottom faces inwards, and its texture would stand on its head
    return Mesh(inside.vertices, inside.normals, 1.0 - inside.uvs, inside.faces)
