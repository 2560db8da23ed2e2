"""Pictures as they were once looked at and found good. Set WRITE_GOLDEN=1 to take them again, then look."""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from simfactor.factors import load_space
from simfactor.render import Studio

FOLDER = Path(__file__).parent.parent / "golden" / "raster"
GROUND, BOX, BALL = 0, 1, 2
SIZES = (64, 224)
LOW = {"light_direction": (-0.8, 0.0, 0.6), "light_color": (1.0, 0.75, 0.5), "ambient": (0.08, 0.1, 0.2)}


def photograph():
    """A sky over hills, for a backdrop."""
    row, column = np.indices((48, 96))
    hills = row > 30 + 5 * np.sin(column / 9)
    sky = np.stack([90 + 3 * row, 140 + 2 * row, 250 - row], axis=-1)
    return np.where(hills[..., None], (60, 110, 50), sky).astype(np.uint8)


def hand_made(world, size):
    """name -> (batch, options)"""
    glossy = {"specular": (0.1, 0.3, 0.4), "roughness": (0.4, 0.3, 0.2)}
    two = {
        "light_direction": [(-0.8, 0.0, 0.6), (0.3, -0.9, 0.3)],
        "light_color": [(0.8, 0.6, 0.4), (0.1, 0.2, 0.5)],
    }
    checks = (*world.base.textures, photograph())
    made = {
        "hard": (world.changed(), {}),
        "soft": (world.changed(light_softness=0.3, **LOW), {}),
        "lights": (world.changed(sky=(0.1, 0.15, 0.3), ground=(0.1, 0.08, 0.05), **two), {}),
        "glossy": (world.changed(**glossy), {}),
        "backdrop": (
            world.changed(backdrop=1, textures=checks, texture=(0, -1, -1), color=[(1, 1, 1)] * 3),
            {},
        ),
        "smooth": (world.changed(light_softness=0.2, **LOW, **glossy), {"supersample": 2}),
    }
    return {
        name: (replace(batch, height=size, width=size), options) for name, (batch, options) in made.items()
    }


@pytest.fixture(scope="module")
def tabletop():
    """size -> a batch of three scenes"""
    space = load_space("tabletop").fix({"distractors": 0, "sensor_noise": 0})
    batches = {}
    for size in SIZES:
        with Studio("tabletop", renderer="raster", image_size=size) as studio:
            batches[size] = studio.batch(space, space.sample(3, seed=11))
    return batches


def compare(picture, name):
    """At least 99.5 % of the pixels within two levels of the golden: another CPU may round otherwise."""
    path = FOLDER / f"{name}.png"
    if os.environ.get("WRITE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        cv2.imwrite(str(path), picture[..., ::-1])
    golden = cv2.imread(str(path))[..., ::-1].astype(int)
    off = np.abs(golden - picture).max(axis=-1)
    assert (off > 2).mean() < 0.005, f"{(off > 2).mean():.1%} of the pixels differ from {path.name}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["hard", "soft", "lights", "glossy", "backdrop", "smooth"])
def test_a_hand_made_picture_is_unchanged(lab, world, name, size):
    batch, options = hand_made(world, size)[name]
    compare(lab.render(batch, **options).rgb[0], f"{name}_{size}")


@pytest.mark.parametrize("size", SIZES)
def test_tabletop_scenes_are_unchanged(lab, tabletop, size):
    compare(np.hstack(lab.render(tabletop[size][1:], supersample=2).rgb), f"tabletop_{size}")


@pytest.mark.parametrize("size", SIZES)
def test_tabletop_scenes_without_smoothing_are_unchanged(lab, tabletop, size):
    compare(lab.render(tabletop[size]).rgb[0], f"tabletop_plain_{size}")
