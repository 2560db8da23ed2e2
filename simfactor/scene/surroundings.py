"""What is in a PyBullet client: its bodies and links by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from simfactor.scene.bullet import pybullet as p

RESERVED = ("background", "camera", "light", "sensor")  # first words of factors that no body has
FARTHEST = 5.0  # metres a side: what is larger is ground or room, not a thing that cameras look at


Inventory: TypeAlias = tuple[tuple[int, bytes, bytes], ...]


class Body(NamedTuple):
    """A body: its id, and the names of its links in PyBullet's order."""

    id: int
    links: tuple[str, ...]


def named_bodies(client: int, known: Mapping[str, int]) -> dict[str, Body]:
    """Name -> body, in PyBullet's order.

    A body has the name that ``known`` (name -> id) or else its file gives it, in small letters; one without
    either is ``body3`` after its id. Names that occur twice get the id, too.
    """
    found: dict[str, Body] = {}
    theirs = {body: name for name, body in known.items()}
    for number in range(p.getNumBodies(physicsClientId=client)):
        body = p.getBodyUniqueId(number, physicsClientId=client)
        in_file = p.getBodyInfo(body, physicsClientId=client)[1].decode()
        name = _plain(theirs.get(body) or in_file.removesuffix(".urdf")) or "body"
        if name in found or name in ("body", *RESERVED):
            name = f"{name}{body}"
        found[name] = _body(body, client)
    return found


def inventory(client: int) -> Inventory:
    """The bodies of a client, by number and by the names in their files: what changes when they do."""
    bodies = [p.getBodyUniqueId(i, client) for i in range(p.getNumBodies(client))]
    return tuple((body, *p.getBodyInfo(body, client)) for body in bodies)


def gaze_distance(client: int, position: np.ndarray, forward: np.ndarray) -> float:
    """How far ahead of a camera at ``position`` (3,), that looks along ``forward`` (3,), the things are that
    it looks at: the middle of all bodies but ground and room, metres; 1 where there are none ahead."""
    middles = []
    for number in range(p.getNumBodies(physicsClientId=client)):
        body = p.getBodyUniqueId(number, physicsClientId=client)
        for link in range(-1, p.getNumJoints(body, physicsClientId=client)):
            low, high = np.array(p.getAABB(body, link, physicsClientId=client))
            if (high - low).max() < FARTHEST:
                middles.append((low + high) / 2)
    ahead = (np.array(middles) - position) @ forward if middles else np.zeros(1)
    ahead = ahead[ahead > 0]
    return float(np.median(ahead)) if len(ahead) else 1.0


def _body(body: int, client: int) -> Body:
    joints = range(p.getNumJoints(body, physicsClientId=client))
    links = [p.getJointInfo(body, joint, physicsClientId=client) for joint in joints]
    return Body(body, tuple(_plain(link[12].decode()) for link in links))


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()
