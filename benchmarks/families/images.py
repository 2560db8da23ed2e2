"""The images: pairs to train on under some lighting, and test sets in that lighting and in two others."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.atomic import write_atomically
from simfactor.data import change_some
from simfactor.factors import FactorSpace, load_space
from simfactor.render import Studio

SPACE = "isaac3d"
TRAINED = {"lighting_intensity": (0.8, 1.7), "lighting_y": (-0.65, 0.2)}
BETWEEN = {"lighting_intensity": (1.15, 1.35), "lighting_y": (-0.35, -0.1)}  # cut out of the training's
BEYOND = {"lighting_intensity": (0.5, 0.8), "lighting_y": (0.2, 0.65)}  # darker, and from the other side
LIGHTS = ("seen", "between", "beyond")
SIZE = 64
TRAINING, TEST = 0, 1  # seeds


class Labelled(NamedTuple):
    """Images (n, s, s, 3), or pairs (n, 2, s, s, 3), with rows (n, K) or (n, 2, K)."""

    images: NDArray[np.uint8]
    rows: NDArray[np.float64]


def factor_space() -> FactorSpace:
    """The space with all of its ranges, in which labels are coded; lighting is free of its few levels."""
    space = load_space(SPACE)
    free = {name: replace(space[name], levels=None) for name in TRAINED}
    return replace(space, factors={**space.factors, **free})


def spaces() -> dict[str, FactorSpace]:
    """The spaces that training and ``seen``, ``between`` and ``beyond`` are sampled from."""
    space = factor_space()
    seen = space.restrict(TRAINED).hold_out(BETWEEN)
    return {"seen": seen, "between": space.restrict(BETWEEN), "beyond": space.restrict(BEYOND)}


def factor_images(folder: Path, pairs: int, tests: int) -> dict[str, Labelled]:
    """``training`` pairs and the test sets: rendered, or read where an earlier call left them."""
    path = folder / f"images-{pairs}-{tests}.npz"
    if not path.exists():
        buffer = io.BytesIO()
        rendered = _rendered(pairs, tests)
        np.savez(buffer, **{f"{n}_{f}": a for n, part in rendered.items() for f, a in part._asdict().items()})
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, buffer.getvalue())
    with np.load(path) as arrays:
        return {n: Labelled(arrays[f"{n}_images"], arrays[f"{n}_rows"]) for n in ("training", *LIGHTS)}


def _rendered(pairs: int, tests: int) -> dict[str, Labelled]:
    by_light = spaces()
    seen = by_light["seen"]
    before = seen.sample(pairs, TRAINING)
    rows = np.stack([before, change_some(seen, before, TRAINING)], axis=1)
    with Studio(seen.scene, image_size=SIZE) as studio:
        images = np.stack([studio.images(seen, part).rgb for part in (rows[:, 0], rows[:, 1])], axis=1)
        found = {"training": Labelled(images, rows)}
        for name, space in by_light.items():
            tested = space.sample(tests, TEST)
            found[name] = Labelled(studio.images(space, tested).rgb, tested)
    return found
