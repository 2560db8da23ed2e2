"""The scores of one trained encoder, in light it has seen and in light it has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor import metrics
from simfactor.encoders import FactorEncoder
from simfactor.factors import FactorSpace

from .images import LIGHTS, Labelled

LEARNER = "random_forest"
TRAIN_SHARE = 2 / 3
COLUMNS = ("infom", "infoe", "infoc", "dci_d", "dci_c", "dci_i", "mig", "decodability", "leakage")

Codes = NDArray[np.float64]


def scores(encoder: FactorEncoder, images: Mapping[str, Labelled]) -> dict[str, Any]:
    """Scores within each test set; the probes of ``decodability`` were fitted in seen light everywhere."""
    halves = {}
    for light in LIGHTS:
        codes, rows = encoder.encode(images[light].images).astype(np.float64), images[light].rows
        cut = int(TRAIN_SHARE * len(codes))
        halves[light] = codes[:cut], rows[:cut], codes[cut:], rows[cut:]
    space = encoder.space
    blocks = [encoder.layout.dims([n]) for n in space.names] if len(encoder.layout.names) > 1 else None
    found: dict[str, Any] = {light: _within(space, halves[light], halves["seen"], blocks) for light in LIGHTS}
    codes, rows = halves["seen"][:2]
    found["information"] = metrics.mutual_information_matrix(codes, rows, kinds=_kinds(space)).tolist()
    return found


def _within(
    space: FactorSpace,
    halves: tuple[Codes, Codes, Codes, Codes],
    seen: tuple[Codes, Codes, Codes, Codes],
    blocks: list[NDArray[np.int64]] | None,
) -> dict[str, float | None]:
    about: dict[str, Any] = {"kinds": _kinds(space), "names": space.names}
    codes, rows = np.concatenate(halves[::2]), np.concatenate(halves[1::2])
    info = metrics.infomec(codes, rows, **about)
    dci = metrics.dci(*halves, **about, learner=LEARNER)
    roles = [space[name].role for name in space.names]
    leak = None if blocks is None else metrics.leakage(*halves, **about, roles=roles, blocks=blocks).into_task
    values = (
        info.modularity,
        info.explicitness,
        info.compactness,
        dci.disentanglement,
        dci.completeness,
        dci.informativeness,
        metrics.mig(codes, rows, **about),
        metrics.decodability(*seen[:2], *halves[2:], **about).mean,
        leak,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _kinds(space: FactorSpace) -> list[str]:
    return [space[name].kind for name in space.names]
