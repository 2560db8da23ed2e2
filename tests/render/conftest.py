"""A hand-made world: a textured ground, a box, a ball. Nothing of it comes from simfactor.scene."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from simfactor.frames import PER_IMAGE, UNTEXTURED, Images, Mesh, RenderBatch, focal_length
from simfactor.render import make_renderer

GROUND, BOX, BALL = 0, 1, 2


def ground_mesh() -> Mesh:
    """A square of side 2 at z = 0, uv (0, 0) at (-1, -1), v along y."""
    vertices = np.float32([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    uvs = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    return Mesh(vertices, np.float32([[0, 0, 1]] * 4), uvs, np.int32([[0, 1, 2], [0, 2, 3]]))


def box_mesh() -> Mesh:
    """The unit cube, with flat faces."""
    vertices, normals, uvs, faces = [], [], [], []
    for axis in range(3):
        for side in (-1.0, 1.0):
            out = np.zeros(3)
            out[axis] = side
            a = np.roll(out, 1) * side
            b = np.cross(out, a)
            start = len(vertices)
            vertices += [(out - a - b) / 2, (out + a - b) / 2, (out + a + b) / 2, (out - a + b) / 2]
            normals += [out] * 4
            uvs += [[0, 0], [1, 0], [1, 1], [0, 1]]
            faces += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    return Mesh(np.float32(vertices), np.float32(normals), np.float32(uvs), np.int32(faces))


def ball_mesh(steps: int = 16) -> Mesh:
    """A ball of radius 1/2 with smooth normals."""
    turn, rise = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * steps + 1), np.linspace(0, np.pi, steps + 1))
    unit = np.stack([np.sin(rise) * np.cos(turn), np.sin(rise) * np.sin(turn), np.cos(rise)], axis=-1)
    index = np.arange(unit[..., 0].size).reshape(unit.shape[:2])
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    normals = unit.reshape(-1, 3).astype(np.float32)
    return Mesh(normals / 2, normals, np.zeros((len(normals), 2), np.float32), faces.astype(np.int32))


def make_batch(size: int = 64) -> RenderBatch:
    """One image of the world: plain grey ground, a red box, a white ball, light from above and the side."""

    def row(values: ArrayLike) -> NDArray[np.float32]:
        return np.array([values], np.float32)

    stripes = np.zeros((32, 32, 3), np.uint8)  # red upper left, green upper right, blue below
    stripes[:16, :16, 0] = stripes[:16, 16:, 1] = stripes[16:, :, 2] = 255
    light = np.array([0.4, -0.5, 0.8])
    return RenderBatch(
        meshes=(ground_mesh(), box_mesh(), ball_mesh()),
        textures=(stripes,),
        segment=np.array([[0, -1], [3, 2], [7, -1]], np.int32),
        casts=np.array([False, True, True]),
        mesh=np.array([[0, 1, 2]], np.int32),
        position=row([[0, 0, 0], [0.25, 0.2, 0.15], [-0.3, -0.2, 0.2]]),
        orientation=row([[0, 0, 0, 1], [0, 0, np.sin(0.2), np.cos(0.2)], [0, 0, 0, 1]]),
        scale=row([[1, 1, 1], [0.4, 0.3, 0.3], [0.4, 0.4, 0.4]]),
        color=row([[0.6, 0.6, 0.6], [0.8, 0.1, 0.1], [1, 1, 1]]),
        texture=np.full((1, 3), UNTEXTURED, np.int32),
        specular=np.zeros((1, 3), np.float32),
        roughness=np.ones((1, 3), np.float32),
        light_direction=row([light / np.linalg.norm(light)]),
        light_color=row([[0.7, 0.7, 0.7]]),
        light_softness=row(0),
        sky=row([0.2, 0.2, 0.2]),
        ground=row([0.2, 0.2, 0.2]),
        background=row([[0.2, 0.4, 0.8]] * 2),
        backdrop=np.array([UNTEXTURED], np.int32),
        exposure=row(1),
        noise=row(0),
        noise_seed=np.array([0], np.uint32),
        camera_position=row([1.3, -0.9, 1.1]),
        camera_target=row([0, 0, 0.1]),
        camera_up=row([0, 0, 1]),
        focal=row([focal_length(0.9)] * 2),
        principal_point=row([0.5, 0.5]),
        near=0.05,
        far=10.0,
        height=size,
        width=size,
    )


class World:
    """The hand-made batch, and what a renderer with and without shadows makes of changes to it."""

    def __init__(self, renderer: str = "tiny") -> None:
        self.base = make_batch()
        self.renderers = {shadows: make_renderer(renderer, shadows=shadows) for shadows in (True, False)}

    def changed(self, instance: int | None = None, **fields: Any) -> RenderBatch:
        """The batch with fields of its one image replaced, or those of one instance.

        ``ambient`` stands for sky and ground; ``light_direction`` and ``light_color`` may have any number of
        lights (L, 3); fields of the whole batch, such as ``height``, are replaced as they are.
        """
        arrays = {name: getattr(self.base, name).copy() for name in PER_IMAGE}
        if "ambient" in fields:
            fields["sky"] = fields["ground"] = fields.pop("ambient")
        for name, value in fields.items():
            if name not in PER_IMAGE:
                arrays[name] = value
            elif instance is None and np.ndim(value) == arrays[name].ndim - 1:
                arrays[name] = np.array([value], arrays[name].dtype)
            else:
                arrays[name][(0,) if instance is None else (0, instance)] = value
        return replace(self.base, **arrays)

    def render(self, batch: RenderBatch, shadows: bool = True) -> Images:
        return self.renderers[shadows].render(batch)

    def mask(self, images: Images, instance: int) -> NDArray[np.bool_]:
        """Where the first image shows an instance."""
        return (images.segmentation[0] == self.base.segment[instance]).all(axis=-1)

    @staticmethod
    def rays(batch: RenderBatch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Eye (3,) and directions (H, W, 3) through the pixel centres, of length 1 along the viewing axis."""
        eye, target = batch.camera_position[0].astype(float), batch.camera_target[0].astype(float)
        forward = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross(forward, batch.camera_up[0])
        right /= np.linalg.norm(right)
        (across, along), (left, top) = batch.focal[0].astype(float), batch.principal_point[0].astype(float)
        x = (np.arange(batch.width) + 0.5 - left * batch.width) / (across * batch.height)
        y = (top * batch.height - np.arange(batch.height) - 0.5) / (along * batch.height)
        return eye, forward + x[None, :, None] * right + y[:, None, None] * np.cross(right, forward)

    @staticmethod
    def slab_hit(
        eye: ArrayLike, direction: ArrayLike, low: ArrayLike, high: ArrayLike
    ) -> NDArray[np.float64]:
        """Distance (...) at which rays enter an axis-aligned box, inf where they miss or it is behind."""
        with np.errstate(divide="ignore"):
            a, b = np.subtract(low, eye) / direction, np.subtract(high, eye) / direction
        enter, leave = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
        return np.where((enter <= leave) & (leave > 0), enter, np.inf)

    def close(self) -> None:
        for renderer in self.renderers.values():
            renderer.close()


@pytest.fixture(scope="session")
def open_world() -> Iterator[Callable[[str], World]]:
    """Opens the world with a renderer of some name, once."""
    worlds: dict[str, World] = {}

    def open_with(renderer: str) -> World:
        if renderer not in worlds:
            worlds[renderer] = World(renderer)
        return worlds[renderer]

    yield open_with
    for world in worlds.values():
        world.close()


@pytest.fixture(scope="session")
def world(open_world: Callable[[str], World]) -> World:
    """The world with the oracle."""
    return open_world("tiny")
