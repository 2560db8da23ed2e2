"""What each way of adapting an encoder does to its errors on another camera's images.

    python benchmarks/adapt_encoder.py --seeds 3

An encoder of three factors, two of them the task's, sees 500 images of the simulator; the target are 300
images of other scenes under a yellow filter, darker, in haze and with noise. No method sees a label of the
target: what it is worth is measured on 200 further images of it. Prints a table: the mean over seeds of the
mean absolute error of the task's factors in shares of their range, and in how many seeds the guard would have
accepted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from simfactor.adaptation import adapt_encoder
from simfactor.adaptation.guard import objections
from simfactor.adaptation.methods import METHODS
from simfactor.adaptation.task_errors import mean_share, task_errors
from simfactor.data import generate
from simfactor.encoders import train_encoder
from simfactor.factors import load_space

TRAINED, HELD_OUT, TARGET, JUDGES = 500, 125, 300, 200
MOVING = {"light_intensity": [0.7, 1.5], "target_x": [0.3, 0.6], "target_y": [-0.25, 0.25]}
ANYTHING = 1e6  # a tolerance that refuses nothing
CONTROL = "control"  # trains on without the target


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--augmented", action="store_true", help="train the encoder itself with augmentation")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    methods = [CONTROL, *METHODS]
    found = {name: [] for name in methods}
    for seed in range(asked.seeds):
        with TemporaryDirectory() as folder:
            for name, row in one_seed(Path(folder), seed, asked.epochs, asked.augmented, methods):
                found[name].append(row)
                print(seed, name, *(f"{value:.4f}" for value in row), flush=True)
    print("| method | source before | source after | target before | target after | accepted |")
    print("|---|---|---|---|---|---|")
    for name in methods:
        *errors, accepted = np.array(found[name]).T
        means = " | ".join(f"{own.mean():.3f}" for own in errors)
        print(f"| `{name}` | {means} | {int(accepted.sum())} of {asked.seeds} |")


def one_seed(folder: Path, seed: int, epochs: int, augmented: bool, methods: list[str]):
    full = load_space("tabletop")
    still = full.decode(full.sample(1, seed=3)[0])
    space = full.fix({name: value for name, value in still.items() if name not in MOVING}).restrict(MOVING)
    data = generate(space, folder / "data", TRAINED + HELD_OUT, 3 * seed, workers=1, progress=False)
    others = generate(space, folder / "others", TARGET + JUDGES, 3 * seed + 1, workers=1, progress=False)
    labels = space.varying
    columns = [space.index(name) for name in labels.names]
    encoder = train_encoder(
        data.images(slice(TRAINED)),
        data.factors(slice(TRAINED))[:, columns],
        labels,
        folder / "encoder",
        epochs=10,
        learning_rate=3e-3,
        batch_size=32,
        residual=2,
        augment=augmented,
        seed=seed,
        progress=False,
    )
    seen = another_camera(others.images(), seed)
    judges = seen[TARGET:], others.factors()[TARGET:, columns]
    before = mean_share(task_errors(encoder, *judges))
    for name in methods:
        adapted = adapt_encoder(
            encoder,
            data,
            seen[:TARGET],
            folder / name,
            method="mmd" if name == CONTROL else name,
            weight=0.0 if name == CONTROL else None,
            epochs=epochs,
            batch_size=32,
            tolerance=ANYTHING,
            seed=seed,
            progress=False,
        )
        source = mean_share(adapted.before.source), mean_share(adapted.after.source)
        after = mean_share(task_errors(adapted.encoder, *judges))
        yield name, (*source, before, after, not objections(adapted.before, adapted.after, 1.3))


def another_camera(images: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.03, images.shape)
    seen = images / 255 * np.array([1.3, 0.95, 0.55]) * 0.65 + 0.1 + noise
    return (seen.clip(0, 1) * 255).round().astype(np.uint8)


if __name__ == "__main__":
    main()
