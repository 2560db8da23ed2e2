"""Plain data between a scene and a renderer: meshes and batches in, images out. No PyBullet, no torch.

Conventions: metres, radians, right-handed world with z up; quaternions are ``xyzw`` (PyBullet's order);
colours are sRGB in [0, 1] unless said otherwise; samples (images) stand on axis 0.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.sensor import OFF, no_sensor

Float = NDArray[np.float32]
Int = NDArray[np.int32]
Byte = NDArray[np.uint8]
Word = NDArray[np.uint32]

HIDDEN = -1  # in RenderBatch.mesh: this instance is not drawn in this image
UNTEXTURED = -1  # in RenderBatch.texture: the instance has its plain colour


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh in its own frame.

    vertices (V, 3) and normals (V, 3) float32, uvs (V, 2) float32, faces (F, 3) int32.
    """

    vertices: Float
    normals: Float
    uvs: Float
    faces: Int


@dataclass(frozen=True)
class RenderBatch:
    """N images of one world: geometry is shared, everything else is given per image.

    There are I *instances* (a link's colour group, an object, the table...) and L lights, which shine *from*
    the given directions; only light 0, the key light, casts shadows, and only of instances that ``casts``.
    The shading model a renderer must follow, per channel, in linear light::

        ambient = ground + (sky - ground) * (1 + n.z) / 2
        diffuse = albedo * (ambient + sum over l of light[l] * visible[l] * max(0, n . direction[l]))
        rgb = srgb(exposure * (diffuse + highlights))

    with the highlights of Karis (2013), a GGX lobe of the instance's ``roughness`` times its ``specular``.
    Surfaces are two-sided: n is the normal on the camera's side. To the bytes of rgb, and to nothing else,
    the sensor's noise is added (:func:`simfactor.render.noise.add_noise`). What a lens, a chip and its
    electronics do to this ideal camera's picture is ``sensor``'s to say (:mod:`simfactor.render.sensor`).
    """

    meshes: tuple[Mesh, ...]
    textures: tuple[Byte, ...]  # each (H, W, 3), sRGB
    segment: Int  # (I, 2): PyBullet body id and link index (-1 = base)
    casts: NDArray[np.bool_]  # (I,): whether the instance casts shadows
    mesh: Int  # (N, I): index into meshes, or HIDDEN
    position: Float  # (N, I, 3) metres
    orientation: Float  # (N, I, 4) xyzw
    scale: Float  # (N, I, 3)
    camera_position: Float  # (N, 3)
    camera_target: Float  # (N, 3)
    camera_up: Float  # (N, 3)
    focal: Float  # (N, 2): focal lengths along the image's width and height, both in image heights
    principal_point: Float  # (N, 2): in image widths from the left and heights from the top; 0.5 = centre
    color: Float  # (N, I, 3) sRGB; multiplies the texture
    texture: Int  # (N, I): index into textures, or UNTEXTURED
    specular: Float  # (N, I) reflectance of the highlight in [0, 1], 0 = none
    roughness: Float  # (N, I) in (0, 1], the highlight's: small is glossy
    light_direction: Float  # (N, L, 3) unit, from the world towards the lights
    light_color: Float  # (N, L, 3) linear rgb, intensity included
    light_softness: Float  # (N,) angular diameter of the key light in radians; 0 = hard-edged shadows
    sky: Float  # (N, 3) linear rgb of the ambient light from above (+z)
    ground: Float  # (N, 3) and from below
    background: Float  # (N, 2, 3) sRGB of the top and the bottom row where nothing is hit, linear in between
    backdrop: Int  # (N,): index of the texture shown instead of the background, or UNTEXTURED
    exposure: Float  # (N,) factor on linear light before it becomes sRGB
    noise: Float  # (N,) standard deviation of the noise on each sRGB channel, in shares of full scale
    noise_seed: Word  # (N,) what decides the noise of the image
    near: float
    far: float
    height: int
    width: int
    sensor: Float = field(default_factory=no_sensor)  # (N, S): columns of Sensor; by default all are off

    def __post_init__(self) -> None:
        if self.sensor is OFF:
            object.__setattr__(self, "sensor", np.broadcast_to(OFF, (len(self), OFF.shape[1])))

    def __len__(self) -> int:
        return len(self.mesh)

    def __getitem__(self, index: slice | NDArray[np.integer]) -> RenderBatch:
        """The same world with the chosen images only."""
        return replace(self, **{name: getattr(self, name)[index] for name in PER_IMAGE})

    def repeat(self, times: int) -> RenderBatch:
        """Every image ``times`` times in a row, with arrays of its own: the start of counterfactuals."""
        return self[np.repeat(np.arange(len(self)), times)]

    @staticmethod
    def concatenate(batches: Sequence[RenderBatch]) -> RenderBatch:
        """Stack batches of *one* world (same meshes, textures, instances and image size)."""
        first = batches[0]
        for other in batches[1:]:
            if other.meshes is not first.meshes or (other.height, other.width) != (first.height, first.width):
                raise SimfactorError(
                    "RenderBatch.concatenate needs batches of one world and one image size; "
                    "take all snapshots from the same open scene."
                )
        stacked: dict[str, Any] = {
            name: np.concatenate([getattr(b, name) for b in batches]) for name in PER_IMAGE
        }
        return replace(first, **stacked)

    def save(self, path: str | Path) -> None:
        """Write the batch as one ``.npz`` file (no pickles)."""
        arrays = {name: getattr(self, name) for name in (*PER_IMAGE, *PER_INSTANCE)}
        for i, mesh in enumerate(self.meshes):
            arrays |= {f"mesh{i}.{f.name}": getattr(mesh, f.name) for f in fields(Mesh)}
        arrays |= {f"texture{i}": texture for i, texture in enumerate(self.textures)}
        scalars = {name: getattr(self, name) for name in SCALARS}
        header = {"meshes": len(self.meshes), "textures": len(self.textures), **scalars}
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        Path(path).write_bytes(buffer.getvalue())

    @staticmethod
    def load(path: str | Path) -> RenderBatch:
        """Read a batch written by :meth:`save`."""
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(file["header"].tobytes())
            meshes = tuple(
                Mesh(**{f.name: file[f"mesh{i}.{f.name}"] for f in fields(Mesh)})
                for i in range(header["meshes"])
            )
            textures = tuple(file[f"texture{i}"] for i in range(header["textures"]))
            arrays = {name: file[name] for name in (*PER_IMAGE, *PER_INSTANCE) if name in file}
        return RenderBatch(meshes, textures, **arrays, **{name: header[name] for name in SCALARS})


SCALARS = ("near", "far", "height", "width")
PER_INSTANCE = ("segment", "casts")
GEOMETRY = (  # what decides which surface a pixel sees; the rest of PER_IMAGE is appearance
    "mesh",
    "position",
    "orientation",
    "scale",
    "camera_position",
    "camera_target",
    "camera_up",
    "focal",
    "principal_point",
)
PER_IMAGE = tuple(
    f.name for f in fields(RenderBatch) if f.name not in (*SCALARS, *PER_INSTANCE, "meshes", "textures")
)
APPEARANCE = tuple(name for name in PER_IMAGE if name not in GEOMETRY)


def focal_length(fov: float | NDArray[np.floating[Any]]) -> Any:
    """The focal length in image heights that gives a vertical field of view of ``fov`` radians."""
    return 0.5 / np.tan(np.asarray(fov) / 2)


@dataclass(frozen=True)
class Images:
    """What a renderer returns for N images.

    rgb (N, H, W, 3) uint8 sRGB; depth (N, H, W) float32 metres along the viewing axis, ``inf`` where
    nothing is hit; segmentation (N, H, W, 2) int32 of body id and link index, (-1, -1) where nothing is hit.
    From renderers that are asked for them: normals (N, H, W, 3) float32, unit, in the world's frame, and
    albedo (N, H, W, 3) uint8 sRGB; both 0 where nothing is hit.
    """

    rgb: Byte
    depth: Float
    segmentation: Int
    normals: Float | None = None
    albedo: Byte | None = None

    def __len__(self) -> int:
        return len(self.rgb)

    @staticmethod
    def concatenate(parts: Sequence[Images]) -> Images:
        """Stack the images of several renders, which must have the same outputs."""
        given = [f.name for f in fields(Images) if getattr(parts[0], f.name) is not None]
        return Images(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in given})
