"""Bodies of another size. PyBullet cannot scale one, so it is made again, and gets the number it had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.scene.bullet import pybullet as p

SIMPLE = {p.GEOM_BOX: "box", p.GEOM_SPHERE: "sphere", p.GEOM_CYLINDER: "cylinder", p.GEOM_CAPSULE: "capsule"}
REMADE = (b"link0", b"")  # what getBodyInfo says of bodies that were made without a file
NO_FILE = (b"", b"unknown_file")
TEXTURES = p.VISUAL_SHAPE_DATA_TEXTURE_UNIQUE_IDS
Pose = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Blueprint:
    """All that is needed to make a body without joints again: its rows of ``getCollisionShapeData``,
    ``getVisualShapeData`` and ``getDynamicsInfo``, how it stands, how it moves, and how low it reaches."""

    collision: tuple[Any, ...] | None
    visual: tuple[Any, ...] | None
    dynamics: tuple[Any, ...]
    pose: Pose
    velocity: Pose
    low: float


def blueprint(body: int, client: int) -> Blueprint:
    """Of a body as it is. Raises SimfactorError for one that cannot be made again: with joints, in a
    constraint, of several shapes, that collides as a mesh (whose parts PyBullet does not tell), or that
    shows a mesh made from vertices."""
    if p.getNumJoints(body, client):
        raise SimfactorError("it has joints, so it cannot be resized; bind the size of a body without.")
    for number in range(p.getNumConstraints(client)):
        constraint = p.getConstraintInfo(p.getConstraintUniqueId(number, client), client)
        if body in (constraint[0], constraint[2]):
            raise SimfactorError("a constraint holds it, so it cannot be resized; bind another's.")
    collision = _only(p.getCollisionShapeData(body, -1, client), "collides as", SIMPLE)
    visual = _only(p.getVisualShapeData(body, TEXTURES, client), "shows", {**SIMPLE, p.GEOM_MESH: "mesh"})
    if visual is not None and visual[2] == p.GEOM_MESH and visual[4] in NO_FILE:
        raise SimfactorError("it shows a mesh made from vertices, so it cannot be resized; bind another's.")
    dynamics = p.getDynamicsInfo(body, -1, client)
    pose, velocity = p.getBasePositionAndOrientation(body, client), p.getBaseVelocity(body, client)
    return Blueprint(collision, visual, dynamics, pose, velocity, p.getAABB(body, -1, client)[0][2])


def rebuild(plan: Blueprint, scale: float, body: int, client: int) -> None:
    """Put a body ``scale`` times as large in the place of ``body``, under its number.

    Its mass, friction, colour, texture and motion stay; its moments of inertia follow its size; it grows and
    shrinks around its place on the ground, so that it stands on what it stood on.
    """
    p.removeBody(body, client)
    centre = np.multiply(plan.dynamics[3], scale).tolist(), plan.dynamics[4]  # in the link's frame
    made = p.createMultiBody(
        plan.dynamics[0],
        _collision(plan.collision, scale, centre, client),
        _visual(plan.visual, scale, client),
        baseInertialFramePosition=centre[0],
        baseInertialFrameOrientation=centre[1],
        physicsClientId=client,
    )
    if made != body:
        raise SimfactorError(f"body {body} was made again as body {made}; bind its size no more.")
    _set_dynamics(plan.dynamics, scale, body, client)
    if plan.visual is not None:
        p.changeVisualShape(body, -1, rgbaColor=plan.visual[7], physicsClientId=client)
        if plan.visual[8] >= 0:
            p.changeVisualShape(body, -1, textureUniqueId=plan.visual[8], physicsClientId=client)
    (x, y, z), orientation = plan.pose
    p.resetBasePositionAndOrientation(body, (x, y, z + (scale - 1) * (z - plan.low)), orientation, client)
    p.resetBaseVelocity(body, *plan.velocity, client)


def _only(rows: tuple[Any, ...], does: str, known: Mapping[int, str]) -> tuple[Any, ...] | None:
    """The one shape of a body, if there is one, of the known kinds."""
    if len(rows) > 1:
        raise SimfactorError(f"it {does} {len(rows)} shapes, so it cannot be resized; bind another's.")
    for row in rows:
        if row[2] not in known:
            raise SimfactorError(
                f"it {does} a shape of PyBullet's kind {row[2]}, so it cannot be resized; of these it could: "
                f"{', '.join(known.values())}."
            )
    return rows[0] if rows else None


def _size(row: tuple[Any, ...], scale: float) -> dict[str, Any]:
    """A shape's size as the functions take it that make shapes."""
    kind, size = row[2], np.multiply(row[3], scale).tolist()
    if kind == p.GEOM_BOX:
        return {"halfExtents": [side / 2 for side in size]}
    if kind == p.GEOM_MESH:
        return {"fileName": row[4].decode(), "meshScale": size}
    return {"radius": size[0]} if kind == p.GEOM_SPHERE else {"height": size[0], "radius": size[1]}


def _collision(row: tuple[Any, ...] | None, scale: float, centre: Pose, client: int) -> int:
    """Its frame is told in that of the centre of mass, and taken in that of the link."""
    if row is None:
        return -1
    placed = p.multiplyTransforms(*centre, np.multiply(row[5], scale).tolist(), row[6])
    return int(
        p.createCollisionShape(
            row[2],
            collisionFramePosition=placed[0],
            collisionFrameOrientation=placed[1],
            physicsClientId=client,
            **_size(row, scale),
        )
    )


def _visual(row: tuple[Any, ...] | None, scale: float, client: int) -> int:
    if row is None:
        return -1
    size = _size(row, scale)
    if "height" in size:
        size["length"] = size.pop("height")
    return int(
        p.createVisualShape(
            row[2],
            visualFramePosition=np.multiply(row[5], scale).tolist(),
            visualFrameOrientation=row[6],
            physicsClientId=client,
            **size,
        )
    )


def _set_dynamics(told: tuple[Any, ...], scale: float, body: int, client: int) -> None:
    stiff = {"contactDamping": told[8], "contactStiffness": told[9]} if told[9] > 0 else {}
    p.changeDynamics(
        body,
        -1,
        lateralFriction=told[1],
        localInertiaDiagonal=np.multiply(told[2], scale**2).tolist(),
        restitution=told[5],
        rollingFriction=told[6],
        spinningFriction=told[7],
        physicsClientId=client,
        **stiff,
    )
