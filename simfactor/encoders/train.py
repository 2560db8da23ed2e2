"""Training of encoders: resident data, resumable to the bit, the best epoch exported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from simfactor.encoders.batches import put_on_device
from simfactor.encoders.checkpoint import is_done, load_checkpoint, mark_done, save_checkpoint, write_history
from simfactor.encoders.classical import fit_encoder
from simfactor.encoders.curves import curves_or_nothing
from simfactor.encoders.distributed import team_for
from simfactor.encoders.memory import memory_kept
from simfactor.encoders.model import FactorEncoder, check_images
from simfactor.encoders.objectives import objective_named
from simfactor.encoders.objectives.objective import Objective
from simfactor.encoders.perceptual import features_checksum, with_distance
from simfactor.encoders.training import Training
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace


def train_encoder(
    images: NDArray[np.uint8] | Tensor,
    factors: NDArray[np.float64],
    space: FactorSpace,
    out: str | Path,
    *,
    objective: str = "supervised",
    options: Mapping[str, Any] | None = None,
    features: str | Path | None = None,
    residual: int | None = None,
    network: str | None = None,
    epochs: int = 30,
    batch_size: int = 64,
    learning_rate: float = 2e-3,
    validation_share: float = 0.1,
    label_share: float = 1.0,
    augment: bool | None = None,
    noise: float = 0.0,
    seed: int = 0,
    device: str = "auto",
    progress: bool = True,
    tensorboard: bool = False,
) -> FactorEncoder:
    """Train an encoder on images, leave it in ``out``, and return it.

    Every epoch ends with a validation, a line in ``out/history.jsonl`` and a checkpoint: a training that was
    killed goes on from there when called again with the same arguments, and ends, on a CPU with the same
    number of threads, with the very bits of one that was not. A finished training is loaded, not repeated.
    What is exported is the epoch with the lowest validation error (of the anchors, where there are labels),
    or the last one, where labels are few or the loss is no measure (adversaries, a changing capacity).

    Args:
        images: (N, s, s, 3) uint8; an array, a memory map or a tensor. Copied to the device once. Objectives
            that learn from pairs need (N, 2, s, s, 3): before and after a change of few factors, for
            ``drap`` randomised and canonical; others take such pairs as single images.
        factors: (N, K) rows of ``space``, for pairs (N, 2, K). The objectives without labels do not learn
            from them; ``drap`` is told which are nuisances by their roles in ``space``. In rows of single
            images nan is a value that is not known: each image teaches what is known of it.
        out: folder for the encoder, its history and, until it is done, the checkpoint.
        objective: a name from ``OBJECTIVES``.
        options: the objective's own, e.g. ``{"beta": 8.0}`` or ``{"task_weight": 3.0}``.
        features: for ``options={"likelihood": "perceptual"}``: the folder of a trained encoder, as a rule of
            the objective ``dae``, in whose latents pictures are compared
            (:mod:`simfactor.encoders.perceptual`).
        residual: width of the residual block (all latents, without labels); None: the objective's default.
        network: a name from ``NETWORKS``; None: the objective's usual one.
        epochs: passes over the training images; the learning rate falls to zero over them (a cosine). The
            classical objectives (``pca``, ``ica``, ``factor_analysis``) are fitted at once: they have no use
            for this and the next two, nor for ``augment`` and ``noise``.
        batch_size: images a step.
        learning_rate: AdamW's, at its highest.
        validation_share: share of the images, drawn by ``seed``, that is only validated on.
        label_share: share of the training images, drawn by ``seed``, whose labels are learned from.
        augment: show half of every batch in another light (:mod:`simfactor.encoders.augment`); None: as
            suits the objective.
        noise: standard deviation of noise added to the pixels (in [0, 1]) that the encoder sees in training.
        seed: of weights, split, order, noise and augmentation; no global generator is touched.
        device: ``auto`` (CUDA if there is one) or a torch device. A training may go on on another device.
        progress: show a bar (on a terminal only).
        tensorboard: also write the history's numbers under ``out/tensorboard``; needs the extra.

    Raises:
        SimfactorError: images that do not fit, unknown names, rows outside the space, or an ``out`` that
            holds a training with other arguments.
    """
    _check_numbers(epochs=epochs, batch_size=batch_size, learning_rate=learning_rate)
    folder, recipe = Path(out), objective_named(objective)
    augment = recipe.augment if augment is None else augment
    _check_data_options(recipe, label_share, augment, noise)
    recipe.check_options(options or {})
    with team_for(pick_device(device)) as (team, target):
        encoder = _fresh_encoder(images, space, objective, residual, network, seed).to(target)
        resolved = with_distance(options or {}, features, encoder.image_size, target)
        data = put_on_device(images, factors, encoder.layout, space, target, recipe.pairs)
        arguments = {
            "objective": objective,
            "options": dict(options or {}),
            "features": features_checksum(features),
            "residual": encoder.layout.blocks[-1].width,
            "network": encoder.network,
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "validation_share": validation_share,
            "label_share": label_share,
            "augment": augment,
            "noise": noise,
            "seed": seed,
            "space": space.fingerprint,
            "data": data.fingerprint,
        }
        if is_done(folder, arguments):
            return FactorEncoder.from_pretrained(folder, target)
        if recipe.fit is None:
            training = Training(encoder, data, arguments, resolved, team)
            with memory_kept():
                _run(training, folder, progress, tensorboard)
            encoder.load_state_dict(training.best)
        else:
            fit_encoder(encoder, data, recipe.fit, folder, validation_share, seed, progress)
        if team.leads:
            encoder.save_pretrained(folder)
            mark_done(folder, arguments)
        return encoder


def pick_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU. Raises SimfactorError for a device torch lacks."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SimfactorError(f"device {name!r} cannot be used ({error}); give auto, cpu or cuda.") from error
    return device


def _run(training: Training, folder: Path, progress: bool, tensorboard: bool) -> None:
    """All epochs that are left, each followed by a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    state = load_checkpoint(folder, training.arguments, training.encoder.device)
    if state is not None:
        training.restore(state)
    images, epochs, leads = training.images, training.arguments["epochs"], training.team.leads
    with (
        curves_or_nothing(tensorboard and leads, folder / "tensorboard", training.history) as curves,
        tqdm(
            total=epochs * images,
            initial=training.epoch * images,
            desc=f"encoder {training.encoder.objective}",
            unit="img",
            unit_scale=True,
            disable=None if progress and leads else True,
        ) as bar,
    ):
        while training.epoch < epochs:
            training.run_epoch(bar)
            if leads:
                save_checkpoint(folder, training.state(), training.arguments)
                write_history(folder, training.history)
            if curves is not None:
                curves.add(training.history[-1])


def _fresh_encoder(
    images: NDArray[np.uint8] | Tensor,
    space: FactorSpace,
    objective: str,
    residual: int | None,
    network: str | None,
    seed: int,
) -> FactorEncoder:
    size = images.shape[-2] if len(images.shape) in (4, 5) else 0
    check_images(images[:, 0] if len(images.shape) == 5 else images, size)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator: lend it
        torch.manual_seed(seed)
        return FactorEncoder(space, size, objective, residual, network)


def _check_data_options(recipe: Objective, label_share: float, augment: bool, noise: float) -> None:
    if not 0 < label_share <= 1:
        raise SimfactorError(f"label_share={label_share!r} must be above 0 and at most 1.")
    if label_share < 1 and not recipe.labels:
        raise SimfactorError(
            f"label_share={label_share!r}: this objective learns from no labels; leave it out."
        )
    if augment and recipe.pairs and not recipe.labels:
        raise SimfactorError(
            "augment=True shows images in another light for the sake of their labels, which this objective "
            "does not use; leave it out, or use noise."
        )
    if not 0 <= noise < 1:
        raise SimfactorError(f"noise={noise!r} must be at least 0 and below 1, pixels being in [0, 1].")


def _check_numbers(**numbers: float) -> None:
    for name, value in numbers.items():
        if not value > 0:
            raise SimfactorError(f"{name}={value!r} must be above 0.")
