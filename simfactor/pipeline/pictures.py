"""The pictures of a run's report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.agents.record import read_curve
from simfactor.data import FactorDataset, contact_sheet, factor_sheet
from simfactor.encoders import FactorEncoder, walks
from simfactor.json_files import read_json
from simfactor.pipeline.plan import Plan
from simfactor.pipeline.worst import FILM, RESULT, summary, worst_folder
from simfactor.report import Picture, image_grid, training_curves

SHEET = 32  # images of the data set to show
STARTS = 8  # pictures of each domain
CURVE_WINDOW = 25  # episodes that a point of an agent's curve averages


def pictures(plan: Plan, dataset: FactorDataset, encoder: FactorEncoder) -> list[Picture]:
    """Everything the report shows besides its charts, in order."""
    arrays = np.load(plan.folder / "scores" / "arrays.npz")
    parts: list[Callable[[], list[Picture]]] = [
        lambda: _data(plan, dataset),
        lambda: _separation(plan.folder / "scores", arrays["traversals"], encoder),
        lambda: _learning(plan),
        lambda: _shifts(plan),
        lambda: _worst(plan),
    ]
    return [picture for draw in tqdm(parts, desc="drawing", disable=None) for picture in draw()]


def _data(plan: Plan, dataset: FactorDataset) -> list[Picture]:
    shown = dataset.images(np.arange(min(SHEET, len(dataset))))
    with plan.studio.open() as studio:
        sheet = factor_sheet(plan.encoder_space, studio, seed=plan.run.seed)
    return [
        Picture("The data set", "Its first images, every factor drawn at random.", png(contact_sheet(shown))),
        Picture(
            "The factors",
            "One row a factor, swept over the range the encoder was trained on; everything else stays put.",
            png(sheet),
        ),
    ]


def _separation(folder: Path, traversals: NDArray[np.uint8], encoder: FactorEncoder) -> list[Picture]:
    steps = walks(encoder, steps=traversals.shape[1])
    return [
        Picture(
            "Which factor moves which latent",
            "Measured by changing one factor at a time in images no training has seen: how far each latent "
            "moves on average. Separated latents show one dark cell a row.",
            (folder / "matrix.png").read_bytes(),
        ),
        Picture(
            "The same as a graph, beside that of the pixels",
            "The width of a line is the effect of the factor on the latent. Left the entangled code that "
            "pixels alone give, their principal components; right the encoder. Separated latents make a "
            "ladder.",
            (folder / "graph.png").read_bytes(),
        ),
        Picture(
            "Latent traversals",
            "One latent block walked through its range, the others held, decoded to images. The decoder is "
            "small and blurs what it finds costly; it is not used by the agents.",
            image_grid(list(traversals), [walk.name for walk in steps]),
        ),
    ]


def _learning(plan: Plan) -> list[Picture]:
    lines = (plan.encoder_folder / "history.jsonl").read_text().splitlines()
    history = [json.loads(line) for line in lines]
    epochs = np.array([entry["epoch"] for entry in history])
    encoder = {
        part: [(epochs, np.array([entry[part]["loss"] for entry in history]))]
        for part in ("training", "validation")
    }
    agents = {
        name: [_success_curve(plan.agent_folder(name, seed)) for seed in plan.training_seeds]
        for name in plan.run.agents.train
    }
    return [
        Picture("Encoder training", "Loss by epoch.", training_curves(encoder, "epoch", "loss")),
        Picture(
            "Agent training",
            f"Share of the last {CURVE_WINDOW} training episodes that succeeded, one line a training.",
            training_curves(agents, "environment steps", "success"),
        ),
    ]


def _success_curve(folder: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = read_curve(folder)
    steps = np.array([float(row.step) for row in rows])
    success = np.array([float(row.success) for row in rows])
    window = min(CURVE_WINDOW, len(rows))
    smooth = np.convolve(success, np.ones(window) / window, mode="valid")
    return steps[window - 1 :], smooth


def _shifts(plan: Plan) -> list[Picture]:
    """What the domains look like; of ladders, the highest rung."""
    tops = {domain.rung.ladder: domain for domain in plan.domains if domain.rung is not None}
    shown = [domain for domain in plan.domains if domain.rung is None] + list(tops.values())
    with plan.studio.open() as studio:
        rows = [studio.images(d.space, d.space.sample(STARTS, seed=plan.run.seed)).rgb for d in shown]
    return [
        Picture(
            "Every domain",
            f"{STARTS} starts, a column each. A shift changes what it names and nothing else; of ladders the "
            "highest rung.",
            image_grid([list(row) for row in rows], [domain.name for domain in shown]),
        )
    ]


def _worst(plan: Plan) -> list[Picture]:
    """The worst cases that were searched for."""
    found = []
    for name in plan.tested:
        folder = worst_folder(plan, name)
        if (folder / RESULT).exists() and (folder / FILM).exists():
            caption = summary(read_json(folder / RESULT))
            found.append(Picture(f"The worst case for {name}", caption, (folder / FILM).read_bytes()))
    return found


def png(image: NDArray[np.uint8]) -> bytes:
    """An RGB picture (H, W, 3) as PNG bytes."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
