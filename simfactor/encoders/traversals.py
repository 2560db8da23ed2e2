"""Pictures of what each latent does: one is moved, the others are held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders.codes import category_codes, factor_codes
from simfactor.encoders.layout import RESIDUAL
from simfactor.encoders.model import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Continuous, FactorSpace

Images = NDArray[np.uint8]
RESIDUAL_REACH = 2.0  # standard deviations of the residual's prior that are walked to either side


class Walk(NamedTuple):
    """One row of a traversal: these latent dimensions take these values, step by step."""

    name: str
    dims: NDArray[np.int64]  # (w,)
    values: NDArray[np.float64]  # (steps, w)


def latent_traversals(
    encoder: FactorEncoder, image: Images, names: str | Iterable[str] | None = None, steps: int = 9
) -> Images:
    """Decode an image's latents with one block at a time walked through its factor's range.

    A number goes from ``low`` to ``high``, an angle along its arc or once round its circle, a categorical
    factor through its values, every residual dimension from -2 to 2, or through its codebook. The
    names of the rows are those of :func:`walks`.

    Args:
        image: (s, s, 3) uint8, whose other latents are held.
        names: blocks, factor groups or roles; None: all latents.
        steps: pictures in a row, at least 2.

    Returns:
        (rows, steps, s, s, 3) uint8; :func:`tile` makes one picture of it.

    Raises:
        SimfactorError: unknown names, an image that does not fit, fewer than 2 steps.
    """
    start = encoder.encode(image[None])
    rows = walks(encoder, names, steps)
    latents = np.repeat(start, len(rows) * steps, axis=0).reshape(len(rows), steps, -1)
    for row, walk in zip(latents, rows, strict=True):
        row[:, walk.dims] = walk.values
    decoded = encoder.decode(latents.reshape(len(rows) * steps, -1))
    return decoded.reshape(len(rows), steps, *decoded.shape[1:])


def walks(encoder: FactorEncoder, names: str | Iterable[str] | None = None, steps: int = 9) -> list[Walk]:
    """The rows of a traversal, in latent order. Raises SimfactorError for unknown names or steps below 2."""
    if steps < 2:
        raise SimfactorError(f"steps={steps!r} must be at least 2, the ends of the walk.")
    layout = encoder.layout
    chosen = set(layout.dims(layout.names if names is None else names).tolist())
    found: list[Walk] = []
    for name in layout.names:
        dims = np.arange(layout.size)[layout.slice(name)]
        if not chosen.intersection(dims.tolist()):
            continue
        if name == RESIDUAL:
            found += [
                Walk(f"{name}[{i}]", dims[i : i + 1], _residual_values(encoder, i, steps)[:, None])
                for i in range(len(dims))
            ]
        else:
            found.append(Walk(name, dims, _block_values(encoder.space, name, steps)))
    return found


def tile(grid: Images) -> Images:
    """A grid of pictures (rows, steps, h, w, 3) as one picture (rows * h, steps * w, 3)."""
    rows, steps, height, width, channels = grid.shape
    return grid.transpose(0, 2, 1, 3, 4).reshape(rows * height, steps * width, channels)


def _residual_values(encoder: FactorEncoder, dimension: int, steps: int) -> NDArray[np.float64]:
    """Evenly spaced, or the values of the latent's codebook, repeated or left out as the steps demand."""
    if "codebook" not in encoder.extras:
        return np.linspace(-RESIDUAL_REACH, RESIDUAL_REACH, steps)
    values = np.sort(encoder.get_parameter("extras.codebook.values")[dimension].detach().cpu().numpy())
    return values[np.round(np.linspace(0, len(values) - 1, steps)).astype(np.int64)].astype(np.float64)


def _block_values(space: FactorSpace, name: str, steps: int) -> NDArray[np.float64]:
    factor = space[name]
    if isinstance(factor, Categorical):
        codes = category_codes(factor)[factor.codes]
        return codes[np.round(np.linspace(0, len(codes) - 1, steps)).astype(np.int64), None]
    assert isinstance(factor, Continuous)
    return factor_codes(factor, np.linspace(factor.low, factor.high, steps))
