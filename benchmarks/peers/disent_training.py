"""disent 0.8 training its own beta-VAE, run by the Python that has disent: one line of JSON in, one out.

Its own framework, data set, sampler, transform, DataLoader and Lightning trainer, as its README composes
them, with what only costs time switched off (logger, checkpoints, bar). The images are in memory.
`benchmarks/encoder_training.py` starts this and asks; a request is ``{"network", "data", "steps", "batch"}``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

try:
    import torchvision  # noqa: F401
except RuntimeError:  # its C++ operators are of another build of torch; disent uses none, but they are named
    for name in ("nms", "qnms"):
        torch.library.define(
            f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor"
        )

import lightning
from disent.dataset import DisentDataset
from disent.dataset.data import ArrayGroundTruthData
from disent.dataset.sampling import SingleSampler
from disent.dataset.transform import ToImgTensorF32
from disent.frameworks.vae import BetaVae
from disent.model import AutoEncoder
from disent.model.ae import DecoderConv64, EncoderConv64

FACTORS = {"row": 64, "column": 64}  # any labels: the beta-VAE reads none
LATENTS, LEARNING_RATE, BETA = 10, 1e-3, 4.0


class Resident(IterableDataset[Any]):
    """Whole batches gathered from one tensor: what disent's trainer does when data cost next to nothing."""

    def __init__(self, images: np.ndarray, batch: int, device: torch.device) -> None:
        self.images, self.batch = torch.from_numpy(images).to(device), batch

    def __iter__(self) -> Iterator[Any]:
        order = torch.randperm(len(self.images)).to(self.images.device)
        for index in order.split(self.batch):
            yield {"x_targ": [self.images[index].permute(0, 3, 1, 2).float().div_(255).contiguous()]}


class Clock(lightning.Callback):
    """Seconds from the end of the first step to the end of the last, and what they took of the CPU."""

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        if trainer.global_step in (1, trainer.max_steps):
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            now = (time.perf_counter(), time.process_time())
            if trainer.global_step == 1:
                self.started = now
            self.wall, self.cpu = (b - a for a, b in zip(self.started, now, strict=True))


def framework(network: str) -> BetaVae:
    """Its beta-VAE; ``network`` is "own", or "same": with the padding, hence the sizes, of the literature."""
    shape = (3, 64, 64)
    encoder = EncoderConv64(x_shape=shape, z_size=LATENTS, z_multiplier=2)
    if network == "same":
        for i, layer in enumerate(encoder.model):
            if isinstance(layer, nn.Conv2d):
                layer.padding = (1, 1)
            elif isinstance(layer, nn.Linear) and layer.in_features == 1600:
                encoder.model[i] = nn.Linear(1024, layer.out_features)
    model = AutoEncoder(encoder=encoder, decoder=DecoderConv64(x_shape=shape, z_size=LATENTS))
    config = BetaVae.cfg(
        optimizer="adam",
        optimizer_kwargs={"lr": LEARNING_RATE},
        recon_loss="bce",
        loss_reduction="mean_sum",
        beta=BETA,
    )
    return BetaVae(model=model, cfg=config)


def batches(images: np.ndarray, data: str, batch: int, device: torch.device) -> Any:
    """``data``: "loader" is its data set in a DataLoader, "resident" whole batches without one."""
    if data == "resident":
        return DataLoader(Resident(images, batch, device), batch_size=None)
    source = ArrayGroundTruthData(images, tuple(FACTORS), tuple(FACTORS.values()))
    dataset = DisentDataset(source, SingleSampler(), transform=ToImgTensorF32())
    # one core for all: workers would only take turns with the training
    return DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=0, drop_last=True)


def timed(images: np.ndarray, network: str, data: str, steps: int, batch: int, device: str) -> dict[str, Any]:
    """Seconds of ``steps`` steps after a first one."""
    clock = Clock()
    trainer = lightning.Trainer(
        max_steps=steps + 1,
        accelerator=device,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[clock],
    )
    where = torch.device("cuda" if device == "gpu" else "cpu")
    trainer.fit(framework(network), batches(images, data, batch, where))
    return {"wall": clock.wall, "cpu": clock.cpu, "images": steps * batch}


def main() -> None:
    """Answer requests until the input ends."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    for name in ("lightning", "lightning.pytorch", "lightning.fabric", "disent"):
        logging.getLogger(name).setLevel(logging.ERROR)
    count = int(np.prod(tuple(FACTORS.values())))
    images = np.random.default_rng(0).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            answer = timed(images, **json.loads(line))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
