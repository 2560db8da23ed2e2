"""One training as an object: an epoch at a time, with a state that can be stored between epochs."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from simfactor.encoders.batches import CPU, LabelledImages, epoch_batches, seeded, split, with_labelled
from simfactor.encoders.distributed import ALONE, Team
from simfactor.encoders.model import FactorEncoder
from simfactor.encoders.objectives import OBJECTIVES
from simfactor.encoders.objectives.objective import Batch, Objective, Player, Step, Terms, option_names
from simfactor.errors import SimfactorError

WARMUP = 0.03  # share of the steps over which the learning rate rises
# streams of random numbers, seeded by (seed, stream, epoch)
SPLIT, ORDER, NOISE, VALIDATION, LABELS = 0, 1, 2, 3, 4
VALIDATED_AT_ONCE = 256
SHOWN = 2  # terms beside the progress bar


class Training:
    """Encoder, optimisers and data between two epochs.

    ``arguments`` are those of ``train_encoder``, ``options`` the objective's where they are not plain data;
    ``team`` are the processes that train together, each with its share of every batch; ``objective`` is what
    to learn if not the encoder's own.
    No random state is carried over: an epoch's order and noise are drawn from (seed, epoch), so a stored
    state is complete without generators.
    """

    def __init__(
        self,
        encoder: FactorEncoder,
        data: LabelledImages,
        arguments: Mapping[str, Any],
        options: Mapping[str, Any] | None = None,
        team: Team = ALONE,
        objective: Objective | None = None,
    ) -> None:
        self.encoder, self.arguments, self.team = encoder, arguments, team
        self.options = arguments["options"] if options is None else options
        self.objective = objective or OBJECTIVES[encoder.objective]
        self.optimizers = {
            name: _optimizer(encoder, player, arguments["learning_rate"])
            for name, player in self.objective.players.items()
        }
        self.training, self.validation = split(
            len(data), arguments["validation_share"], arguments["seed"], SPLIT
        )
        known = data.known.cpu()
        self.labelled = self._choose_labelled(known)
        shown = torch.zeros(len(data), dtype=torch.bool)
        shown[self.labelled] = shown[self.validation] = True  # the latter for the record; see _judge
        self.data = replace(data, known=(known & shown[:, None]).to(encoder.device))
        whole = not self.objective.labels or bool(known[self.labelled].all())
        self.few_labels = not whole or len(self.labelled) < len(self.training)
        wanted = max(1, arguments["batch_size"] // data.images_per_unit)
        self.batch_size = min(wanted, len(self.training))
        team.check_batch(self.batch_size)
        self.steps = len(self.training) // self.batch_size  # an epoch
        self.epoch, self.best_loss = 0, math.inf
        self.best: dict[str, Tensor] = {}
        self.history: list[dict[str, Any]] = []

    @property
    def images(self) -> int:
        """Images that an epoch learns from."""
        return self.steps * self.batch_size * self.data.images_per_unit

    def state(self) -> dict[str, Any]:
        """Everything that the next epochs depend on."""
        return {
            "model": self.encoder.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "epoch": self.epoch,
            "best_loss": self.best_loss,
            "best": self.best,
            "history": self.history,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a :meth:`state`."""
        self.encoder.load_state_dict(state["model"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.epoch, self.best_loss = state["epoch"], state["best_loss"]
        self.best, self.history = state["best"], state["history"]

    def run_epoch(self, bar: tqdm[Any]) -> None:
        """Train one epoch, validate, and append to the history; ``bar`` counts images."""
        started = time.perf_counter()
        trained = self._train(bar)
        seconds = time.perf_counter() - started
        validated = self._validate()
        self.epoch += 1
        losses = [validated["loss"], *(terms["loss"] for terms in trained.values())]
        if not all(map(math.isfinite, losses)):
            raise SimfactorError(
                f"the loss of epoch {self.epoch} is {sum(losses)}; train with a learning_rate below "
                f"{self.arguments['learning_rate']:g}."
            )
        self._judge(validated)
        first, *others = trained
        record = {
            "epoch": self.epoch,
            "images_per_second": round(self.images / seconds, 1),
            "learning_rate": self.arguments["learning_rate"]
            * self.learning_rate(self.epoch * self.steps - 1),
            "training": trained[first],
            "validation": validated,
            **{name: trained[name] for name in others},
        }
        self.history.append(record)
        shown = {"loss": trained[first]["loss"], "validation": validated["loss"], **_largest(trained[first])}
        bar.set_postfix({name: f"{value:.4g}" for name, value in shown.items()})

    def learning_rate(self, step: int) -> float:
        """As a share of the highest: a short linear rise, then half a cosine down to zero at the end."""
        total = self.steps * self.arguments["epochs"]
        rise = max(1, round(WARMUP * total))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))

    def _choose_labelled(self, known: Tensor) -> Tensor:
        """The training units whose labels may be learned from; all, if nothing learns from labels.

        ``known`` (N, K): the labels there are. Raises SimfactorError for a factor without any.
        """
        candidates = self.training
        if self.objective.labels:
            candidates = candidates[known[candidates].any(dim=1)]
        count = max(1, round(self.arguments["label_share"] * len(candidates)))
        order = torch.randperm(len(candidates), generator=seeded(CPU, self.arguments["seed"], LABELS))
        chosen = candidates[order[:count]]
        space, read = self.encoder.space, self.encoder.layout.names[:-1]
        unknown = [n for n in read if not (space[n].fixed or known[chosen, space.index(n)].any())]
        if self.objective.labels and unknown:
            raise SimfactorError(
                f"no training image has a label of {', '.join(unknown)}; leave out the factors that are not "
                "known, as in train_encoder(images, factors[:, columns], space.select(names), ...), or take "
                "an objective without labels."
            )
        return chosen

    def _judge(self, validated: Mapping[str, float]) -> None:
        """Keep the weights if this epoch is the best; without a criterion, or all labels, the last one is."""
        by = self.objective.judged_by
        if by is not None and not self.few_labels:
            judged = sum(v for k, v in validated.items() if k.startswith(by))
            if judged >= self.best_loss:
                return
            self.best_loss = judged
        self.best = {name: tensor.clone() for name, tensor in self.encoder.state_dict().items()}

    def _train(self, bar: tqdm[Any]) -> dict[str, dict[str, float]]:
        """An epoch of steps, in each of which every player takes one; player -> mean terms."""
        seed, device = self.arguments["seed"], self.encoder.device
        generator = seeded(device, seed, NOISE, self.epoch, *self.team.seed)
        labels = seeded(CPU, seed, LABELS, self.epoch + 1)
        sums: dict[str, dict[str, Tensor]] = {name: {} for name in self.objective.players}
        batches = epoch_batches(self.training, self.batch_size, seed, ORDER, self.epoch)
        for number, index in enumerate(batches, start=self.epoch * self.steps):
            if len(self.labelled) < len(self.training):
                index = with_labelled(index, self.labelled, labels)
            batch = self.data.batch(
                self.team.share(index).to(device),
                generator,
                self.arguments["augment"],
                self.arguments["noise"],
            )
            step = Step(generator, number / (self.steps * self.arguments["epochs"]))
            for name, player in self.objective.players.items():
                terms = self._terms(player, batch, step)
                self._descend(name, player, terms, number)
                for key, value in terms.items():
                    sums[name][key] = sums[name].get(key, 0) + value.detach()
            bar.update(len(index) * self.data.images_per_unit)
        return {
            name: _report(self.team.mean({key: float(value) / self.steps for key, value in own.items()}))
            for name, own in sums.items()
        }

    def _descend(self, name: str, player: Player, terms: Terms, number: int) -> None:
        optimizer = self.optimizers[name]
        for group in optimizer.param_groups:
            group["lr"] = self.arguments["learning_rate"] * player.learning_rate * self.learning_rate(number)
        optimizer.zero_grad(set_to_none=True)  # also what other players' losses left here
        total(terms).backward()
        self.team.average_gradients(p for group in optimizer.param_groups for p in group["params"])
        optimizer.step()

    def _validate(self) -> dict[str, float]:
        """The first player's terms over the validation images as they are, always with the same noise."""
        sums: dict[str, float] = defaultdict(float)
        generator = seeded(self.encoder.device, self.arguments["seed"], VALIDATION)
        step = Step(generator, self.epoch / self.arguments["epochs"])
        player = next(iter(self.objective.players.values()))
        with torch.no_grad():
            for index in self.validation.split(VALIDATED_AT_ONCE // self.data.images_per_unit):
                batch = self.data.batch(index.to(self.encoder.device), generator)
                for name, value in self._terms(player, batch, step).items():
                    sums[name] += float(value) * len(index)
        return _report({name: value / len(self.validation) for name, value in sums.items()})

    def _terms(self, player: Player, batch: Batch, step: Step) -> Terms:
        own = option_names(player.terms)
        options = {name: value for name, value in self.options.items() if name in own}
        return player.terms(self.encoder, batch, step, **options)


def total(terms: Terms) -> Tensor:
    """The optimised loss: the plain sum of the terms."""
    return torch.stack(list(terms.values())).sum()


def _optimizer(encoder: FactorEncoder, player: Player, learning_rate: float) -> torch.optim.Optimizer:
    parameters = [p for part in player.parts for p in encoder.get_submodule(part).parameters()]
    return torch.optim.AdamW(
        parameters,
        learning_rate * player.learning_rate,
        player.betas,
        weight_decay=player.weight_decay,
        fused=True,
    )


def _report(terms: dict[str, float]) -> dict[str, float]:
    return {"loss": sum(terms.values()), **terms}


def _largest(report: Mapping[str, float]) -> dict[str, float]:
    """The terms that make up most of the loss, where there is more than one."""
    terms = sorted((name for name in report if name != "loss"), key=lambda name: -abs(report[name]))
    return {name: report[name] for name in terms[:SHOWN]} if len(terms) > 1 else {}
