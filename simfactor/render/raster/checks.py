"""What is wrong with a batch, said before any work starts: kernels index without looking."""

from __future__ import annotations

from functools import partial

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.frames import PER_IMAGE, Mesh, RenderBatch

LARGEST = 8192  # pixels a side

SHAPES: dict[str, str] = {
    "mesh": "NI",
    "position": "NI3",
    "orientation": "NI4",
    "scale": "NI3",
    "camera_position": "N3",
    "camera_target": "N3",
    "camera_up": "N3",
    "focal": "N2",
    "principal_point": "N2",
    "color": "NI3",
    "texture": "NI",
    "specular": "NI",
    "roughness": "NI",
    "light_direction": "NL3",
    "light_color": "NL3",
    "light_softness": "N",
    "sky": "N3",
    "ground": "N3",
    "background": "N23",
    "backdrop": "N",
    "exposure": "N",
}


def check_meshes(meshes: tuple[Mesh, ...]) -> None:
    """Raise SimfactorError unless every mesh has finite vertices and faces that exist."""
    for number, mesh in enumerate(meshes):
        shapes = (mesh.vertices.shape, mesh.normals.shape, mesh.uvs.shape, mesh.faces.shape)
        count = len(mesh.vertices)
        if shapes != ((count, 3), (count, 3), (count, 2), (len(mesh.faces), 3)):
            raise SimfactorError(
                f"mesh {number} has vertices, normals, uvs and faces of shapes {shapes}; "
                "they must be (V, 3), (V, 3), (V, 2) and (F, 3)."
            )
        if not all(np.isfinite(a).all() for a in (mesh.vertices, mesh.normals, mesh.uvs)):
            raise SimfactorError(f"mesh {number} has values that are not finite; repair or remove it.")
        if len(mesh.faces) and not (mesh.faces.min() >= 0 and mesh.faces.max() < count):
            raise SimfactorError(f"mesh {number} has faces of vertices outside [0, {count}); repair it.")


def check_textures(textures: tuple[np.ndarray, ...]) -> None:
    """Raise SimfactorError unless every texture is an image of bytes."""
    for number, texture in enumerate(textures):
        if texture.dtype != np.uint8 or texture.ndim != 3 or texture.shape[2] != 3 or not texture.size:
            raise SimfactorError(
                f"texture {number} is {texture.dtype} of shape {texture.shape}; give uint8 (H, W, 3), sRGB."
            )


def check_batch(batch: RenderBatch) -> None:
    """Raise SimfactorError unless every image of ``batch`` can be drawn."""
    _check_shapes(batch)
    for name in PER_IMAGE:
        values = getattr(batch, name)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            _reject(name, values, ~np.isfinite(values), "not finite")
    _check_range(batch, "mesh", -1, len(batch.meshes) - 1)
    _check_range(batch, "texture", -1, len(batch.textures) - 1)
    _check_range(batch, "backdrop", -1, len(batch.textures) - 1)
    _check_range(batch, "exposure", 0.0, np.inf)
    _check_range(batch, "light_softness", 0.0, np.pi / 2)
    _check_range(batch, "roughness", 1e-3, 1.0)
    above = partial(_reject_where, batch)
    above("focal", batch.focal <= 0, "not above 0")
    shown = batch.mesh >= 0
    above("orientation", shown & ~(_length(batch.orientation) > 1e-6), "a quaternion of length 0")
    above("scale", shown & (batch.scale == 0).any(-1), "a scale of 0")
    _check_view(batch)


def _check_shapes(batch: RenderBatch) -> None:
    if not (0 < batch.height <= LARGEST and 0 < batch.width <= LARGEST):
        raise SimfactorError(
            f"height={batch.height}, width={batch.width}: an image has 1 to {LARGEST} pixels a side."
        )
    if not 0 < batch.near < batch.far < np.inf:
        raise SimfactorError(f"near={batch.near}, far={batch.far} must satisfy 0 < near < far.")
    lights = batch.light_direction.shape[1] if batch.light_direction.ndim == 3 else 0
    sizes = {"N": len(batch.mesh), "I": len(batch.segment), "L": lights, "2": 2, "3": 3, "4": 4}
    for name, letters in SHAPES.items():
        expected = tuple(sizes[letter] for letter in letters)
        if getattr(batch, name).shape != expected:
            raise SimfactorError(
                f"{name} has shape {getattr(batch, name).shape}, expected {expected} for {sizes['N']} "
                f"images, {sizes['I']} instances and {lights} lights."
            )
    if batch.segment.shape != (sizes["I"], 2) or batch.casts.shape != (sizes["I"],):
        raise SimfactorError(
            "segment must have shape (I, 2) and casts (I,), I being the number of instances."
        )


def _check_range(batch: RenderBatch, name: str, low: float, high: float) -> None:
    values = getattr(batch, name)
    if values.size and not (values.min() >= low and values.max() <= high):
        _reject(name, values, (values < low) | (values > high), f"outside [{low:g}, {high:g}]")


def _check_view(batch: RenderBatch) -> None:
    forward = batch.camera_target.astype(np.float64) - batch.camera_position
    across = np.cross(forward, batch.camera_up)
    blind = ~(_length(across) > 1e-6 * _length(forward) * _length(batch.camera_up))
    _reject_where(
        batch, "camera_up", blind, "along the viewing direction, which leaves the camera no upright"
    )
    dark = ~(_length(batch.light_direction) > 1e-6) & batch.light_color.any(-1)
    _reject_where(batch, "light_direction", dark, "a direction of length 0")


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(vectors.astype(np.float64), axis=-1))


def _reject_where(batch: RenderBatch, name: str, wrong: np.ndarray, what: str) -> None:
    if wrong.any():
        _reject(name, getattr(batch, name), wrong, what)


def _reject(name: str, values: np.ndarray, wrong: np.ndarray, what: str) -> None:
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"image {where[0]}" + (f", {'/'.join(map(str, where[1:]))}" if len(where) > 1 else "")
    got = values[where]
    raise SimfactorError(
        f"{name}={np.asarray(got).tolist()!r} ({place}) is {what}; give a value that is not."
    )
