"""How fast a beta-VAE trains, ours and disent's: `python benchmarks/encoder_training.py --peer-python PATH`.

Both train the Conv64 beta-VAE of the literature (10 latents, Bernoulli likelihood, Adam or AdamW) on 4,096
images of 64 x 64 x 3 in memory, batch 256, one thread, both kept on the same core. Timed are whole steps:
gather or load the batch, convert it, forward, backward, optimiser, logging; not validation, checkpoints or
start-up. The two take turns; figures are medians over the repetitions, ratios medians of each repetition's
ratio.

Ours is the loop of ``train_encoder``. disent's is its framework, data set and DataLoader under Lightning, in
a process of its own: once as shipped (`disent`), once with the padding of the literature, so that both
networks have the same sizes (`disent_same_network`: as shipped its maps are a pixel larger), and once so and
without the DataLoader (`disent_resident`). It needs another Python: `pip install disent==0.8.0` (and numba).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from peers.contender import pin_to_one_core
from tqdm import tqdm

from simfactor.encoders.batches import put_on_device
from simfactor.encoders.memory import memory_kept
from simfactor.encoders.model import FactorEncoder
from simfactor.encoders.training import Training
from simfactor.factors import Continuous, FactorSpace

PEER = Path(__file__).parent / "peers" / "disent_training.py"
BATCH = 256
PEER_ROWS = {
    "disent": {"network": "own", "data": "loader"},
    "disent_same_network": {"network": "same", "data": "loader"},
    "disent_resident": {"network": "same", "data": "resident"},
}


class Sample(NamedTuple):
    """Images a second of one repetition: by the clock, and by the CPU time of the process."""

    wall: float
    cpu: float


class Ours:
    """A training of ours, of which every call times one epoch of ``steps`` steps."""

    def __init__(self, steps: int, batch: int, device: str) -> None:
        count = steps * batch + 1  # one image is left to validate on
        space = FactorSpace({"x": Continuous(0.0, 1.0)})
        images = np.random.default_rng(0).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
        encoder = FactorEncoder(space, 64, "beta_vae", network="conv64").to(device)
        data = put_on_device(images, space.sample(count, 0), encoder.layout, space, torch.device(device))
        arguments = {
            "options": {},
            "epochs": 1000,
            "batch_size": batch,
            "learning_rate": 1e-3,
            "validation_share": 1 / count,
            "label_share": 1.0,
            "augment": False,
            "noise": 0.0,
            "seed": 0,
        }
        self.training = Training(encoder, data, arguments)

    def __call__(self) -> Sample:
        started = time.process_time()
        self.training.run_epoch(tqdm(disable=True))
        cpu = self.training.images / (time.process_time() - started)
        return Sample(self.training.history[-1]["images_per_second"], cpu)


class Disent:
    """disent in a process of its own, on the same core; ``python`` is an interpreter that has it."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, "-W", "ignore", str(PEER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, row: str, steps: int, batch: int, device: str) -> Sample:
        request = {**PEER_ROWS[row], "steps": steps, "batch": batch, "device": device}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the peer ended with {self.process.wait()}; run {PEER} by hand to see why.")
        answer = json.loads(line)
        return Sample(answer["images"] / answer["wall"], answer["images"] / answer["cpu"])

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def measured(rows: dict[str, Callable[[], Sample]], repetitions: int) -> dict[str, list[Sample]]:
    """Every row ``repetitions`` times in turns, after one turn that does not count."""
    samples: dict[str, list[Sample]] = {name: [] for name in rows}
    for repetition in range(repetitions + 1):
        for name, row in rows.items():
            sample = row()
            if repetition:
                samples[name].append(sample)
    return samples


def figures(samples: dict[str, list[Sample]], suffix: str = "") -> dict[str, Any]:
    """Images/s of every row and the ratios of ours to the others, None for what was not measured."""
    result: dict[str, Any] = {}
    for name in ("ours", *PEER_ROWS):
        taken = samples.get(name)
        result[f"{name}{suffix}_images_per_s"] = taken and median(s.wall for s in taken)
    for name in PEER_ROWS:
        key = "ratio" + name.removeprefix("disent") + suffix
        pairs = list(zip(samples.get("ours", []), samples.get(name, []), strict=False))
        result[key] = median(a.wall / b.wall for a, b in pairs) if pairs else None
        result[f"{key}_cpu"] = median(a.cpu / b.cpu for a, b in pairs) if pairs else None
    return result


def rows_on(
    device: str, steps: int, disent: Disent | None, batch: int = BATCH
) -> dict[str, Callable[[], Sample]]:
    """Ours and, where there is a peer, its rows on ``device`` (cpu or cuda)."""
    rows: dict[str, Callable[[], Sample]] = {"ours": Ours(steps, batch, device)}
    if disent is not None:
        where = "gpu" if device == "cuda" else "cpu"
        for name in PEER_ROWS:
            rows[name] = lambda name=name: disent(name, steps, batch, where)  # type: ignore[misc]
    return rows


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure on the CPU and, where there is one, on the GPU."""
    torch.set_num_threads(1)
    repetitions, steps = (2, 3) if args.quick else (args.repetitions, 8)
    cores = pin_to_one_core()
    disent = Disent(args.peer_python) if args.peer_python else None
    with memory_kept():  # as train_encoder does
        result = figures(measured(rows_on("cpu", steps, disent), repetitions))
    gpu = torch.cuda.is_available()
    if cores and gpu:
        os.sched_setaffinity(0, cores)
    taken = measured(rows_on("cuda", 100, disent), repetitions) if gpu else {}
    result |= figures(taken, "_cuda")
    large = measured(rows_on("cuda", 20, None, 4096), repetitions) if gpu else {}
    result["ours_cuda_4096_images_per_s"] = figures(large)["ours_images_per_s"]
    if disent is not None:
        disent.close()
    return result | {
        "batch": BATCH,
        "steps": steps,
        "repetitions": repetitions,
        "threads": 1,
        "cuda": torch.cuda.get_device_name() if gpu else "none here: the GPU rows were not measured",
        "peer": "disent 0.8.0" if disent else "not measured: give --peer-python",
        "torch": metadata.version("torch"),
        "python": platform.python_version(),
        "load_per_core": os.getloadavg()[0] / (os.cpu_count() or 1),
    }


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-python", help="the Python interpreter that has disent 0.8")
    parser.add_argument("--repetitions", type=int, default=5, help="of every row; default 5")
    parser.add_argument("--quick", action="store_true", help="two short repetitions")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    result = run(args)
    for key, value in result.items():
        shown = f"{value:,.2f}" if isinstance(value, float) else "not measured" if value is None else value
        print(f"{key}: {shown}")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
