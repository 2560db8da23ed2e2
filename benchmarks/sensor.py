"""What a camera's sensor costs: `python benchmarks/sensor.py [--quick] [--json FILE]`.

CPU milliseconds an image of one process: pictures of the scene tabletop by the renderer `raster`, all factors
drawn anew in each, with an ideal camera and with each ready sensor. A sensor's own time is the difference of
two medians of interleaved repetitions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from simfactor.factors import load_sensor, load_space, ready_sensors
from simfactor.frames import RenderBatch
from simfactor.render import Renderer, Studio

SIZES = (64, 128)
IDEAL = "none"


def milliseconds(renderer: Renderer, batch: RenderBatch) -> float:
    """CPU time of an image."""
    start = time.process_time()
    renderer.render(batch)
    return 1e3 * (time.process_time() - start) / len(batch)


def measure(size: int, images: int, repetitions: int) -> dict[str, float]:
    """Sensor -> milliseconds an image, rendering included."""
    space = load_space("tabletop")
    spaces = {IDEAL: space} | {name: space.with_factors(load_sensor(name)) for name in ready_sensors()}
    with Studio("tabletop", image_size=size) as studio:
        batches = {name: studio.batch(own, own.sample(images, seed=0)) for name, own in spaces.items()}
        times: dict[str, list[float]] = {name: [] for name in batches}
        for _ in range(repetitions + 1):  # the first loads kernels and textures
            for name, batch in batches.items():
                times[name].append(milliseconds(studio.renderer, batch))
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few images, once")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    images, repetitions = (8, 1) if options.quick else (128, 7)
    figures = {str(size): measure(size, images, repetitions) for size in SIZES}
    print(f"| sensor | {' | '.join(f'{size} x {size}, ms' for size in SIZES)} |\n|---|---|---|")
    for name in figures[str(SIZES[0])]:
        cost = [figures[str(size)][name] - (name != IDEAL) * figures[str(size)][IDEAL] for size in SIZES]
        label = "the picture itself" if name == IDEAL else name
        print(f"| {label} | {' | '.join(f'{ms:.2f}' for ms in cost)} |")
    if options.json is not None:
        options.json.write_text(json.dumps({"cpu_ms_per_image": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
