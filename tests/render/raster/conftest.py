"""The hand-made world of the folder above, drawn by ``raster``, and small worlds of chosen meshes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from simfactor.frames import PER_IMAGE, UNTEXTURED, Byte, Images, Mesh, RenderBatch
from simfactor.render import make_renderer
from simfactor.render.shading import bytes_to_linear
from simfactor.sensor import OFF

PLAIN: dict[str, Any] = {  # of an instance
    "position": (0, 0, 0),
    "orientation": (0, 0, 0, 1),
    "scale": (1, 1, 1),
    "color": (1, 1, 1),
    "texture": UNTEXTURED,
    "specular": 0,
    "roughness": 1,
}
VIEW: dict[str, Any] = {  # of an image
    "camera_position": (0, -3, 2),
    "camera_target": (0, 0, 0),
    "camera_up": (0, 0, 1),
    "focal": (1.2, 1.2),
    "principal_point": (0.5, 0.5),
    "light_direction": [(0, 0, 1)],
    "light_color": [(0.7, 0.7, 0.7)],
    "light_softness": 0,
    "sky": (0.1, 0.1, 0.1),
    "ground": (0.1, 0.1, 0.1),
    "background": [(0, 0, 0), (0, 0, 0)],
    "backdrop": UNTEXTURED,
    "exposure": 1,
    "noise": 0,
    "noise_seed": 0,
    "sensor": OFF[0],
}
TYPES = {"backdrop": np.int32, "noise_seed": np.uint32}  # all others are float32

WHOLE: dict[str, Any] = {"near": 0.01, "far": 100.0, "height": 64, "width": 64}


class Lab:
    """Builds batches of one image, and keeps a renderer for every set of options."""

    def __init__(self) -> None:
        self._renderers: dict[tuple[tuple[str, Any], ...], Any] = {}

    def renderer(self, **options: Any) -> Any:
        key = tuple(sorted(options.items()))
        if key not in self._renderers:
            self._renderers[key] = make_renderer("raster", **options)
        return self._renderers[key]

    def render(self, batch: RenderBatch, **options: Any) -> Images:
        return self.renderer(**options).render(batch)

    def light(self, batch: RenderBatch, **options: Any) -> NDArray[np.float32]:
        """Linear rgb (H, W, 3) of the first image."""
        return bytes_to_linear(self.render(batch, **options).rgb[0])

    @staticmethod
    def batch(*instances: dict[str, Any], textures: tuple[Byte, ...] = (), **fields: Any) -> RenderBatch:
        """An image of ``instances``, numbered from 0: each a ``mesh`` and what differs from PLAIN."""
        arrays: dict[str, Any] = {
            name: np.float32([{**PLAIN, **given}[name] for given in instances]).reshape(
                1, len(instances), *np.shape(PLAIN[name])
            )
            for name in PLAIN
        }
        arrays["texture"] = arrays["texture"].astype(np.int32)
        arrays["mesh"] = np.arange(len(instances), dtype=np.int32)[None]
        for name, value in VIEW.items():
            arrays[name] = np.array([fields.pop(name, value)], TYPES.get(name, np.float32))
        assert set(arrays) == set(PER_IMAGE)
        return RenderBatch(
            meshes=tuple(given["mesh"] for given in instances),
            textures=textures,
            segment=np.array([(k, -1) for k in range(len(instances))], np.int32).reshape(-1, 2),
            casts=np.array([given.get("casts", True) for given in instances], bool),
            **arrays,
            **{**WHOLE, **fields},
        )

    @classmethod
    def scene(cls, **fields: Any) -> RenderBatch:
        """A floor that casts no shadow, a textured box, a glossy ball, one light, a soft shadow."""
        picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        ball = {"mesh": cls.sphere(8), "scale": (0.4, 0.4, 0.4), "position": (1, 0, 0.4)}
        given = {"light_softness": 0.1, "light_direction": [(0.3, 0.2, 0.93)], "height": 24, "width": 24}
        return cls.batch(
            {"mesh": cls.plane(2), "casts": False},
            {"mesh": cls.box(), "position": (0, 0, 0.5), "texture": 0},
            {**ball, "specular": 0.5, "roughness": 0.3},
            textures=(picture,),
            **{**given, **fields},
        )

    @staticmethod
    def altered(batch: RenderBatch, name: str, index: Any, value: ArrayLike) -> RenderBatch:
        """``batch`` with ``value`` at ``index`` of the field ``name``."""
        values = getattr(batch, name).copy()
        values[index] = value
        return replace(batch, **{name: values})

    @staticmethod
    def plane(half: float = 1.0, repeats: float = 1.0) -> Mesh:
        """A square at z = 0, from -half to half, uv from (0, 0) to (repeats, repeats)."""
        corner = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        vertices = np.concatenate([corner * np.float32(half), np.zeros((4, 1), np.float32)], axis=1)
        uvs = (corner + 1) / 2 * np.float32(repeats)
        return Mesh(vertices, np.float32([[0, 0, 1]] * 4), uvs, np.int32([[0, 1, 2], [0, 2, 3]]))

    @staticmethod
    def box(low: ArrayLike = (-0.5, -0.5, -0.5), high: ArrayLike = (0.5, 0.5, 0.5)) -> Mesh:
        """An axis-aligned box with flat faces."""
        low, high = np.asarray(low, float), np.asarray(high, float)
        vertices, normals, faces = [], [], []
        for axis in range(3):
            for side in (-1.0, 1.0):
                out = np.zeros(3)
                out[axis] = side
                a = np.roll(out, 1) * side
                b = np.cross(out, a)
                faces += [np.array([[0, 1, 2], [0, 2, 3]]) + len(vertices)]
                corners = [out - a - b, out + a - b, out + a + b, out - a + b]
                vertices += [low + (high - low) * (corner + 1) / 2 for corner in corners]
                normals += [out] * 4
        uvs = np.tile([[0, 0], [1, 0], [1, 1], [0, 1]], (6, 1))
        return Mesh(
            np.float32(vertices), np.float32(normals), np.float32(uvs), np.int32(np.concatenate(faces))
        )

    @staticmethod
    def sphere(steps: int = 48) -> Mesh:
        """A ball of radius 1 with smooth normals."""
        turn, rise = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * steps + 1), np.linspace(0, np.pi, steps + 1))
        unit = np.stack([np.sin(rise) * np.cos(turn), np.sin(rise) * np.sin(turn), np.cos(rise)], axis=-1)
        at = np.arange(turn.size).reshape(turn.shape)
        a, b, c, d = (part.reshape(-1) for part in (at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]))
        faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
        normals = np.float32(unit.reshape(-1, 3))
        uvs = np.stack([turn / (2 * np.pi), 1 - rise / np.pi], axis=-1).reshape(-1, 2)
        return Mesh(normals, normals, np.float32(uvs), np.int32(faces))

    @classmethod
    def random(cls, seed: int, images: int = 1, **fields: Any) -> RenderBatch:
        """A floor, boxes and balls at random, everything that is given per image being random."""
        rng = np.random.default_rng(seed)
        ball, box = cls.sphere(8), cls.box()
        solids = [{"mesh": mesh} for mesh in (box, ball, box, ball)]
        pictures = tuple(rng.integers(0, 256, (2, 16, 32, 3), dtype=np.uint8))
        one = cls.batch({"mesh": cls.plane(3)}, *solids, textures=pictures, height=24, width=32)
        count, lights = one.mesh.shape[1], int(rng.integers(1, 4))
        position = rng.uniform((-1, -1, 0), (1, 1, 1), (images, count, 3))
        orientation = rng.normal(size=(images, count, 4))
        scale = rng.uniform(0.3, 0.8, (images, count, 3))
        position[:, 0], orientation[:, 0], scale[:, 0] = 0, (0, 0, 0, 1), 1
        toward = rng.normal((0, 0, 2), 1, (images, lights, 3))
        values = {
            "mesh": np.where(rng.random((images, count)) < 0.9, one.mesh, -1),
            "position": position,
            "orientation": orientation,
            "scale": scale,
            "camera_position": rng.uniform((-2, -3, 1), (2, -2, 3), (images, 3)),
            "camera_target": rng.uniform(-0.3, 0.3, (images, 3)),
            "camera_up": np.tile((0, 0, 1), (images, 1)),
            "focal": rng.uniform(0.8, 1.6, (images, 2)),
            "principal_point": rng.uniform(0.4, 0.6, (images, 2)),
            "color": rng.random((images, count, 3)),
            "texture": rng.integers(-1, 2, (images, count)),
            "specular": rng.uniform(0, 0.4, (images, count)) * (rng.random((images, count)) < 0.5),
            "roughness": rng.uniform(0.2, 1, (images, count)),
            "light_direction": toward / np.linalg.norm(toward, axis=-1, keepdims=True),
            "light_color": rng.uniform(0, 0.8, (images, lights, 3)),
            "light_softness": rng.choice([0, 0.1], images),
            "sky": rng.uniform(0, 0.3, (images, 3)),
            "ground": rng.uniform(0, 0.3, (images, 3)),
            "background": rng.random((images, 2, 3)),
            "backdrop": rng.integers(-1, 2, images),
            "exposure": rng.uniform(0.5, 1.2, images),
            "noise": np.zeros(images),
            "noise_seed": rng.integers(0, 2**32, images),
            "sensor": np.repeat(OFF, images, axis=0),
        }
        assert set(values) == set(PER_IMAGE)
        typed = {name: np.asarray(v, getattr(one, name).dtype) for name, v in values.items()}
        return replace(one, **{**typed, **fields})

    def close(self) -> None:
        for renderer in self._renderers.values():
            renderer.close()


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    opened = Lab()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def world(open_world: Callable[[str], Any]) -> Any:
    """The hand-made world, drawn by ``raster``."""
    return open_world("raster")


@pytest.fixture(scope="session")
def same() -> Callable[[Images, Images], None]:
    """Asserts that images are equal bit for bit."""

    def check(a: Images, b: Images) -> None:
        for name, values in vars(a).items():
            np.testing.assert_array_equal(values, getattr(b, name), err_msg=name)

    return check
