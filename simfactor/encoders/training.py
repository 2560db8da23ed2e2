"""One training as an object: an epoch at a time, with a state that can be stored between epochs."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from simfactor.encoders.batches import LabelledImages, epoch_batches, seeded, split
from simfactor.encoders.model import FactorEncoder
from simfactor.encoders.objectives import OBJECTIVES, Terms
from simfactor.errors import SimfactorError

WARMUP = 0.03  # share of the steps over which the learning rate rises
SPLIT, ORDER, NOISE, VALIDATION = 0, 1, 2, 3  # streams of random numbers, seeded by (seed, stream, epoch)
VALIDATED_AT_ONCE = 256


class Training:
    """Encoder, optimiser and data between two epochs.

    ``arguments`` are those of ``train_encoder``. No random state is carried over: an epoch's order and noise
    are drawn from (seed, epoch), so a stored state is complete without generators.
    """

    def __init__(self, encoder: FactorEncoder, data: LabelledImages, arguments: Mapping[str, Any]) -> None:
        self.encoder, self.data, self.arguments = encoder, data, arguments
        self.objective = OBJECTIVES[encoder.objective]
        self.optimizer = torch.optim.AdamW(encoder.parameters(), arguments["learning_rate"])
        self.training, self.validation = split(
            len(data), arguments["validation_share"], arguments["seed"], SPLIT
        )
        self.batch_size = min(arguments["batch_size"], len(self.training))
        self.steps = len(self.training) // self.batch_size  # an epoch
        self.epoch, self.best_loss = 0, math.inf
        self.best: dict[str, Tensor] = {}
        self.history: list[dict[str, Any]] = []

    def state(self) -> dict[str, Any]:
        """Everything that the next epochs depend on."""
        return {
            "model": self.encoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "best_loss": self.best_loss,
            "best": self.best,
            "history": self.history,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a :meth:`state`."""
        self.encoder.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.best_loss = state["epoch"], state["best_loss"]
        self.best, self.history = state["best"], state["history"]

    def run_epoch(self, bar: tqdm[Any]) -> None:
        """Train one epoch, validate, and append to the history; ``bar`` counts images."""
        started = time.perf_counter()
        trained = self._train(bar)
        seconds = time.perf_counter() - started
        validated = self._validate()
        self.epoch += 1
        if not math.isfinite(validated["loss"]):
            raise SimfactorError(
                f"the loss of epoch {self.epoch} is {validated['loss']}; train with a learning_rate below "
                f"{self.arguments['learning_rate']:g}."
            )
        judged = sum(v for k, v in validated.items() if k.startswith(self.objective.judged_by))
        if judged < self.best_loss:
            self.best_loss = judged
            self.best = {name: tensor.clone() for name, tensor in self.encoder.state_dict().items()}
        record = {
            "epoch": self.epoch,
            "images_per_second": round(self.steps * self.batch_size / seconds, 1),
            "training": trained,
            "validation": validated,
        }
        self.history.append(record)
        bar.set_postfix(loss=f"{trained['loss']:.4g}", validation=f"{validated['loss']:.4g}")

    def learning_rate(self, step: int) -> float:
        """A short linear rise, then half a cosine down to zero at the last step."""
        total = self.steps * self.arguments["epochs"]
        rise = max(1, round(WARMUP * total))
        highest: float = self.arguments["learning_rate"]
        if step < rise:
            return highest * (step + 1) / rise
        return highest * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))

    def _train(self, bar: tqdm[Any]) -> dict[str, float]:
        seed, device = self.arguments["seed"], self.encoder.device
        generator = seeded(device, seed, NOISE, self.epoch)
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=device))
        batches = epoch_batches(self.training, self.batch_size, seed, ORDER, self.epoch)
        for step, index in enumerate(batches, start=self.epoch * self.steps):
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate(step)
            terms = self._terms(index, generator, self.arguments["augment"])
            self.optimizer.zero_grad(set_to_none=True)
            total(terms).backward()
            self.optimizer.step()
            for name, value in terms.items():
                sums[name] += value.detach()
            bar.update(len(index))
        return _report({name: float(value) / self.steps for name, value in sums.items()})

    def _validate(self) -> dict[str, float]:
        """The terms over the validation images as they are, with the same latent noise after every epoch."""
        sums: dict[str, float] = defaultdict(float)
        generator = seeded(self.encoder.device, self.arguments["seed"], VALIDATION)
        with torch.no_grad():
            for index in self.validation.split(VALIDATED_AT_ONCE):
                for name, value in self._terms(index, generator, augment=False).items():
                    sums[name] += float(value) * len(index)
        return _report({name: value / len(self.validation) for name, value in sums.items()})

    def _terms(self, index: Tensor, generator: torch.Generator, augment: bool) -> Terms:
        device = self.encoder.device
        batch = self.data.batch(index.to(device), augment, generator)
        decoded = max(1, round(self.objective.decoded_share * len(index)))
        # bf16 has the range of float32, so no loss scaling; on CPUs without bf16 units it is slower
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            forward = self.encoder.forward_terms(batch.pixels, decoded, generator)
        return self.objective.terms(forward.as_float(), batch, **self.arguments["options"])


def total(terms: Terms) -> Tensor:
    """The optimised loss: the plain sum of the terms."""
    return torch.stack(list(terms.values())).sum()


def _report(terms: dict[str, float]) -> dict[str, float]:
    return {"loss": sum(terms.values()), **terms}
