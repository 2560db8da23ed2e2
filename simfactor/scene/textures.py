"""Textures: pictures that the installed dependencies bring, read at run time, and random patterns."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import Byte
from simfactor.scene.patterns import draw_pattern

SIZE = 256  # pixels a side of a picture
PATTERN_SIZE = 128


class Source(NamedTuple):
    """Where a texture is cut from: a square of ``side`` (a fraction of the shorter edge) about ``center``."""

    package: str
    file: str
    side: float = 1.0
    center: tuple[float, float] = (0.5, 0.5)  # of the picture's width and height


PICTURES: dict[str, Source] = {
    "wood": Source("pybullet_data", "table/table.png"),
    "brick": Source("skimage", "data/brick.png"),
    "gravel": Source("skimage", "data/gravel.png"),
    "grass": Source("skimage", "data/grass.png"),
    "turf": Source("pybullet_data", "roboschool/models_outdoor/stadium/stadium_grass.jpg"),
    "terrain": Source("pybullet_data", "heightmaps/gimp_overlay_out.png"),
    "steel": Source("pybullet_data", "tray/tray.jpg"),
    "planks": Source("pybullet_data", "jenga/jenga.png", 0.5, (0.25, 0.75)),
    "checker": Source("pybullet_data", "checker_grid.jpg"),
    "blue_checker": Source("pybullet_data", "checker_blue.png"),
    "handwriting": Source("skimage", "data/text.png"),
    "dominoes": Source("pybullet_data", "domino/domino.jpg", 0.7),
    "moon": Source("skimage", "data/moon.png"),
    "tissue": Source("skimage", "data/ihc.png"),
    "coins": Source("skimage", "data/coins.png"),
    "china": Source("sklearn", "datasets/images/china.jpg"),
    "flower": Source("sklearn", "datasets/images/flower.jpg"),
    "garage": Source("skimage", "data/motorcycle_left.png"),
    "rocket": Source("skimage", "data/rocket.jpg"),
    "astronaut": Source("skimage", "data/astronaut.png"),
    "photographer": Source("skimage", "data/camera.png"),
    "cat": Source("skimage", "data/chelsea.png"),
    "coffee": Source("skimage", "data/coffee.png"),
    "stars": Source("skimage", "data/hubble_deep_field.jpg"),
    "retina": Source("skimage", "data/retina.jpg"),
    "wheel": Source("pybullet_data", "racecar/meshes/wheel.jpg"),
}
PATTERNS = tuple(f"pattern_{number}" for number in range(64))
TEXTURES = (*PICTURES, *PATTERNS)


@cache
def load_texture(name: str) -> Byte:
    """The texture as (n, n, 3) uint8 sRGB, n 256 for pictures and 128 for patterns.

    Raises SimfactorError for an unknown name, or when the package it comes from lacks the picture.
    """
    if name not in TEXTURES:
        raise unknown_name("texture", name, TEXTURES)
    texture = _picture(name) if name in PICTURES else draw_pattern(PATTERNS.index(name), PATTERN_SIZE)
    texture.setflags(write=False)
    return texture


@cache
def all_textures() -> tuple[Byte, ...]:
    """Every texture, in the order of ``TEXTURES``; the same objects for all scenes of a process."""
    return tuple(load_texture(name) for name in TEXTURES)


def _picture(name: str) -> Byte:
    source = PICTURES[name]
    path = _package_folder(source.package) / source.file
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SimfactorError(
            f"texture {name!r} needs {source.file} of the package {source.package!r}, which lacks it; "
            f"reinstall {source.package}."
        )
    height, width = picture.shape[:2]
    side = int(min(height, width) * source.side)
    left = min(max(int(width * source.center[0] - side / 2), 0), width - side)
    top = min(max(int(height * source.center[1] - side / 2), 0), height - side)
    square = cv2.resize(
        picture[top : top + side, left : left + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA
    )
    return cv2.cvtColor(square, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]  # OpenCV's stubs name its own array type


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SimfactorError(f"the package {package!r} is not installed; install it.")
    return Path(spec.submodule_search_locations[0])
