"""Which PyBullet client an environment holds, found where such environments keep it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from pybullet_utils.bullet_client import BulletClient

from simfactor.errors import SimfactorError
from simfactor.scene.bullet import pybullet as p

DEPTH, WIDTH = 3, 64  # how far and how wide objects are searched
MOST_CLIENTS = 1024  # that one process can have
PLAIN = (str, bytes, int, float, complex, type, ModuleType, BulletClient)


def find_client(holder: object) -> int:
    """The id of the one PyBullet client that ``holder``, an unwrapped environment, keeps in its attributes.

    Found are ``BulletClient`` objects, and numbers of connected clients in attributes with "client" in their
    names, down to a few levels (``env.sim.physics_client``). Where there are none, it is the only client of
    this process. Raises SimfactorError if it is none or not one, and for what :func:`check_client` refuses.
    """
    found: dict[int, str] = {}
    for path, client in _kept(holder):
        found.setdefault(client, path)
    if not found:
        found = {i: "this process" for i in range(MOST_CLIENTS) if p.isConnected(i)}
    if len(found) != 1:
        raise SimfactorError(f"{_told(found)} in {type(holder).__name__}; pass the right one as client=.")
    (client,) = found
    check_client(client)
    return client


def body_names(holder: object, client: int) -> dict[str, int]:
    """The names that ``holder`` has for bodies: of its dictionaries from names to bodies with "bod" in their
    own name, as far as clients are searched, the one that names most."""
    bodies = {p.getBodyUniqueId(i, client) for i in range(p.getNumBodies(client))}
    best: dict[str, int] = {}
    for path, thing in _things(holder):
        named = "bod" in path.rpartition(".")[2].lower()
        if not named or not isinstance(thing, dict) or len(thing) <= len(best):
            continue
        numbers = list(thing.values())
        if all(type(number) is int and number in bodies for number in numbers) and all(
            isinstance(name, str) for name in thing
        ):
            best = dict(thing)
    return best


def is_open(client: int) -> bool:
    """Whether there still is a client of this number."""
    return bool(p.isConnected(client))


def check_client(client: int) -> None:
    """Raise SimfactorError for a client that is not connected, or that is a window."""
    if not p.isConnected(client):
        raise SimfactorError(
            f"client={client!r} is no connected PyBullet client; it was closed, or never opened."
        )
    if p.getConnectionInfo(client)["connectionMethod"] == p.GUI:
        raise SimfactorError(
            f"client={client} is PyBullet's window, which may end the whole process; make the environment "
            "with p.DIRECT (as a rule render_mode='rgb_array')."
        )


def _kept(holder: object) -> Iterator[tuple[str, int]]:
    """Where in an object there are connected clients."""
    for path, thing in _things(holder):
        client = thing._client if isinstance(thing, BulletClient) else thing
        named = "client" in path.rpartition(".")[2].lower() or isinstance(thing, BulletClient)
        if named and type(client) is int and client >= 0 and p.isConnected(client):
            yield path, client


def _things(holder: object) -> Iterator[tuple[str, Any]]:
    """What is in the attributes of an object, and in theirs, with its path; the nearest first."""
    waiting, seen = deque([("env", holder, 0)]), {id(holder)}
    while waiting:
        path, thing, depth = waiting.popleft()
        for name, value in _parts(thing):
            where = f"{path}.{name}"
            yield where, value
            if depth < DEPTH and id(value) not in seen and not isinstance(value, PLAIN):
                seen.add(id(value))
                waiting.append((where, value, depth + 1))


def _parts(thing: object) -> list[tuple[str, Any]]:
    if isinstance(thing, Mapping):
        return [(str(key), value) for key, value in list(thing.items())[:WIDTH]]
    if isinstance(thing, (list, tuple)):
        return [(str(i), value) for i, value in enumerate(thing[:WIDTH])]
    return list(getattr(thing, "__dict__", {}).items())


def _told(found: Mapping[int, str]) -> str:
    if not found:
        return "no PyBullet client was found"
    return "there are PyBullet clients " + ", ".join(f"{i} ({path})" for i, path in found.items())
