"""Scores of a run's encoder on images that no training has seen, and the arrays that show them."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor import metrics
from simfactor.atomic import write_atomically
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder, latent_traversals
from simfactor.pipeline.plan import Plan
from simfactor.pipeline.records import read_json, write_json

TRAIN_SHARE = 2 / 3  # of the scored images train the metrics' learners, the rest tests them
CLASS_BINS = 10  # of a continuous factor, where a metric wants classes
DCI_LEARNER = "random_forest"
TRAVERSAL_STEPS = 9
METRICS = 3  # steps of the progress bar: DCI, decodability, and the rest


def score_encoder(plan: Plan, dataset: FactorDataset, encoder: FactorEncoder) -> dict[str, Any]:
    """MIG, DCI and decodability of the encoder, kept in OUT/scores; computed anew if something changed."""
    folder = plan.folder / "scores"
    end = plan.score_images.count
    indices = np.arange(end - plan.run.data.score_count, end)
    fingerprint = _fingerprint(plan, encoder, len(indices))
    if (folder / "scores.json").exists():
        stored = read_json(folder / "scores.json")
        if stored["fingerprint"] == fingerprint:
            return dict(stored["scores"])
    space = encoder.space
    rows = dataset.factors(indices)[:, [dataset.space.index(name) for name in space.names]]
    codes = encoder.encode(dataset.images(indices)).astype(np.float64)
    with tqdm(total=METRICS, desc="scoring", disable=None) as bar:
        scores, matrix = _scores(codes, rows, encoder, bar)
    shown = dataset.images(indices[:1])
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, matrix=matrix, traversals=latent_traversals(encoder, shown[0], steps=TRAVERSAL_STEPS)
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "arrays.npz", buffer.getvalue())
    write_json(folder / "scores.json", {"fingerprint": fingerprint, "scores": scores})
    return scores


def _scores(
    codes: NDArray[np.float64], rows: NDArray[np.float64], encoder: FactorEncoder, bar: tqdm
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    space, split = encoder.space, int(len(codes) * TRAIN_SHARE)
    parts = (codes[:split], rows[:split], codes[split:], rows[split:])
    factors = [space[name] for name in space.names]
    columns: dict[str, Any] = {
        "kinds": [factor.kind for factor in factors],
        "periods": [getattr(factor, "period", None) for factor in factors],
        "names": space.names,
    }
    labelled = len(encoder.layout.names) > 1
    blocks = [encoder.layout.dims([name]) for name in space.names] if labelled else None
    classes = space.classes(rows, CLASS_BINS)
    dci = metrics.dci(*parts, **columns, learner=DCI_LEARNER)
    bar.update()
    decoded = metrics.decodability(*parts, **columns)
    bar.update()
    scores = {
        "mig": float(metrics.mig(codes, classes, names=space.names)),
        "dci_disentanglement": dci.disentanglement,
        "dci_completeness": dci.completeness,
        "dci_informativeness": dci.informativeness,
        "dci_learner": dci.learner,
        "dci_n": dci.n,
        "decodability": decoded.mean,
        "decodability_learner": decoded.learner,
        "decodability_by_factor": dict(zip(space.names, decoded.by_factor.tolist(), strict=True)),
    }
    if blocks is not None:
        own = metrics.decodability(*parts, **columns, blocks=blocks)
        scores["own_block_decodability"] = own.mean
        scores["own_block_decodability_by_factor"] = dict(
            zip(space.names, own.by_factor.tolist(), strict=True)
        )
    bar.update()
    return scores, metrics.mutual_information_matrix(codes, classes)


def _fingerprint(plan: Plan, encoder: FactorEncoder, count: int) -> str:
    """Changes with the weights, the scored images and how they are scored."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    shown = plan.score_images
    how = [shown.space.fingerprint, shown.seed, shown.count, count, CLASS_BINS, DCI_LEARNER]
    digest.update(json.dumps(how).encode())
    return digest.hexdigest()[:16]
