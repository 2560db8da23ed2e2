"""docs/calibrate.md: the light and the exposure of unlabelled pictures, found again.

python benchmarks/calibrate.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from simfactor.adaptation import calibrate_space
from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.factors import Continuous, FactorSpace, load_space

TRUTH = {
    "light_azimuth": [60, 90],
    "light_elevation": [45, 55],
    "light_intensity": [0.9, 1.0],
    "light_temperature": [3500, 4500],
    "ambient_share": [0.2, 0.3],
    "exposure": [0.25, 0.35],
}


def bench() -> FactorSpace:
    """The tabletop with an exposure; light, exposure and the task vary, all else stands still."""
    full = load_space("tabletop")
    factors = {**full.factors, "exposure": Continuous(-0.5, 0.5, "stops", "sensor")}
    space = FactorSpace(factors, full.scene)
    still = space.decode(space.sample(1, seed=3)[0])
    moving = {*space.by_role("task"), *TRUTH}
    return space.fix({name: value for name, value in still.items() if name not in moving})


def trained(data: FactorDataset, folder: Path, epochs: int) -> FactorEncoder:
    """An encoder of all that varies in the data."""
    labels = data.space.varying
    columns = [data.space.index(name) for name in labels.names]
    rows = data.factors()[:, columns]
    return train_encoder(data.images(), rows, labels, folder, epochs=epochs, augment=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/calibrate"))
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--budget", type=int, default=300)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    space = bench()
    encoder = trained(
        generate(space, asked.out / "data", asked.images, 0), asked.out / "encoder", asked.epochs
    )
    known = space.fix({"exposure": 0})
    for name, start in (("target", space), ("known-exposure", known)):
        truth = {key: value for key, value in TRUTH.items() if not start[key].fixed}
        target = generate(start.restrict(truth), asked.out / name, asked.targets, 1)
        began = time.process_time()
        found = calibrate_space(encoder, target, start, ("lighting", "sensor"), budget=asked.budget)
        print(name, f"{time.process_time() - began:.0f} s of CPU", found.table(), found.sentence(), sep="\n")


if __name__ == "__main__":
    main()
