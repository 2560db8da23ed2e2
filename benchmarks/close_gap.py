"""docs/close_gap.md: an encoder before pictures of a camera, before the loop and after each of its rounds.

    python benchmarks/close_gap.py [--seeds 2] [--out FOLDER]

An encoder learns from 2,000 images of the tabletop in which light, exposure, the camera's place and the
task vary. The targets are 100 pictures without labels in one narrow light from one narrow place: as the space
shows them (inside), and under a yellow filter, in haze and with noise as well, which no factor of the space
can show (outside). The loop never sees a label of the target; what it is worth is measured on 400 further
pictures of it, and on as many of the whole space. Beside it stand other ways to train on from the same
encoder: with the images of the first round alone, without the source's; with both, but never in another
light; with as many new images of the whole space.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from calibrate import trained

from simfactor.adaptation import Round, close_gap
from simfactor.adaptation.door import rows_of
from simfactor.adaptation.fine_tuning import further_trained, resident, training_arguments
from simfactor.adaptation.parts import Part
from simfactor.adaptation.task_errors import mean_share, task_errors
from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder
from simfactor.factors import Continuous, FactorSpace, load_space

TARGET, JUDGES = 100, 400
TRUTH = {
    "light_azimuth": [60, 90],
    "light_elevation": [35, 42],
    "light_intensity": [0.8, 0.9],
    "light_temperature": [3500, 4500],
    "ambient_share": [0.2, 0.3],
    "camera_azimuth": [18, 24],
    "camera_elevation": [25, 29],
    "camera_distance": [1.2, 1.25],
    "exposure": [-0.3, -0.2],
}
TINT, HAZE, NOISE = np.array([1.2, 0.95, 0.7]), 0.08, 0.02


def bench() -> FactorSpace:
    """The tabletop with an exposure; light, camera and task vary, all else stands still."""
    full = load_space("tabletop")
    space = full.with_factors({"exposure": Continuous(-0.5, 0.5, "stops", "sensor")})
    still = space.decode(space.sample(1, seed=3)[0])
    moving = {*space.by_role("task"), *TRUTH}
    return space.fix({name: value for name, value in still.items() if name not in moving})


def another_camera(images: np.ndarray, seed: int) -> np.ndarray:
    """Images (n, s, s, 3) uint8 under a yellow filter, in haze, with noise."""
    noise = np.random.default_rng(seed).normal(0, NOISE, images.shape)
    return ((images / 255 * TINT * (1 - HAZE) + HAZE + noise).clip(0, 1) * 255).round().astype(np.uint8)


def trained_on(
    encoder: FactorEncoder, parts: list[FactorDataset], seed: int, augment: bool = True
) -> FactorEncoder:
    """As a round does it, with other images, or without showing them in another light."""
    images = np.concatenate([data.images() for data in parts])
    rows = np.concatenate([rows_of(encoder, data) for data in parts])
    data = resident(encoder, Part(images, rows))
    return further_trained(encoder, data, training_arguments(5, 64, 1e-3, augment, seed), progress=False)


def gap_of(one: Round) -> str:
    return f"{one.gap.value:.2f} ± {one.gap.error:.2f}"


def one_seed(folder: Path, asked: argparse.Namespace, seed: int) -> dict[str, list[tuple[str, ...]]]:
    """Rows of the table by target."""
    space = bench()
    data = generate(space, folder / "data", asked.images, 10 * seed)
    encoder = trained(data, folder / "encoder", asked.epochs)
    shown = generate(space.restrict(TRUTH), folder / "target", TARGET + JUDGES, 10 * seed + 1)
    full = generate(space, folder / "full", asked.images, 10 * seed + 2)
    rows = rows_of(encoder, shown)[TARGET:]
    wide = generate(space, folder / "wide", JUDGES, 10 * seed + 3)
    whole = wide.images(), rows_of(encoder, wide)
    found = {}
    for name in ("inside", "outside"):
        images = shown.images() if name == "inside" else another_camera(shown.images(), seed)

        def error(own: FactorEncoder, judges: np.ndarray = images[TARGET:]) -> str:
            errors = task_errors(own, judges, rows), task_errors(own, *whole)
            return " | ".join(f"{mean_share(one):.3f}" for one in errors)

        began, out = time.process_time(), folder / name
        closed = close_gap(
            encoder, data, images[:TARGET], out, count=asked.images, budget=asked.budget, seed=seed
        )
        print(f"{name}: {time.process_time() - began:.0f} s of CPU")
        print(closed.table(), closed.sentence(), sep="\n")
        lines = [("before", gap_of(closed.rounds[0]), error(encoder))]
        for one in closed.rounds[1:]:
            left = out / f"round-{one.number}" / "encoder"
            own = error(FactorEncoder.from_pretrained(left)) if left.is_dir() else "- | -"
            lines.append((f"round {one.number}", gap_of(one), own))
        first = out / "round-1" / "data"
        if first.is_dir():
            alone = trained_on(encoder, [FactorDataset(first)], seed)
            lines.append(("round 1 without the source's images", "", error(alone)))
            plain = trained_on(encoder, [FactorDataset(first), data], seed, augment=False)
            lines.append(("round 1 in no other light", "", error(plain)))
        more = trained_on(encoder, [full, data], seed)
        lines.append(("as many of the whole space instead", "", error(more)))
        found[name] = lines
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/close_gap"))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--budget", type=int, default=150)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(asked.seeds):
        for name, lines in one_seed(asked.out / str(seed), asked, seed).items():
            print(f"\nseed {seed}, {name}\n| encoder | gap | target | whole space |\n|---|---|---|---|")
            print("\n".join(f"| {' | '.join(line)} |" for line in lines), flush=True)


if __name__ == "__main__":
    main()
