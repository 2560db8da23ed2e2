"""A bench whose light, camera and table are known, an encoder of it, and other benches."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.factors import FactorSpace, load_space

TRAINED, HELD_OUT, OTHERS = 450, 200, 150
MOVING = {
    "light_intensity": [0.7, 1.5],
    "camera_azimuth": [-12, 12],
    "table_texture": ["wood", "blue_checker"],
}


def moving(choices: dict[str, Any]) -> FactorSpace:
    """The tabletop with factors in these ranges, all others fixed."""
    full = load_space("tabletop")
    plain = full.decode(full.sample(1, seed=3)[0])
    fixed = full.fix({name: value for name, value in plain.items() if name not in choices})
    return fixed.restrict(choices)


def space(**choices: Any) -> FactorSpace:
    """The bench's factors; ``choices``: other ranges."""
    return moving(MOVING | choices)


def small_encoder(data: FactorDataset, count: int, folder: Path, epochs: int) -> FactorEncoder:
    """One that has learned from the first ``count`` images."""
    labels, known = data.space.varying, np.arange(count)
    columns = [data.space.index(name) for name in labels.names]
    return train_encoder(
        data.images(known),
        data.factors(known)[:, columns],
        labels,
        folder,
        epochs=epochs,
        learning_rate=3e-3,
        batch_size=32,
        residual=2,
        augment=False,
        progress=False,
    )


@dataclass(frozen=True)
class Bench:
    folder: Path
    data: FactorDataset
    encoder: FactorEncoder

    @cached_property
    def held_out(self) -> np.ndarray:
        """Images of the source that the encoder has not seen."""
        return self.data.images(np.arange(TRAINED, TRAINED + HELD_OUT))

    def other(self, **choices: Any) -> FactorDataset:
        """A target: the bench, but for some ranges."""
        name = f"other {choices}"
        return generate(space(**choices), self.folder / name, OTHERS, 7, workers=1, progress=False)


def make_bench(folder: Path) -> Bench:
    torch.set_num_threads(1)
    data = generate(space(), folder / "data", TRAINED + HELD_OUT, 0, workers=1, progress=False)
    return Bench(folder, data, small_encoder(data, TRAINED, folder / "encoder", epochs=8))
