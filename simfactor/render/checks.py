"""What is wrong with a batch, said before any work starts: fast renderers index without looking."""

from __future__ import annotations

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, UNTEXTURED, Mesh, RenderBatch

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
    "noise": "N",
    "noise_seed": "N",
}

WHOLE = ("mesh", "texture", "backdrop", "noise_seed")
RANGES: dict[str, tuple[float, float]] = {
    "color": (0.0, 1.0),
    "background": (0.0, 1.0),
    "specular": (0.0, 1.0),
    "roughness": (1e-3, 1.0),
    "light_color": (0.0, np.inf),
    "sky": (0.0, np.inf),
    "ground": (0.0, np.inf),
    "exposure": (0.0, np.inf),
    "light_softness": (0.0, np.pi / 2),
    "noise": (0.0, 1.0),
    "noise_seed": (0, 2**32 - 1),
}
PLACES = {"N": "image", "I": "instance", "L": "light"}


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
    for name in SHAPES:
        values = getattr(batch, name)
        kind = "iu" if name in WHOLE else "f"
        if values.dtype.kind not in kind:
            wanted = "whole numbers" if kind == "iu" else "floats"
            raise SimfactorError(f"{name} is an array of {values.dtype}; give one of {wanted}.")
        if kind == "f" and not np.isfinite(values).all():
            _reject(name, values, ~np.isfinite(values), "must be finite")
    for name, (low, high) in RANGES.items():
        _check_range(batch, name, low, high)
    _check_range(batch, "mesh", HIDDEN, len(batch.meshes) - 1)
    _check_range(batch, "texture", UNTEXTURED, len(batch.textures) - 1)
    _check_range(batch, "backdrop", UNTEXTURED, len(batch.textures) - 1)
    _reject_where(batch, "focal", batch.focal <= 0, "must be above 0")
    shown = batch.mesh >= 0
    _reject_where(
        batch, "orientation", shown & ~(_length(batch.orientation) > 1e-6), "must not be a quaternion of 0"
    )
    _reject_where(batch, "scale", shown & (batch.scale == 0).any(-1), "must not have a 0")
    _check_view(batch)


def _check_shapes(batch: RenderBatch) -> None:
    if not (0 < batch.height <= LARGEST and 0 < batch.width <= LARGEST):
        raise SimfactorError(
            f"height={batch.height}, width={batch.width}: an image has 1 to {LARGEST} pixels a side."
        )
    if not 0 < batch.near < batch.far < np.inf:
        raise SimfactorError(f"near={batch.near}, far={batch.far} must satisfy 0 < near < far.")
    for name in (*SHAPES, "segment", "casts"):
        if not isinstance(getattr(batch, name), np.ndarray):
            raise SimfactorError(f"{name} is a {type(getattr(batch, name)).__name__}; give a NumPy array.")
    lights = batch.light_direction.shape[1] if batch.light_direction.ndim == 3 else 1
    sizes = {"N": len(batch.mesh), "I": len(batch.segment), "L": lights, "2": 2, "3": 3, "4": 4}
    for name, letters in SHAPES.items():
        expected = tuple(sizes[letter] for letter in letters)
        if getattr(batch, name).shape != expected:
            raise SimfactorError(
                f"{name} has shape {getattr(batch, name).shape}, expected {expected}: ({', '.join(letters)}) "
                f"for N = {sizes['N']} images, I = {sizes['I']} instances and L = {lights} lights."
            )
    if batch.segment.shape != (sizes["I"], 2) or batch.casts.shape != (sizes["I"],):
        raise SimfactorError(
            f"segment has shape {batch.segment.shape} and casts {batch.casts.shape}; "
            "they must have (I, 2) and (I,), I being the number of instances."
        )


def _check_range(batch: RenderBatch, name: str, low: float, high: float) -> None:
    values = getattr(batch, name)
    if values.size and not (values.min() >= low and values.max() <= high):
        allowed = f"in [{low:g}, {high:g}]" if high < np.inf else f"at least {low:g}"
        _reject(name, values, (values < low) | (values > high), f"must be {allowed}")


def _check_view(batch: RenderBatch) -> None:
    forward = batch.camera_target.astype(np.float64) - batch.camera_position
    across = np.cross(forward, batch.camera_up)
    blind = ~(_length(across) > 1e-6 * _length(forward) * _length(batch.camera_up))
    _reject_where(batch, "camera_up", blind, "must not be along the viewing direction, nor 0")
    dark = ~(_length(batch.light_direction) > 1e-6) & batch.light_color.any(-1)
    _reject_where(batch, "light_direction", dark, "must not be of length 0")


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(vectors.astype(np.float64), axis=-1))


def _reject_where(batch: RenderBatch, name: str, wrong: np.ndarray, what: str) -> None:
    if wrong.any():
        _reject(name, getattr(batch, name), wrong, what)


def _reject(name: str, values: np.ndarray, wrong: np.ndarray, what: str) -> None:
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    named = zip(SHAPES[name], where, strict=False)
    place = ", ".join(f"{PLACES[letter]} {i}" for letter, i in named if letter in PLACES)
    raise SimfactorError(f"{name}={values[where].tolist()!r} ({place}) {what}; mend that value.")
