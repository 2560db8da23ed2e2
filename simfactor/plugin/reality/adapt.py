"""The command that adapts an encoder from one folder of images to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation import Status, adapt_encoder, open_pictures
from simfactor.adaptation.door import rows_of
from simfactor.data import FactorDataset, ImageSource
from simfactor.encoders import FactorEncoder
from simfactor.encoders.train import pick_device
from simfactor.errors import SimfactorError
from simfactor.plugin.deploying.deployment import held_out_count


def adapt_to(
    source: str,
    target: str,
    encoder: str,
    out: str,
    labels: int = 0,
    table: str | None = None,
    held_out: int | None = None,
    device: str = "auto",
    **asked: Any,
) -> Status:
    """Adapt an encoder, print how it was judged, and leave it in a folder.

    Args:
        source: the folder of the data set that it was trained on.
        target: a folder of a data set or of pictures.
        encoder: the folder of the trained one.
        out: a new folder, for the encoder and ``adaptation.json``.
        labels: of a target that is a data set, how many images' labels may be looked at, evenly spaced.
        table: a CSV file of what is known of the target's pictures (:func:`simfactor.data.photographs`).
        held_out: the last images of the source; None for those of the run's scores, or else a fifth.
        device: where to train: auto, cpu or cuda.
        asked: further arguments of :func:`simfactor.adaptation.adapt_encoder`.

    Raises SimfactorError as that does, for labels of a target that has none, and for both kinds of them.
    """
    opened = FactorEncoder.from_pretrained(encoder, pick_device(device))
    known, other = FactorDataset(source), open_pictures(target, opened, table)
    rows = rows_of(opened, other) if table is not None else None
    if labels:
        rows = _some_rows(opened, other, labels, target)
    kept = held_out_count(source, len(known), held_out)
    found = adapt_encoder(opened, known, other, out, target_rows=rows, held_out=kept, **asked)
    print(f"{found.table()}\n\n{found.sentence()}\nencoder: {out}")
    return found.status


def _some_rows(encoder: FactorEncoder, target: ImageSource, labels: int, name: str) -> NDArray[np.float64]:
    """What may be looked at of a data set's labels, the rest nan."""
    if not isinstance(target, FactorDataset) or not 0 < labels <= len(target):
        raise SimfactorError(
            f"labels={labels}: {name} is no data set with so many images; leave it out, or give what is "
            "known of a folder of pictures as a table."
        )
    rows = np.full((len(target), len(encoder.space)), np.nan)
    shown = np.linspace(0, len(target) - 1, labels).astype(int)
    rows[shown] = rows_of(encoder, target)[shown]
    return rows
