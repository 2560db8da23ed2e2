"""How well an edited picture shows the change that was asked for, against the true counterfactual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError
from simfactor.metrics._blocks import check_blocks
from simfactor.metrics._checks import Floats, check_matrix, check_names

CERTAIN = 2.0  # standard errors by which a gain must exceed 0 to be divided by


class EditScore(NamedTuple):
    """Errors are root mean squares over pixels in [0, 1]; NaN stands for what is not defined."""

    efficacy: float  # share of the possible gain that the edit made, in [0, 1]
    error: float  # of the edited pictures
    floor: float  # of the true counterfactuals, encoded and decoded: the decoder's best
    baseline: float  # of the pictures encoded and decoded without an edit
    shown: float  # share of the true change that the decoder shows at all
    outside: float  # change by the edit where nothing should change
    still: float  # share of the pixels where nothing should change
    n: int


def edit_score(
    *,
    images: npt.ArrayLike,
    counterfactuals: npt.ArrayLike,
    reconstructions: npt.ArrayLike,
    counterfactual_reconstructions: npt.ArrayLike,
    edited: npt.ArrayLike,
) -> EditScore:
    """Score edits of one factor against a simulator's own pictures of the changed world.

    Ours. With mean squared errors to the true counterfactuals E of the edited pictures, B of the unedited
    reconstructions and F of the counterfactuals' own reconstructions, the efficacy is (B - E) / (B - F),
    clipped to [0, 1]: 0 is an edit that does nothing, 1 one that is as good as encoding the answer itself. An
    edit half way in every pixel has 3/4. It is NaN where B - F is not above 0 by two standard errors over the
    images: there the decoder does not show the factor, and ``shown`` says so. That is the projection of the
    reconstructions' change on the true one, sum <r' - r, x' - x> / sum |x' - x|^2, NaN if no pixel changes.

    ``outside`` compares the edited pictures with the unedited reconstructions where image and counterfactual
    are equal; NaN where they are equal nowhere (a light dims everything).

    Args: all of one shape (n, h, w, c), n >= 2, uint8 or floating point in [0, 1].
        images: before the change.
        counterfactuals: the same world with the one factor changed.
        reconstructions: images, encoded and decoded.
        counterfactual_reconstructions: counterfactuals, encoded and decoded.
        edited: images, encoded, edited and decoded.

    Raises:
        SimfactorError: for other shapes, fewer than 2 images, or values that are no pixels.
    """
    before, after = _pixels(images, "images"), _pixels(counterfactuals, "counterfactuals")
    plain = _pixels(reconstructions, "reconstructions")
    best = _pixels(counterfactual_reconstructions, "counterfactual_reconstructions")
    made = _pixels(edited, "edited")
    shapes = {array.shape for array in (before, after, plain, best, made)}
    if len(shapes) != 1 or len(before) < 2:
        raise SimfactorError(f"pictures have shapes {sorted(shapes)}; all need one shape, at least 2 images.")
    error, floor, baseline = (np.square(a - after).mean(axis=(1, 2, 3)) for a in (made, best, plain))  # (n,)
    change = after - before
    still = (change == 0).all(axis=3)
    aside = np.square(made - plain).mean(axis=3)[still]
    return EditScore(
        efficacy=_efficacy(error, floor, baseline),
        error=float(np.sqrt(error.mean())),
        floor=float(np.sqrt(floor.mean())),
        baseline=float(np.sqrt(baseline.mean())),
        shown=_ratio(((best - plain) * change).sum(), np.square(change).sum()),
        outside=float(np.sqrt(_ratio(aside.sum(), aside.size))),
        still=float(still.mean()),
        n=len(before),
    )


def block_changes(
    before: npt.ArrayLike, after: npt.ArrayLike, blocks: Sequence[npt.ArrayLike], spread: npt.ArrayLike
) -> Floats:
    """How far each block of latents moved (B,): root mean square over pairs, in units of its spread.

    1 is as far as the block's values lie from their mean on average; two unrelated images are sqrt(2) apart.

    Args:
        before, after: latents (n, L) of each pair.
        blocks: per block the indices of its latents, at least one each.
        spread: latents (m, L) of other images; a block's spread is the root mean square distance from the
            mean there. NaN for a block without spread, which a distance has no unit in.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, and blocks that are empty or past the latents.
    """
    first, second = check_matrix(before, "before", "latents"), check_matrix(after, "after", "latents")
    reference = check_matrix(spread, "spread", "latents")
    if first.shape != second.shape or first.shape[1] != reference.shape[1]:
        raise SimfactorError(
            f"before {first.shape}, after {second.shape} and spread {reference.shape} must be latents of one "
            "encoder, before and after as many."
        )
    moved = np.square(second - first).mean(axis=0)
    variance = reference.var(axis=0)
    dims = check_blocks(blocks, check_names(None, len(blocks)), len(variance))
    return np.array([np.sqrt(_ratio(moved[d].sum(), variance[d].sum())) for d in dims])


def _efficacy(error: Floats, floor: Floats, baseline: Floats) -> float:
    """From mean squared errors by image (n,)."""
    possible = baseline - floor
    doubt = CERTAIN * possible.std(ddof=1) / np.sqrt(len(possible))
    if not possible.mean() > doubt:
        return float("nan")
    return float(np.clip((baseline - error).mean() / possible.mean(), 0.0, 1.0))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _pixels(values: npt.ArrayLike, what: str) -> Floats:
    """Pictures (n, h, w, c) as float64 in [0, 1]."""
    array = np.asarray(values)
    scale = 255.0 if array.dtype == np.uint8 else 1.0
    if array.ndim != 4 or array.size == 0 or array.dtype.kind not in "fu":
        raise SimfactorError(
            f"{what}: got {array.dtype} of shape {array.shape}; give (n, h, w, c), uint8 or floating point."
        )
    pixels = array.astype(np.float64) / scale
    if not ((pixels >= 0) & (pixels <= 1)).all():
        raise SimfactorError(f"{what}: values lie outside [0, 1]; give uint8, or floating point in [0, 1].")
    return pixels
