"""Scenes: a world and the effects that tie factors to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import RenderBatch
from simfactor.scene import isaac3d, mpi3d, objects, tabletop
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.effects import Effect, Value, Values
from simfactor.scene.optics import Camera, Light
from simfactor.scene.robot import Robot
from simfactor.scene.snapshot import Snapshots
from simfactor.scene.world import Rgb, World

PAINT: dict[str, Rgb] = {"floor": (0.45, 0.43, 0.41), "target": (0.90, 0.05, 0.05)}


@dataclass(frozen=True)
class SceneSpec:
    """What makes a scene of the shared world: its effects, where it starts, and what is fixed in it."""

    effects: tuple[Effect, ...]
    defaults: Mapping[str, Value]
    light: Light
    camera: Camera
    carried: bool = False  # the object is in the gripper and there is no target
    paint: Mapping[str, Rgb] = field(default_factory=dict)
    cover: Mapping[str, str] = field(default_factory=dict)


SCENES: dict[str, SceneSpec] = {
    "tabletop": SceneSpec(tabletop.EFFECTS, tabletop.DEFAULTS, tabletop.LIGHT, tabletop.CAMERA),
    "isaac3d": SceneSpec(
        isaac3d.EFFECTS,
        isaac3d.DEFAULTS,
        isaac3d.LIGHT,
        isaac3d.CAMERA,
        carried=True,
        cover={"table": "wood"},
    ),
    "mpi3d": SceneSpec(
        mpi3d.EFFECTS,
        mpi3d.DEFAULTS,
        mpi3d.LIGHT,
        mpi3d.CAMERA,
        carried=True,
        paint={"table": (0.25, 0.25, 0.27)},
    ),
}


class Scene:
    """An open scene: one PyBullet client whose state the factors decide. Use it as a context manager.

    Attributes:
        factor_names: the factors it knows.
        client: PyBullet's physics client id.
        robot: the arm: read it, teleport it, drive it.
        bodies: name -> PyBullet body id.
    """

    def __init__(self, spec: SceneSpec) -> None:
        self._spec = spec
        self._world = World(spec.light, spec.camera)
        self._snapshots = Snapshots(self._world)
        self._owner = {name: effect for effect in spec.effects for name in effect.domain}
        for name, color in {**PAINT, **spec.paint}.items():
            self._world.paint(name, color)
        for name, texture in spec.cover.items():
            self._world.cover(name, texture)
        self.factor_names: tuple[str, ...] = tuple(self._owner)
        self.reset()

    @property
    def client(self) -> int:
        return self._world.client

    @property
    def robot(self) -> Robot:
        return self._world.robot

    @property
    def bodies(self) -> dict[str, int]:
        return dict(self._world.bodies)

    @property
    def light(self) -> Light:
        """The light as it is now."""
        return self._world.light

    @property
    def camera(self) -> Camera:
        """The camera as it is now."""
        return self._world.camera

    def apply(self, values: Mapping[str, Value]) -> None:
        """Set some factors; the others keep their state. The order of the names does not matter.

        Raises SimfactorError for an unknown factor, a value that makes no physical sense or a position that
        the arm cannot reach; then nothing has changed.
        """
        checked = {name: self._effect(name).domain[name].check(name, value) for name, value in values.items()}
        for effect in self._spec.effects:
            given = {name: checked[name] for name in effect.domain if name in checked}
            if given:
                rest = {} if len(given) == len(effect.domain) else effect.read(self._world)
                effect.apply(self._world, {**rest, **given})

    def read(self, names: Iterable[str] | None = None) -> Values:
        """The factors as the world has them now. Raises SimfactorError for an unknown name."""
        wanted = self.factor_names if names is None else tuple(names)
        state: Values = {}
        for name in wanted:
            if name not in state:
                state |= self._effect(name).read(self._world)
        return {name: state[name] for name in wanted}

    def reset(self) -> None:
        """Back to the scene's defaults, physics included: every episode that starts so is bit-equal."""
        self._world.restore()
        self._world.light, self._world.camera = self._spec.light, self._spec.camera
        self.apply(self._spec.defaults)

    def step(self, substeps: int = 1) -> None:
        """Advance physics by ``substeps`` of 1/240 s. A carried object follows the gripper."""
        for _ in range(substeps):
            p.stepSimulation(physicsClientId=self.client)
        if self._spec.carried:
            objects.carry(self._world)

    def snapshot(self, height: int, width: int) -> RenderBatch:
        """The world as it is now, for a renderer: a batch of one image of height x width pixels."""
        if height < 1 or width < 1:
            raise SimfactorError(f"image size {height} x {width} is not positive; ask for 1 x 1 or more.")
        return self._snapshots.take(height, width)

    def close(self) -> None:
        """Close the PyBullet client; a second call does nothing."""
        self._world.close()

    def __enter__(self) -> Scene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _effect(self, name: str) -> Effect:
        if name not in self._owner:
            raise unknown_name("factor", name, self.factor_names)
        return self._owner[name]


def open_scene(name: str = "tabletop") -> Scene:
    """Open a scene by name: ``tabletop``, ``isaac3d`` or ``mpi3d``.

    Raises SimfactorError for another name.
    """
    if name not in SCENES:
        raise unknown_name("scene", name, SCENES)
    return Scene(SCENES[name])
