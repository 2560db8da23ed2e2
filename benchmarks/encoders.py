"""Every family of encoders on one factor data set: `python benchmarks/encoders.py [--quick] [--json FILE]`.

All train on the same images of the space ``isaac3d`` (objectives that learn from pairs get them as pairs),
with the same network, for the same number of steps of 32 images, three seeds each. They are scored on images
that none has seen: in the lighting of the training, in lighting between what it showed, and in lighting
beyond it (darker, and from the other side). Rows with a share learned from that share of the labels.

Every finished training stays in --out: the same call again goes on where the last one stopped, and
--members and --seeds choose what to add.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from families.images import factor_images, factor_space
from families.members import FEATURES, Member, groups, members
from families.pictures import draw_families, draw_labels, draw_scores
from families.scores import LEARNER, scores
from families.table import as_markdown, summary
from tqdm import tqdm

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError, unknown_name


@dataclass(frozen=True)
class Study:
    """What all trainings have in common."""

    out: str
    pairs: int = 5000
    tests: int = 3000
    epochs: int = 5  # of all training images: 1,405 steps
    batch_size: int = 32
    learning_rate: float = 1e-3
    network: str = "conv64"


def train_and_score(study: Study, member: Member, seed: int) -> dict[str, Any]:
    """One training and its scores, read from the folder where they are there already."""
    import torch

    from simfactor.encoders import train_encoder

    torch.set_num_threads(1)
    folder = Path(study.out) / member.name.replace(" ", "-") / f"seed-{seed}"
    how = {**asdict(replace(study, out="")), **asdict(member), "seed": seed, "learner": LEARNER}
    if (folder / "scores.json").exists():
        stored = json.loads((folder / "scores.json").read_text())
        if stored["how"] != json.loads(json.dumps(how)):
            raise SimfactorError(f"{folder} holds another study's scores; give another --out.")
        return dict(stored)
    images = factor_images(Path(study.out), study.pairs, study.tests)
    started = time.perf_counter()
    common: dict[str, Any] = {
        "network": study.network,
        "epochs": study.epochs,
        "batch_size": study.batch_size,
        "learning_rate": study.learning_rate,
        "seed": seed,
        "progress": False,
    }
    data = *images["training"], factor_space()
    if member.perceptual:
        train_encoder(*data, folder / "features", objective=FEATURES, **common)
        common["features"] = folder / "features"
    encoder = train_encoder(*data, folder, objective=member.objective, **common | member.arguments)
    seconds = time.perf_counter() - started
    result = {"how": how, "seconds": round(seconds, 1), **scores(encoder, images)}
    write_atomically(folder / "scores.json", json.dumps(result).encode())
    return result


def run(study: Study, chosen: Sequence[Member], seeds: int, workers: int) -> dict[str, list[dict[str, Any]]]:
    """All trainings, side by side; member -> results by seed."""
    factor_images(Path(study.out), study.pairs, study.tests)
    results: dict[str, list[dict[str, Any]]] = {member.name: [] for member in chosen}
    with ProcessPoolExecutor(workers, get_context("spawn"), end_with_parent) as pool:
        jobs = {
            pool.submit(train_and_score, study, member, seed): member.name
            for seed in range(seeds)
            for member in chosen
        }
        for job in tqdm(as_completed(jobs), total=len(jobs), desc="trainings", disable=None):
            results[jobs[job]].append(job.result())
    return results


def end_with_parent() -> None:
    """In a worker: stop as soon as the benchmark is gone, even if it was killed and could not say so."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)  # a training goes on from its last epoch when the benchmark is called again

    Thread(target=watch, daemon=True).start()


def main() -> int:
    arguments = parsed()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the workers
    study = Study(arguments.out)
    if arguments.quick:
        study = replace(study, pairs=300, tests=600, epochs=1)
    try:
        chosen = chosen_members(arguments.members)
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    results = run(study, chosen, 1 if arguments.quick else arguments.seeds, arguments.workers)
    table = summary(chosen, results)
    print(as_markdown(table))
    if arguments.json is not None:
        content = {"study": asdict(replace(study, out="")), "dci_learner": LEARNER, "members": table}
        arguments.json.write_text(json.dumps(content, indent=1))
    if arguments.pictures is not None:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        draw_scores(table, arguments.pictures / "encoder_scores.png")
        draw_labels(table, arguments.pictures / "encoder_labels.png")
        draw_families(Path(study.out), chosen, study.pairs, study.tests, arguments.pictures / "encoders.jpg")
    return 0


def chosen_members(names: str | None) -> list[Member]:
    """The members of a comma-separated list, all of them by default. Raises SimfactorError for another."""
    known, grouped = members(), groups()
    asked = list(known) if names is None else names.split(",")
    wanted = [name for part in asked for name in grouped.get(part, [part])]
    for name in wanted:
        if name not in known:
            raise unknown_name("member", name, [*grouped, *known])
    return [known[name] for name in dict.fromkeys(wanted)]


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default="runs/encoders", help="where trainings are kept (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a minute's look at whether all of it runs")
    parser.add_argument(
        "--members", help="comma-separated names, or families, or labels (the curve); all by default"
    )
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="trainings at a time (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the table to this file")
    parser.add_argument("--pictures", type=Path, help="draw scores and reconstructions into this folder")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
