"""The world in somebody else's PyBullet client, with factors of how it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace
from simfactor.frames import RenderBatch
from simfactor.scene.appearance import Appearance, natural_values
from simfactor.scene.bound import Bindings, Bound
from simfactor.scene.bullet_world import BulletWorld
from simfactor.scene.clients import body_names, check_client, find_client, is_open
from simfactor.scene.effects import Choice, Range
from simfactor.scene.own_view import OwnView, own_views
from simfactor.scene.resizing import REMADE
from simfactor.scene.surroundings import Body, Inventory, gaze_distance, inventory, named_bodies
from simfactor.scene.viewpoint import Viewpoint

PICTURE = (256, 256)  # height and width in pixels where nobody says


class AttachedWorld:
    """Takes pictures of a world as it is now, and as it would be if light, camera and surfaces were others.

    But for bound factors nothing in the client is ever changed. Bodies that come or go, and a client that is
    opened anew, are noticed by :meth:`look`.

    Args:
        holder: the object that keeps the client in its attributes, an unwrapped environment.
        render: takes the holder's own picture; its camera is ours unless one is given.
        client: the client, where it cannot be found or there are several.
        camera: what the world is seen through instead of the holder's own camera.
        extras: further arguments of BulletWorld.
        bind: name -> a factor that is a property of a body. These alone change the client, until
            :meth:`unbind`.

    Raises SimfactorError for no client, several, or a window, and for bound factors of what is not there.
    """

    def __init__(
        self,
        holder: object,
        render: Callable[[], Any],
        client: int | None = None,
        camera: Viewpoint | None = None,
        extras: Mapping[str, Any] | None = None,
        bind: Mapping[str, Bound] | None = None,
    ) -> None:
        self._holder, self._render, self._asked = holder, render, client
        self._camera, self._extras = camera, dict(extras or {})
        self._bindings = Bindings(dict(bind or {}))
        self._gaze: float | None = None
        self._appearance = Appearance({})
        self._there: Inventory = ()
        self.bodies: dict[str, Body] = {}
        self.client = -1
        self.look()
        self._bindings.check(self.bodies, self.client)

    def look(self) -> None:
        """See which client there is now, and what is in it."""
        if self._asked is not None or not is_open(self.client):
            client = find_client(self._holder) if self._asked is None else self._asked
            check_client(client)
            if client != self.client:
                self._world, self.client = BulletWorld(client, **self._extras), client
        there = inventory(self.client)
        if there != self._there:
            self._name(self._kept(there))
            self._there = there

    def _kept(self, there: Inventory) -> dict[str, int]:
        """The bodies that are still there once some were made again, which takes their names and order."""
        remade = {number for number in self._bindings.resized if (number, *REMADE) in there}
        same = remade | {body[0] for body in set(there) & set(self._there)}
        return {name: body.id for name, body in self.bodies.items() if remade and body.id in same}

    def _name(self, kept: Mapping[str, int]) -> None:
        """Give everything that is there its name."""
        self.bodies = named_bodies(self.client, {**body_names(self._holder, self.client), **kept})
        places: dict[str, tuple[int, int | None]] = {name: (b.id, None) for name, b in self.bodies.items()}
        links = [(name, body, i) for name, body in self.bodies.items() for i in range(len(body.links))]
        places |= {f"{name}.{body.links[i]}": (body.id, i) for name, body, i in links}
        if places != self._appearance.surfaces:
            self._appearance = Appearance(places)

    @property
    def space(self) -> FactorSpace:
        """All factors, without those of single links."""
        looks = self._appearance.space(tuple(self.bodies))
        own = {name: bound.factor for name, bound in self._bindings.bound.items()}
        return FactorSpace({**looks.factors, **own}, looks.scene)

    @property
    def natural(self) -> dict[str, float]:
        """The values that leave pictures as they are (:func:`natural_values`)."""
        return natural_values(self._world.snapshot(1, 1, Viewpoint.orbit()))

    @property
    def bound(self) -> tuple[str, ...]:
        """The factors that are properties of bodies."""
        return tuple(self._bindings.bound)

    def domain(self, name: str) -> Range | Choice:
        """What a factor can be. Raises SimfactorError for one that this world does not have (any more)."""
        looks, bound = self._appearance.domains, self._bindings.bound
        if name in bound:
            return bound[name].domain
        if name not in looks:
            raise unknown_name("factor", name, [*looks, *bound])
        return looks[name]

    def checked(self, values: Mapping[str, Any]) -> dict[str, float | str]:
        """Values of some factors. Raises SimfactorError for unknown factors and values without sense."""
        return {name: self.domain(name).check(name, value) for name, value in values.items()}

    def bind(self, values: Mapping[str, Any]) -> None:
        """Set the bound factors among ``values``. Raises SimfactorError for one whose body has gone."""
        self._bindings.apply(values, self.bodies, self.client)

    def unbind(self) -> None:
        """Put back whatever bound factors have changed."""
        self._bindings.undo()

    def batch(self, size: int | None, columns: Mapping[str, ArrayLike], count: int = 1) -> RenderBatch:
        """This moment ``count`` times, with columns factor -> values (count,) or names (count,).

        ``size`` pixels square; None: as large as the holder's own picture.
        """
        if not is_open(self.client):
            self.look()
        own = self._own_view()
        height, width = (own.height, own.width) if size is None else (size, size)
        camera = own.camera if size is None else own.camera.squared()
        now = self._world.snapshot(height, width, camera)
        batch = now if count == 1 else now.repeat(count)
        looks = {name: values for name, values in columns.items() if name not in self.bound}
        coded = {name: self.domain(name).encode(name, values) for name, values in looks.items()}
        return self._appearance.dress(batch, coded, self._distance(own.camera))

    def _own_view(self) -> OwnView:
        if self._camera is not None:
            return OwnView(self._camera, *PICTURE)
        views = own_views(self._render)
        if not views:
            raise SimfactorError(
                f"{type(self._holder).__name__} took no picture when it was asked to render; make it "
                "with render_mode='rgb_array', or give camera=Viewpoint.orbit(...)."
            )
        return views[0]

    def _distance(self, camera: Viewpoint) -> float:
        """How far away what the camera looks at is: measured once, lest a turned camera should tremble."""
        if self._gaze is None:
            position = np.array(camera.position)
            forward = np.subtract(camera.target, position)
            self._gaze = gaze_distance(self.client, position, forward / np.linalg.norm(forward))
        return self._gaze
