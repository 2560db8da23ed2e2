"""Pictures as they were once looked at and found good. Set WRITE_GOLDEN=1 to take them again, then look."""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from simfactor.frames import HIDDEN

FOLDER = Path(__file__).parent / "golden"
GROUND, BOX, BALL = 0, 1, 2


def pictures(world):
    textured = world.changed(GROUND, texture=0, color=(1, 1, 1))
    low = world.changed(
        light_direction=(-0.8, 0.0, 0.6), light_color=(1.0, 0.6, 0.3), ambient=(0.05, 0.08, 0.2)
    )
    ball = world.changed(BOX, mesh=HIDDEN)
    return {"day": world.base, "textured": textured, "evening": low, "ball": ball}


@pytest.mark.parametrize("name", ["day", "textured", "evening", "ball"])
def test_picture_is_unchanged(world, name):
    batch = replace(pictures(world)[name], height=96, width=96)
    picture = world.render(batch).rgb[0]
    path = FOLDER / f"{name}.png"
    if os.environ.get("WRITE_GOLDEN"):
        cv2.imwrite(str(path), picture[..., ::-1])
    golden = cv2.imread(str(path))[..., ::-1].astype(int)
    off = np.abs(golden - picture).max(axis=-1)
    assert (off > 4).mean() < 0.005, f"{(off > 4).mean():.1%} of the pixels differ from {path.name}"
