"""Somebody else's PyBullet environment, with factors of how it looks and pictures of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from simfactor.envs.episodes import Values
from simfactor.envs.observation import Photographer, Pixels
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace
from simfactor.frames import Images
from simfactor.scene import Bound, Viewpoint
from simfactor.scene.appearance import SCENE
from simfactor.scene.attached_world import AttachedWorld
from simfactor.scene.noise_seeds import next_seeds
from simfactor.scene.surroundings import Body

Shown = Literal["pixels", "pixels+state", "state"]


class Attached(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Any environment with a PyBullet client, seen in other light, through other cameras, in other colours.

    But for bound ones, factors are set in the pictures, never in the world: states, rewards and random
    numbers of the environment stay what they are, bit for bit. Bodies are read anew after every reset. As a
    rule made by :class:`FactorControl`, which draws the factors of every episode.

    ``reset(options={"factors": {...}})`` sets factors until the next reset; other options go to the
    environment. ``info["factors"]`` tells them.

    Args:
        env: the environment. One that opens its client in its first ``reset`` is reset once.
        renderer, image_size: of the pictures, which are square.
        observation: ``pixels``; ``pixels+state``, a Dict of the pixels and what the environment observes
            (its parts if that is a Dict, else ``state``); or ``state``, what it observes alone.
        client: its PyBullet client; by default found in its attributes.
        camera: what it is seen through; by default its own camera, which its ``render()`` uses, and which may
            move; of several the first.
        world: further arguments of BulletWorld, such as textures that were put on by hand.
        bind: name -> :class:`simfactor.scene.Bound`, a factor that is a property of a body: its mass, its
            friction, where it begins. They are set right after the environment's own reset, which has
            observed already by then (pictures show them), and put back before the next and at the end.

    Raises SimfactorError for an environment without a client or with several, one that is a window, and one
    that has no camera.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        renderer: str = "raster",
        image_size: int = 64,
        observation: Shown = "pixels",
        client: int | None = None,
        camera: Viewpoint | None = None,
        world: Mapping[str, Any] | None = None,
        bind: Mapping[str, Bound] | None = None,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            renderer=renderer,
            image_size=image_size,
            observation=observation,
            client=client,
            camera=camera,
            world=world,
            bind=bind,
        )
        gym.Wrapper.__init__(self, env)
        if observation not in get_args(Shown):
            raise unknown_name("observation", observation, get_args(Shown))
        if not image_size > 0:
            raise SimfactorError(f"image_size={image_size!r} must be a positive number of pixels.")
        if camera is None and observation != "state" and env.render_mode is None:
            raise SimfactorError(
                f"{type(env.unwrapped).__name__} shows no camera of its own, for its render_mode is None; "
                "make it with render_mode='rgb_array', or give camera=Viewpoint.orbit(...)."
            )
        self.image_size, self._observed = image_size, observation
        self._photographer = Photographer(renderer)
        self._world = _attached(env, client, camera, world, bind)
        self._values: Values = {}
        self._noise = np.zeros(1, np.uint32)
        self.observation_space = self._space_of(env.observation_space)

    @property
    def client(self) -> int:
        """The PyBullet client, for reading the world."""
        return self._world.client

    @property
    def bodies(self) -> dict[str, Body]:
        """Name -> body, as they were after the last reset."""
        return dict(self._world.bodies)

    @property
    def space(self) -> FactorSpace:
        """All its factors: light, camera, sensor, background, and each body's texture and tint.

        A single link has them, too, as ``body.link_texture`` and ``body.link_tint``; they are not in here.
        """
        return self._world.space

    @property
    def natural_factors(self) -> dict[str, float]:
        """The values at which factors change nothing, or next to nothing, of those that have one."""
        return self._world.natural

    @property
    def bound(self) -> tuple[str, ...]:
        """The factors that are properties of bodies."""
        return self._world.bound

    def check_space(self, space: FactorSpace) -> None:
        """Raise SimfactorError unless this environment has all factors of ``space``."""
        if space.scene != SCENE:
            raise SimfactorError(
                f"the space belongs to scene {space.scene!r}, not to {type(self.unwrapped).__name__}; use "
                "its own, FactorControl(env).factors, or one derived from it."
            )
        for name in space.names:
            self._world.domain(name)

    def check_shown(self, space: FactorSpace) -> None:
        """Raise SimfactorError unless pictures of this environment can show the nuisances of ``space``.

        Its task factors are what an environment observes, not what is set.
        """
        if space.scene != SCENE or space.by_role("nuisance"):
            self.check_space(space.select(space.by_role("nuisance") or space.names))

    def draw_factors(self, space: FactorSpace, seed: int, options: Mapping[str, Any] | None) -> Values:
        """A value for every factor of ``space`` in the episode ``seed``; reset options take precedence."""
        requested = self._world.checked((options or {}).get("factors") or {})
        return space.decode(space.sample(1, seed)[0]) | requested

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode. Raises SimfactorError for factors that there are not, before and after it."""
        others = dict(options or {})
        values = self._world.checked(others.pop("factors", None) or {})
        self._world.unbind()
        observation, info = self.env.reset(seed=seed, options=others or None)
        self._world.look()
        self._values = self._world.checked(values)  # a body may have gone
        self._world.bind(values)
        if seed is not None:
            self._noise = np.array([seed % 2**32], np.uint32)
        return self._observe(observation), {**info, "factors": dict(self._values)}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """As the environment's own, with its pictures."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        told = {**info, "factors": dict(self._values)}
        return self._observe(observation), reward, terminated, truncated, told

    def render(self) -> Any:
        """The environment's own picture as its factors make it look, uint8 (H, W, 3), if it has rgb_array."""
        return self._picture(None) if self.render_mode == "rgb_array" else self.env.render()

    def images(self, space: FactorSpace, rows: NDArray[np.float64]) -> Images:
        """This moment with each of ``rows`` (n, K) of ``space``: n pictures in one call of the renderer.

        Raises SimfactorError for factors that are properties of bodies: only another episode shows them.
        """
        self.check_space(space)
        held = [name for name in space.names if name in self.bound]
        if held:
            raise SimfactorError(
                f"{', '.join(held)}: a moment shows a body as it is; leave bound factors out of the space."
            )
        batch = self._world.batch(self.image_size, space.columns(rows), len(rows))
        told = dict(zip(space.names, np.asarray(rows, np.float64).T, strict=True))
        noise = next_seeds(np.repeat(self._noise, len(rows)), told)  # of each picture another
        return self._photographer.photograph(replace(batch, noise_seed=noise))

    def close(self) -> None:
        """Put bound factors back, close the renderer and the environment."""
        self._world.unbind()
        self._photographer.close()
        self.env.close()

    def _observe(self, observation: Any) -> Any:
        if self._observed == "state":
            return observation
        self._noise = next_seeds(self._noise)  # here, not where pictures are taken: render() must not count
        pixels = self._picture(self.image_size)
        return pixels if self._observed == "pixels" else {"pixels": pixels, **_parts(observation)}

    def _picture(self, size: int | None) -> Pixels:
        batch = self._world.batch(size, {name: [value] for name, value in self._values.items()})
        return self._photographer.take(replace(batch, noise_seed=self._noise))[0]

    def _space_of(self, own: gym.Space[Any]) -> gym.Space[Any]:
        if self._observed == "state":
            return own
        pixels = gym.spaces.Box(0, 255, (self.image_size, self.image_size, 3), np.uint8)
        if self._observed == "pixels":
            return pixels
        parts = own.spaces if isinstance(own, gym.spaces.Dict) else {"state": own}
        if "pixels" in parts:
            raise SimfactorError("the environment observes 'pixels' already; use observation='pixels'.")
        return gym.spaces.Dict({"pixels": pixels, **parts})


def _parts(observation: Any) -> dict[str, Any]:
    return dict(observation) if isinstance(observation, dict) else {"state": observation}


def _attached(env: gym.Env[Any, Any], *given: Any) -> AttachedWorld:
    bare = env.unwrapped
    try:
        return AttachedWorld(bare, bare.render, *given)
    except SimfactorError:
        if given[0] is not None:  # a client
            raise
        env.reset()  # which may be what opens its client
        return AttachedWorld(bare, bare.render, *given)
