"""Scores of a run's encoder on images that no training has seen, and the pictures that show them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor import metrics
from simfactor.atomic import write_atomically
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder, latent_traversals
from simfactor.encoders.pretrained import weights_digest
from simfactor.errors import SimfactorError
from simfactor.json_files import read_json, write_json
from simfactor.metrics import Interventional, ScoreRow, ScoreTable
from simfactor.pipeline.interventions import Changed, change_each, principal_components, project
from simfactor.pipeline.plan import Plan
from simfactor.report import latent_factor_graph, latent_factor_matrix

TRAIN_SHARE = 2 / 3  # of the scored images train the metrics' learners, the rest tests them
DCI_LEARNER = "random_forest"
RESAMPLES, SHUFFLES = 3, 1  # each costs as much again as the scores
TRAVERSAL_STEPS = 9
NEEDED = ("mig", "dci", "decodability", "interventional")
RECIPE = 2  # of the scores: another number scores finished runs anew


class Images(NamedTuple):
    """What is scored: codes (n, L) and rows (n, K) of images, and what changing their factors does."""

    codes: NDArray[np.float64]
    rows: NDArray[np.float64]
    changed: Changed
    codes_changed: NDArray[np.float64]


def score_encoder(plan: Plan, dataset: FactorDataset, encoder: FactorEncoder) -> dict[str, Any]:
    """Every score of the encoder, kept in OUT/scores with pictures; computed anew if something changed.

    Raises SimfactorError if one of the scores that the report cannot do without is not defined here.
    """
    folder = plan.folder / "scores"
    end = plan.score_images.count
    indices = np.arange(end - plan.run.data.score_count, end)
    fingerprint = _fingerprint(plan, encoder, len(indices))
    if (folder / "scores.json").exists():
        stored = read_json(folder / "scores.json")
        if stored["fingerprint"] == fingerprint:
            return dict(stored["scores"])
    space = encoder.space
    pictures = dataset.images(indices)
    changed = change_each(plan, dataset, indices, space.names)
    shown = Images(
        encoder.encode(pictures).astype(np.float64),
        dataset.factors(indices)[:, [dataset.space.index(name) for name in space.names]],
        changed,
        encoder.encode(changed.after).astype(np.float64),
    )
    table = _table(shown, encoder, plan.run.seed)
    for name in NEEDED:
        if name in table.left_out:
            raise SimfactorError(f"{name} cannot be scored here: {table.left_out[name]}")
    folder.mkdir(parents=True, exist_ok=True)
    _draw(folder, table, encoder, _pixel_effects(pictures, changed, space.names))
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        effect=table.results["interventional"].effect,
        traversals=latent_traversals(encoder, pictures[0], steps=TRAVERSAL_STEPS),
    )
    write_atomically(folder / "arrays.npz", buffer.getvalue())
    scores = _summary(table, space.names)
    write_json(folder / "scores.json", {"fingerprint": fingerprint, "scores": scores})
    return scores


def format_stored(scores: dict[str, Any]) -> str:
    """The table of ``score_encoder``'s result as text."""
    stored = dict(scores["table"])
    rows = tuple(ScoreRow(**row) for row in stored.pop("rows"))
    return metrics.format_scores(ScoreTable(rows, {}, **stored))


def _table(shown: Images, encoder: FactorEncoder, seed: int) -> ScoreTable:
    space, split = encoder.space, int(len(shown.codes) * TRAIN_SHARE)
    factors = [space[name] for name in space.names]
    labelled = len(encoder.layout.names) > 1
    with tqdm(desc="scoring", disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return metrics.score_table(
            shown.codes[:split],
            shown.rows[:split],
            shown.codes[split:],
            shown.rows[split:],
            kinds=[factor.kind for factor in factors],
            periods=[getattr(factor, "period", None) for factor in factors],
            names=space.names,
            blocks=[encoder.layout.dims([name]) for name in space.names] if labelled else None,
            roles=[factor.role for factor in factors],
            pairs=(shown.codes[shown.changed.before], shown.codes_changed, shown.changed.changed),
            dci_learner=DCI_LEARNER,
            resamples=RESAMPLES,
            shuffles=SHUFFLES,
            seed=seed,
            jobs=min(os.cpu_count() or 1, 1 + RESAMPLES + SHUFFLES),
            progress=progress,
        )


def _summary(table: ScoreTable, names: tuple[str, ...]) -> dict[str, Any]:
    """Scores by name, those by factor, and the table with all that it tells."""
    scores: dict[str, Any] = {row.name: row.value for row in table.rows}
    scores |= {"dci_learner": DCI_LEARNER, "dci_n": table.results["dci"].n}
    scores["decodability_learner"] = table.results["decodability"].learner
    for name in ("decodability", "own_block_decodability"):
        if name in table.results:
            by_factor = table.results[name].by_factor.tolist()
            scores[f"{name}_by_factor"] = dict(zip(names, by_factor, strict=True))
    scores["table"] = {
        "rows": [row._asdict() for row in table.rows],
        "left_out": table.left_out,
        "interval": table.interval,
        "null": table.null,
        "seed": table.seed,
    }
    return scores


def _pixel_effects(pictures: NDArray[np.uint8], changed: Changed, names: tuple[str, ...]) -> Interventional:
    components = principal_components(pictures)
    before = project(pictures[: changed.before.max() + 1], components)[changed.before]
    return metrics.interventional(before, project(changed.after, components), changed.changed, names=names)


def _draw(folder: Path, table: ScoreTable, encoder: FactorEncoder, pixels: Interventional) -> None:
    """matrix.png and graph.png: what each factor does to each latent."""
    effect, layout = table.results["interventional"].effect, encoder.layout
    names = encoder.space.names
    blocks = {name: len(layout.dims([name])) for name in layout.names}
    quantity = "mean change of the latent, in its standard deviations"
    matrix = latent_factor_matrix(effect, names, {n: w for n, w in blocks.items() if w}, quantity)
    write_atomically(folder / "matrix.png", matrix)
    graph = latent_factor_graph(
        {"principal components": pixels.effect, "the encoder": effect},
        names,
        latent_names={"the encoder": layout.dimension_names},
        quantity="effect",
    )
    write_atomically(folder / "graph.png", graph)


def _fingerprint(plan: Plan, encoder: FactorEncoder, count: int) -> str:
    """Changes with the weights, the scored images and how they are scored."""
    digest = weights_digest(encoder.state_dict())
    shown = plan.score_images
    how = [shown.space.fingerprint, shown.seed, shown.count, count, RECIPE, DCI_LEARNER, RESAMPLES, SHUFFLES]
    digest.update(json.dumps(how).encode())
    return digest.hexdigest()[:16]
