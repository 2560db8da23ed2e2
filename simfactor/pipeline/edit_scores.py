"""Edits of an encoder's pictures, held against the counterfactuals that the simulator renders.

Here and not lower, because this is the lowest room that knows both encoders and metrics, which know nothing
of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor import metrics
from simfactor.encoders import FactorEncoder, edit_latents
from simfactor.encoders.editing import check_blocks, takes_values
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import Categorical, Factor, FactorSpace
from simfactor.metrics import EditScore

Images = NDArray[np.uint8]
Rows = NDArray[np.float64]
Draw = Callable[[Rows], Images]  # factor rows (n, K) -> images (n, s, s, 3)

COLUMNS = ("image", "true", "true, decoded", "edited", "|edited - true|")  # of the pictures
FIGURES = ("efficacy", "error", "floor", "baseline", "shown", "outside")  # of an EditScore, in the table


class FactorEdits(NamedTuple):
    """The edits of one factor."""

    score: EditScore
    moved: dict[str, float]  # block -> how far the edit moved it, in units of its spread
    missed: float  # how far from what was written its own block is read back, in units of its spread
    pictures: Images  # (5, s, s, 3), the COLUMNS of the image in which most changed

    def others(self, name: str) -> dict[str, float]:
        """The blocks that should not have moved, those without spread left out."""
        return {block: by for block, by in self.moved.items() if block != name and np.isfinite(by)}


def score_edits(
    encoder: FactorEncoder,
    space: FactorSpace,
    draw: Draw,
    rows: Rows,
    names: Sequence[str] | None = None,
    seed: int = 0,
) -> dict[str, FactorEdits]:
    """Change one factor at a time in the latents, and compare with the world in which it did change.

    Each row gets another value of the factor (``space.intervene``); the new world is drawn, and the old
    image is encoded, edited to that value, decoded, and encoded again. An encoder whose blocks have no values
    is given the block of the new world's own picture instead. Pictures are scored by ``metrics.edit_score``.
    What else the edit moved is read by the encoder itself, between the decoded image without and with the
    edit, so that the decoder's blur, which both have, does not count (``metrics.block_changes``). A block is
    measured by the spread of its exact codes for these rows, or, without values, of what is encoded.

    Args:
        space: of the rows; may have factors that the encoder does not know.
        draw: rows -> images, such as ``lambda rows: studio.images(space, rows).rgb``.
        rows: (n, K), n >= 2, best such as the encoder was not trained on.
        names: factors to edit; None: all that have a block and vary in the space.
        seed: of the interventions.

    Returns:
        factor -> its edits, in the order of ``names``.

    Raises:
        SimfactorError: an encoder without blocks, factors without a block or fixed, fewer than 2 rows, or
            values outside the domains that the encoder knows.
    """
    check_blocks(encoder)
    possible = [name for name in encoder.layout.names if name in space.varying.names]
    for name in names or ():
        if name not in possible:
            raise unknown_name("factor that varies and has a block", name, possible)
    if len(rows) < 2:
        raise SimfactorError(f"{len(rows)} rows are too few to score edits; give at least 2.")
    images = draw(rows)
    latents = encoder.encode(images)
    unit = _exact(encoder, space, rows, latents) if takes_values(encoder) else latents
    start = _Start(images, latents, encoder.decode(latents), unit)
    found = {}
    for name in tqdm(names or possible, desc="editing", disable=None):
        changed = space.intervene(rows, [name], seed)
        values = _values(space[name], changed[:, space.index(name)])
        found[name] = _edits(encoder, start, name, values, draw(changed))
    return found


class _Start(NamedTuple):
    """What all factors' edits begin with."""

    images: Images
    latents: NDArray[np.float32]
    decoded: Images
    unit: NDArray[np.float32]  # latents whose spread is the unit of the blocks


def _edits(
    encoder: FactorEncoder, start: _Start, name: str, values: NDArray[Any], truth: Images
) -> FactorEdits:
    layout, true_latents = encoder.layout, encoder.encode(truth)
    own = layout.dims(name)
    if takes_values(encoder):
        written = edit_latents(encoder, start.latents, {name: values})
    else:
        written = start.latents.copy()
        written[:, own] = true_latents[:, own]
    edited, best = encoder.decode(written), encoder.decode(true_latents)
    score = metrics.edit_score(
        images=start.images,
        counterfactuals=truth,
        reconstructions=start.decoded,
        counterfactual_reconstructions=best,
        edited=edited,
    )
    read = encoder.encode(edited)
    blocks = [block.name for block in layout.blocks if block.width]
    moved = metrics.block_changes(
        encoder.encode(start.decoded), read, [layout.dims(block) for block in blocks], start.unit
    )
    missed = metrics.block_changes(written, read, [own], start.unit)[0]
    pictures = _shown(start.images, truth, best, edited)
    return FactorEdits(score, dict(zip(blocks, moved.tolist(), strict=True)), float(missed), pictures)


def _exact(
    encoder: FactorEncoder, space: FactorSpace, rows: Rows, latents: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The latents with the exact code in every block."""
    known = [name for name in encoder.layout.names if name in space.names]
    values = {name: _values(space[name], rows[:, space.index(name)]) for name in known}
    return edit_latents(encoder, latents, values)


def _shown(images: Images, truth: Images, best: Images, edited: Images) -> Images:
    """The pictures (5, s, s, 3) of the image in which the true change is largest."""
    i = int(np.square(images.astype(np.float64) - truth).sum(axis=(1, 2, 3)).argmax())
    off = np.abs(edited[i].astype(np.int16) - truth[i]).astype(np.uint8)
    return np.stack([images[i], truth[i], best[i], edited[i], off])


def _values(factor: Factor, column: NDArray[np.float64]) -> NDArray[Any]:
    """A column of rows as values: categories by name."""
    return np.array(factor.values)[column.astype(np.int64)] if isinstance(factor, Categorical) else column


def edits_as_data(edits: dict[str, FactorEdits]) -> dict[str, Any]:
    """JSON-able figures of all factors and their means; what is not defined is None."""
    by_factor = {
        name: {
            **found.score._asdict(),
            "missed": found.missed,
            "others": _mean(list(found.others(name).values())),
            "moved": found.moved,
        }
        for name, found in edits.items()
    }
    means = {
        key: _mean([entry[key] for entry in by_factor.values()]) for key in (*FIGURES, "missed", "others")
    }
    defined = sum(np.isfinite(entry["efficacy"]) for entry in by_factor.values())
    return _plain({"mean": {**means, "factors_with_efficacy": int(defined)}, "by_factor": by_factor})


def edit_table(edits: dict[str, FactorEdits]) -> str:
    """The scores as text, a line a factor and one for the means; "-" is not defined."""
    data = edits_as_data(edits)
    width = max(len(name) for name in (*edits, "mean"))
    heads = (*FIGURES, "missed", "others")
    lines = ["  ".join([f"{'factor':{width}}", *(f"{head:>8}" for head in heads), "most moved else"])]
    for name, entry in {**data["by_factor"], "mean": data["mean"]}.items():
        figures = ["-" if entry[head] is None else f"{entry[head]:.3f}" for head in heads]
        lines.append("  ".join([f"{name:{width}}", *(f"{figure:>8}" for figure in figures)]))
        others = edits[name].others(name) if name in edits else {}
        if others:
            most = max(others, key=others.__getitem__)
            lines[-1] += f"  {most} ({others[most]:.2f})"
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float:
    """The mean of what is defined; NaN if nothing is."""
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value
