"""How fast labelled images are made: `python benchmarks/generate.py [--space NAME] [--quick] [--json FILE]`.

Runs `simfactor.data.generate` with two workers (64x64, shadows on; all factors of the tabletop scene, or
those that the quickstart varies) into a fresh folder, three times, and prints the row of docs/benchmarks.md.
Start-up is what the same workers take for one image each.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from simfactor.config import load_config
from simfactor.data import generate
from simfactor.factors import FactorSpace, load_space
from simfactor.pipeline import make_plan
from simfactor.render import StudioSpec

WORKERS = 2
TARGET = 150  # labelled images/s on two cores
SPACES: dict[str, Callable[[], FactorSpace]] = {
    "tabletop": lambda: load_space("tabletop"),
    "quickstart": lambda: make_plan(load_config("quickstart")).encoder_space,
}


def measure(space: FactorSpace, count: int, shard_size: int) -> tuple[float, float]:
    """Wall-clock and CPU seconds (this process and the workers) of one run."""
    spec = StudioSpec(image_size=64)
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = cpu_seconds(), time.perf_counter()
        generate(space, folder, count, 0, spec, shard_size=shard_size, workers=WORKERS, progress=False)
        return time.perf_counter() - wall, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """User and system time of this process and of all its finished children."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def benchmark(space: FactorSpace, count: int, shard_size: int, repeats: int) -> dict[str, float | int | str]:
    """Medians over ``repeats`` runs of ``count`` images."""
    runs, starts = [], []
    for _ in range(repeats):
        starts.append(measure(space, WORKERS, 1))
        runs.append(measure(space, count, shard_size))
    wall, cpu = (statistics.median(run[i] for run in runs) for i in range(2))
    start_wall, start_cpu = (statistics.median(start[i] for start in starts) for i in range(2))
    return {
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "workers": WORKERS,
        "images": count,
        "images_per_s": count / wall,
        "images_per_s_without_start": (count - WORKERS) / (wall - start_wall),
        "cpu_ms_per_image_without_start": 1e3 * (cpu - start_cpu) / (count - WORKERS),
        "start_s": start_wall,
        "target_images_per_s": TARGET,
        "load_per_core": os.getloadavg()[0] / (os.cpu_count() or 1),
    }


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--space", choices=SPACES, default="tabletop", help="whose factors vary")
    parser.add_argument("--quick", action="store_true", help="a tenth of the images, one run")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    space = SPACES[args.space]()
    result = benchmark(space, 256, 32, 1) if args.quick else benchmark(space, 3072, 256, 3)
    print("| cores | workers | images | images/s | images/s without start-up | CPU ms/image | start-up s |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {result['cores']} | {WORKERS} | {result['images']} | {result['images_per_s']:.0f} | "
        f"{result['images_per_s_without_start']:.0f} | {result['cpu_ms_per_image_without_start']:.2f} | "
        f"{result['start_s']:.1f} |"
    )
    if float(result["load_per_core"]) > WORKERS / int(result["cores"]) + 0.25:
        print(f"The machine was busy with other work (load {result['load_per_core']:.1f} a core).")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
