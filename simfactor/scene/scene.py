"""Scenes: a world and the effects that tie factors to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import UNTEXTURED, RenderBatch
from simfactor.scene import isaac3d, mpi3d, objects, tabletop
from simfactor.scene.effects import Effect, Rgb, Value, Values
from simfactor.scene.kinematics import REST
from simfactor.scene.layout import Layout
from simfactor.scene.noise_seeds import next_seeds
from simfactor.scene.optics import Camera, Light
from simfactor.scene.reading import read_factors
from simfactor.scene.robot import Robot, put_arm
from simfactor.scene.room import ROOM
from simfactor.scene.state import PARKED, SceneState, columns, single
from simfactor.scene.textures import TEXTURES
from simfactor.scene.world import OBJECT_SIZE, World
from simfactor.sensor import OFF

PAINT: dict[str, Rgb] = {"floor": (0.45, 0.43, 0.41)}
WHITE: Rgb = (1.0, 1.0, 1.0)


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

    def start(self) -> SceneState:
        """One row, before any effect."""
        covers = [UNTEXTURED] * len(ROOM)
        for name, texture in self.cover.items():
            covers[ROOM.index(name)] = list(TEXTURES).index(texture)
        paint = {**PAINT, **self.paint}
        state = SceneState(
            joints=np.empty((1, 0)),
            link_position=np.empty((1, 0, 3)),
            link_orientation=np.empty((1, 0, 4)),
            object_shape=np.array([0]),
            object_size=np.array([OBJECT_SIZE]),
            object_color=np.array([WHITE]),
            object_position=np.array([(0.0, 0.0, OBJECT_SIZE / 2)]),
            object_orientation=np.array([(0.0, 0.0, 0.0, 1.0)]),
            target=np.array([PARKED]),
            robot_color=np.array([WHITE]),
            robot_roughness=np.array([1.0]),
            room_color=np.array([[paint.get(name, WHITE) for name in ROOM]]),
            room_texture=np.array([covers]),
            distractors=np.array([0]),
            distractor_angle=np.array([0.0]),
            noise=np.array([0.0]),
            noise_seed=np.array([0], np.uint32),
            sensor=OFF.astype(np.float64),
            light=columns(self.light),
            camera=columns(self.camera),
        )
        return put_arm(state, REST[None])


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

    Sensor noise is a function of the state, too. A film begins with the values that are set first after a
    reset, which decide its noise; each later change and each step is its next frame, with noise of its own.

    Attributes:
        factor_names: the factors it knows.
        client: PyBullet's physics client id.
        robot: the arm: read it, teleport it, drive it.
        bodies: name -> PyBullet body id.
    """

    def __init__(self, spec: SceneSpec) -> None:
        self._spec = spec
        self._owner = {name: effect for effect in spec.effects for name in effect.domain}
        self.factor_names: tuple[str, ...] = tuple(self._owner)
        self._world = World()
        self._layout = Layout(self._world.bodies)
        self._state = self._defaults = self._changed(spec.start(), _one_row(spec.defaults))
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
        return single(self._state.light)

    @property
    def camera(self) -> Camera:
        """The camera as it is now."""
        return single(self._state.camera)

    def apply(self, values: Mapping[str, Value]) -> None:
        """Set some factors; the others keep their state. The order of the names does not matter.

        Raises SimfactorError for an unknown factor, a value that makes no physical sense or a position that
        the arm cannot reach; then nothing has changed.
        """
        now = self._world.read(self._state)
        begun = self._state is not self._defaults  # of a film: where it goes on must not hang on rounding
        self._put(self._changed(now, _one_row(values), next_frame=begun), since=now)

    def read(self, names: Iterable[str] | None = None) -> Values:
        """The factors as the world has them now. Raises SimfactorError for an unknown name."""
        wanted = self.factor_names if names is None else tuple(names)
        owners = {name: self._effect(name) for name in wanted}
        now = self._world.read(self._state)
        return {name: values[0] for name, values in read_factors(owners, now, wanted).items()}

    def reset(self) -> None:
        """Back to the scene's defaults, physics included: every episode that starts so is bit-equal."""
        self._world.restore()
        self._put(self._defaults)

    def step(self, substeps: int = 1) -> None:
        """Advance physics by ``substeps`` of 1/240 s. A carried object follows the gripper."""
        for _ in range(substeps):
            self._world.step()
        self._world.follow(self._state)
        self._state = replace(self._state, noise_seed=next_seeds(self._state.noise_seed))
        if self._spec.carried:
            now = self._world.read(self._state)
            self._put(objects.carry(now), since=now)

    def solidify(self) -> None:
        """Let the object fall, be pushed and be grasped until the next :meth:`reset`.

        Its shape and size are then those that it has now; to show others it must be made solid again.
        """
        self._world.solidify(self._state)

    def object_position(self) -> NDArray[np.float64]:
        """Where the object's centre is, (3,) metres."""
        return np.array(self._world.object_pose(self._state)[0])

    def snapshot(self, height: int, width: int) -> RenderBatch:
        """The world as it is now, for a renderer: a batch of one image of height x width pixels."""
        return self.show(self.now(), height, width)

    def now(self) -> SceneState:
        """The world as it is now: a state of one row, which other processes can show."""
        return self._world.read(self._state)

    def batch(self, columns: Mapping[str, ArrayLike], height: int, width: int) -> RenderBatch:
        """What :meth:`apply` and :meth:`snapshot` would give for each of n rows, without touching the world.

        ``columns`` are as :meth:`state` takes them.
        """
        return self.show(self.state(columns), height, width)

    def state(self, columns: Mapping[str, ArrayLike]) -> SceneState:
        """The states of n rows: the scene's defaults with ``columns``, factor -> values (n,) or names (n,).

        Raises SimfactorError as :meth:`apply` does, with the number of the row, and for columns of different
        lengths.
        """
        given = _columns(columns)
        count = len(next(iter(given.values())))
        return self._changed(self._defaults.repeat(count), given)

    def variants(self, columns: Mapping[str, ArrayLike]) -> SceneState:
        """The world as it is now in n rows, with ``columns`` changed; the world itself stays as it is.

        ``columns`` and errors are as of :meth:`state`.
        """
        given = _columns(columns)
        count = len(next(iter(given.values())))
        return self._changed(self._world.read(self._state).repeat(count), given)

    def show(self, state: SceneState, height: int, width: int) -> RenderBatch:
        """The rows of ``state``, for a renderer: an image of height x width pixels each."""
        if height < 1 or width < 1:
            raise SimfactorError(f"image size {height} x {width} is not positive; ask for 1 x 1 or more.")
        return self._layout.batch(state, height, width)

    def _changed(
        self, state: SceneState, columns: Mapping[str, ArrayLike], next_frame: bool = False
    ) -> SceneState:
        """``columns`` set in ``state``, and other noise: the next frame's, or what the columns decide."""
        checked = {
            name: self._effect(name).domain[name].encode(name, values) for name, values in columns.items()
        }
        for effect in self._spec.effects:
            given = {name: checked[name] for name in effect.domain if name in checked}
            if given:
                rest = {} if len(given) == len(effect.domain) else effect.read(state)
                state = effect.apply(state, {**rest, **given})
        seeds = next_seeds(state.noise_seed, {} if next_frame else checked)
        state = replace(state, noise_seed=seeds)
        return objects.carry(state) if self._spec.carried else state

    def _put(self, state: SceneState, since: SceneState | None = None) -> None:
        self._world.write(state, since)
        self._state = state

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


def _columns(columns: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
    """Columns as arrays of one length."""
    given = {name: np.asarray(values) for name, values in columns.items()}
    shapes = {name: values.shape for name, values in given.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise SimfactorError(f"columns have shapes {shapes}; give (n,) values for each of one or more.")
    return given


def _one_row(values: Mapping[str, Value]) -> dict[str, list[Value]]:
    return {name: [value] for name, value in values.items()}


def open_scene(name: str = "tabletop") -> Scene:
    """Open a scene by name: ``tabletop``, ``isaac3d`` or ``mpi3d``.

    Raises SimfactorError for another name.
    """
    if name not in SCENES:
        raise unknown_name("scene", name, SCENES)
    return Scene(SCENES[name])
