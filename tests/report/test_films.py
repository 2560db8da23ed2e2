"""Film strips show each frame in the column of its step, and nothing after the end."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from simfactor.errors import SimfactorError
from simfactor.report import film_strip
from simfactor.transfer import Episodes

LEVELS = {"clean": "clean", "dusk": "ood2"}
STEPS = (0, 2, 4)


def _take(name, length, success=True, size=16):
    """A frame's brightness is its step times ten."""
    steps = [*(step for step in STEPS if step < length), length]
    film = np.stack([np.full((size, size, 3), 10 * step + 5, np.uint8) for step in steps])
    one = np.ones(1)
    return Episodes(name, np.array([7]), one == success, one, np.array([length]), np.zeros((1, 1)), film=film)


def _brightness(png, rows, columns):
    """Of the middle of each frame, or 255 where there is none."""
    pixels = (imread(io.BytesIO(png), format="png")[..., 0] * 255).round()
    shown = np.flatnonzero((pixels < 240).mean(axis=0) > 0.2)
    top = np.flatnonzero((pixels < 240).mean(axis=1) > 0.2)
    left, wide = shown[0], (shown[-1] + 1 - shown[0]) / columns
    high = (top[-1] + 1 - top[0]) / rows
    return [
        [int(pixels[int(top[0] + (i + 0.5) * high), int(left + (j + 0.5) * wide)]) for j in range(columns)]
        for i in range(rows)
    ]


def test_frames_stand_at_their_steps_and_the_end_is_last():
    strip = film_strip({"clean": _take("clean", 5), "dusk": _take("dusk", 21)}, LEVELS, STEPS)
    assert _brightness(strip, 2, 4) == [[5, 25, 45, 55], [5, 25, 45, 215]]


def test_what_ended_earlier_has_no_frame():
    strip = film_strip({"clean": _take("clean", 5), "dusk": _take("dusk", 3)}, LEVELS, STEPS)
    assert _brightness(strip, 2, 4)[1] == [5, 25, 255, 35]


def test_the_outcome_is_in_the_picture():
    won, lost = (
        film_strip({"clean": _take("clean", 5, success)}, LEVELS, STEPS) for success in (True, False)
    )
    assert won != lost


def test_large_frames_are_made_smaller():
    large = film_strip({"clean": _take("clean", 5, size=256)}, LEVELS, STEPS)
    small = film_strip({"clean": _take("clean", 5, size=192)}, LEVELS, STEPS)
    assert large == small


def test_what_cannot_be_compared_is_refused():
    clean = _take("clean", 5)
    with pytest.raises(SimfactorError, match=r"one episode seed, not \[7, 8\]"):
        film_strip({"clean": clean, "dusk": replace(clean, seeds=np.array([8]))}, LEVELS, STEPS)
    with pytest.raises(SimfactorError, match=r"has 4 frames, but 3 are due, at steps \[0, 2\]"):
        film_strip({"clean": clean}, LEVELS, (0, 2))
    with pytest.raises(SimfactorError, match="has 0 frames"):
        film_strip({"clean": replace(clean, film=None)}, LEVELS, STEPS)
