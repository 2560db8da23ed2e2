"""Factors that somebody declares of a body: how heavy it is, how it slides, where it begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import Angle, Continuous, Factor
from simfactor.factors.roles import Role
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.effects import Range
from simfactor.scene.resizing import blueprint, rebuild
from simfactor.scene.surroundings import Body

What: TypeAlias = Literal["size", "mass", "friction", "x", "y", "z", "yaw", "joint"]
DOMAINS: dict[str, tuple[Range, str]] = {  # what makes sense, and the factor's group
    "size": (Range(0.01, 100.0, "times"), "shape"),
    "mass": (Range(1e-6, 1e6, "kg"), "physics"),
    "friction": (Range(0.0, 1e3), "physics"),
    "x": (Range(-1e3, 1e3, "m"), "pose"),
    "y": (Range(-1e3, 1e3, "m"), "pose"),
    "z": (Range(-1e3, 1e3, "m"), "pose"),
    "yaw": (Range(-360.0, 360.0, "deg"), "pose"),
    "joint": (Range(-1e3, 1e3), "pose"),
}


@dataclass(frozen=True)
class Bound:
    """A factor that is a property of a body, in [low, high].

    body: its name, or ``body.link``. what: ``size`` (times its own; of a body without joints, which is made
    again for it: :mod:`simfactor.scene.resizing`), ``mass`` (kg), ``friction`` (lateral); of the base ``x``,
    ``y``, ``z`` (m, of the centre of mass) and ``yaw`` (degrees around the world's z); ``joint``: the
    position of the joint that moves the link (radians or metres).
    Raises SimfactorError for something else, and for a range without sense.
    """

    body: str
    what: What
    low: float
    high: float
    role: Role = "nuisance"

    def __post_init__(self) -> None:
        if self.what not in get_args(What):
            raise unknown_name("property of a body", self.what, get_args(What))
        for name in ("low", "high"):
            self.domain.check(name, getattr(self, name))
        if (self.what == "joint" and "." not in self.body) or (
            self.what in ("size", "x", "y", "z", "yaw") and "." in self.body
        ):
            wanted = "a link, 'body.link'" if self.what == "joint" else "a body, for links hang on it"
            raise SimfactorError(f"body={self.body!r}: {self.what} is a property of {wanted}.")

    @property
    def domain(self) -> Range:
        """What makes sense."""
        return DOMAINS[self.what][0]

    @property
    def factor(self) -> Factor:
        """What it is drawn from."""
        group = DOMAINS[self.what][1]
        kind = Angle if self.what == "yaw" else Continuous
        return kind(self.low, self.high, self.domain.unit, group, self.role)

    def place(self, bodies: Mapping[str, Body]) -> tuple[int, int]:
        """Body and link, -1 for the base. Raises SimfactorError if there is no such body or link (now)."""
        name, _, link = self.body.partition(".")
        if name not in bodies:
            raise unknown_name("body", name, bodies)
        if not link:
            return bodies[name].id, -1
        if link not in bodies[name].links:
            raise unknown_name(f"link of {name}", link, bodies[name].links)
        return bodies[name].id, bodies[name].links.index(link)


@dataclass
class Bindings:
    """The bound factors of one world, and how to put back what they changed.

    ``resized``: the numbers of bodies that were made again, and so have lost the names in their files.
    """

    bound: Mapping[str, Bound]
    resized: set[int] = field(default_factory=set)
    _undo: list[Callable[[], Any]] = field(default_factory=list)

    def check(self, bodies: Mapping[str, Body], client: int) -> None:
        """Raise SimfactorError for a factor whose body is not there, or cannot be resized."""
        for name, bound in self.bound.items():
            with naming(name):
                body, _ = bound.place(bodies)
                if bound.what == "size":
                    blueprint(body, client)

    def apply(self, values: Mapping[str, Any], bodies: Mapping[str, Body], client: int) -> None:
        """Set those of ``values`` that are bound; the rest is somebody else's."""
        given = [(name, bound) for name, bound in self.bound.items() if name in values]
        for name, bound in sorted(given, key=lambda one: one[1].what != "size"):  # the new body has the rest
            with naming(name):
                body, link = bound.place(bodies)
                self._undo.append(_set(bound.what, float(values[name]), body, link, client))
            if bound.what == "size":
                self.resized.add(body)

    def undo(self) -> None:
        """Put everything back, the last change first; of bodies that have gone nothing."""
        while self._undo:
            self._undo.pop()()


def _set(what: What, value: float, body: int, link: int, client: int) -> Callable[[], None]:
    """Change one property; the function that changes it back, while there is the body."""
    if what == "size":
        plan = blueprint(body, client)
        rebuild(plan, value, body, client)
    name = p.getBodyInfo(body, client)

    def guarded(change: Callable[[], Any]) -> Callable[[], None]:
        def back() -> None:
            there = p.isConnected(client) and body in (
                p.getBodyUniqueId(i, client) for i in range(p.getNumBodies(client))
            )
            if there and p.getBodyInfo(body, client) == name:
                change()

        return back

    if what == "size":
        return guarded(lambda: rebuild(plan, 1.0, body, client))
    if what in ("mass", "friction"):
        key, place = {"mass": ("mass", 0), "friction": ("lateralFriction", 1)}[what]
        before = p.getDynamicsInfo(body, link, client)[place]
        p.changeDynamics(body, link, physicsClientId=client, **{key: value})
        return guarded(lambda: p.changeDynamics(body, link, physicsClientId=client, **{key: before}))
    if what == "joint":
        position, speed = p.getJointState(body, link, client)[:2]
        p.resetJointState(body, link, value, 0.0, client)
        return guarded(lambda: p.resetJointState(body, link, position, speed, client))
    at, turned = p.getBasePositionAndOrientation(body, client)
    moved, rolled = list(at), list(p.getEulerFromQuaternion(turned))
    if what == "yaw":
        rolled[2] = math.radians(value)
    else:
        moved["xyz".index(what)] = value
    turned_to = p.getQuaternionFromEuler(rolled) if what == "yaw" else turned
    p.resetBasePositionAndOrientation(body, moved, turned_to, client)
    return guarded(lambda: p.resetBasePositionAndOrientation(body, at, turned, client))
