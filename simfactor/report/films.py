"""Film strips: one episode, clean and shifted, frame beside frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from simfactor.errors import SimfactorError
from simfactor.report.grids import Image, image_grid
from simfactor.transfer import Episodes

LARGEST = 192  # pixels of a frame; smaller ones keep their pixels, larger ones are averaged
LONG = 20  # letters of a domain's name on one line


def film_strip(episodes: Mapping[str, Episodes], levels: Mapping[str, str], steps: Sequence[int]) -> bytes:
    """A row a domain, with what became of the episode; a column a step, and its end. PNG bytes.

    An episode that ended earlier has no frame for a step. Frames beyond 192 pixels are made smaller.

    Args:
        episodes: domain -> one episode, filmed at ``steps`` (``film_frames`` of
            :func:`simfactor.transfer.evaluate_domain`).
        levels: domain -> its level.
        steps: ascending, from 0.

    Raises SimfactorError for an episode without a film, of another episode seed or not filmed at the steps.
    """
    seeds = {seed for tested in episodes.values() for seed in tested.seeds.tolist()}
    if len(seeds) != 1:
        raise SimfactorError(
            f"a strip shows one episode seed, not {sorted(seeds)}; film the same everywhere."
        )
    rows = [_row(name, tested, steps) for name, tested in episodes.items()]
    labels = [_label(name, levels[name], tested) for name, tested in episodes.items()]
    return image_grid(rows, labels, [f"step {steps[0]}", *map(str, steps[1:]), "end"])


def _row(name: str, tested: Episodes, steps: Sequence[int]) -> list[Image]:
    length = int(tested.lengths[0])
    due = [step < length for step in steps]
    frames = sum(due) + 1
    if tested.film is None or len(tested.film) != frames:
        got = 0 if tested.film is None else len(tested.film)
        raise SimfactorError(
            f"the film of domain {name!r} has {got} frames, but {frames} are due, at steps {list(steps)} and "
            f"at the end after {length}; film it with film_frames={tuple(steps)!r}."
        )
    shown = [_fitted(frame) for frame in tested.film]
    blank = np.full_like(shown[0], 255)
    return [*(shown[i] if there else blank for i, there in enumerate(due)), shown[-1]]


def _fitted(frame: Image) -> Image:
    if max(frame.shape[:2]) <= LARGEST:
        return frame
    height, width = (round(LARGEST * side / max(frame.shape[:2])) for side in frame.shape[:2])
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _label(name: str, level: str, tested: Episodes) -> str:
    shown = name if len(name) <= LONG else name.replace("+", "+\n")
    said = "" if level in name else f"{level}, "
    outcome = "succeeded" if tested.success[0] else "failed"
    return f"{shown}\n{said}{outcome}\n{tested.lengths[0]} steps"
