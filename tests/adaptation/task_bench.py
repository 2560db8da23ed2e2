"""A bench with a task: where target and hand are, under any light; and the same in another camera's look."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from bench import moving, small_encoder

from simfactor.data import FactorDataset, generate
from simfactor.encoders import FactorEncoder
from simfactor.factors import FactorSpace

TRAINED, HELD_OUT, OTHERS = 500, 125, 300
MOVING = {"light_intensity": [0.7, 1.5], "target_x": [0.3, 0.6], "target_y": [-0.25, 0.25]}
TINT, EXPOSURE, HAZE, NOISE = np.array([1.3, 0.95, 0.55]), 0.65, 0.1, 0.03


def space() -> FactorSpace:
    """Three factors move, two of them the task's."""
    return moving(MOVING)


def another_camera(images: np.ndarray) -> np.ndarray:
    """Images (n, s, s, 3) uint8 under a yellow filter, darker, in haze, with noise."""
    noise = np.random.default_rng(0).normal(0, NOISE, images.shape)
    seen = images / 255 * TINT * EXPOSURE + HAZE + noise
    return (seen.clip(0, 1) * 255).round().astype(np.uint8)


@dataclass(frozen=True)
class TaskBench:
    folder: Path
    data: FactorDataset
    others: FactorDataset
    encoder: FactorEncoder

    @cached_property
    def target(self) -> np.ndarray:
        """Images of the target: other scenes, through another camera."""
        return another_camera(self.others.images())

    def rows(self) -> np.ndarray:
        """What is true of the target."""
        return self.others.factors()[:, [self.others.space.index(n) for n in self.encoder.space.names]]


def make_task_bench(folder: Path) -> TaskBench:
    torch.set_num_threads(1)
    data = generate(space(), folder / "data", TRAINED + HELD_OUT, 0, workers=1, progress=False)
    others = generate(space(), folder / "others", OTHERS, 7, workers=1, progress=False)
    return TaskBench(folder, data, others, small_encoder(data, TRAINED, folder / "encoder", epochs=10))
