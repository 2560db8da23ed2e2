"""The command that calibrates, generates and trains on, round after round, while the gap falls."""

from __future__ import annotations

from typing import Any

from simfactor import adaptation
from simfactor.adaptation import Status, open_pictures
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.encoders.train import pick_device


def close_gap(source: str, target: str, encoder: str, out: str, device: str = "auto", **asked: Any) -> Status:
    """Close the gap to the pictures in a folder, print the rounds, and leave the best of them in ``out``.

    Args:
        source: the folder of the data set that the encoder was trained on.
        target: a folder of a data set or of pictures.
        encoder: the folder of the trained one.
        out: a new folder, or that of the same call before, which goes on.
        device: where to render and train: auto, cpu or cuda.
        asked: further arguments of :func:`simfactor.adaptation.close_gap`.

    Raises SimfactorError as that does.
    """
    opened = FactorEncoder.from_pretrained(encoder, pick_device(device))
    known, other = FactorDataset(source), open_pictures(target, opened)
    found = adaptation.close_gap(opened, known, other, out, **asked)
    print(f"{found.table()}\n\n{found.sentence()}\nencoder and space: {out}")
    return found.status
