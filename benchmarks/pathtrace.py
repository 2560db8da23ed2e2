"""How fast images are path-traced: `python benchmarks/pathtrace.py [--quick] [--json FILE] [--picture FILE]`.

Random images of the scene ``tabletop`` on one core, by ``raster`` and by ``pathtrace`` with several numbers
of samples and variants of Mitsuba; all repetitions time all rows in turn, and the figures are medians. In the
row ``rebuilt`` nothing is kept between images. ``--picture`` draws six scenes with both renderers instead.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from peers.contender import Contender, Timing, interleaved
from peers.scenes import triangles
from render import environment

from simfactor.data import contact_sheet, save_png
from simfactor.factors import load_space
from simfactor.frames import Images, RenderBatch
from simfactor.render import Studio, make_renderer
from simfactor.render.pathtrace.variants import CUDA, LLVM, SCALAR, unusable

SIDES = (64, 128)
SAMPLES = (4, 16, 64)
IMAGES = 2  # of a draw
SHOWN, SHOWN_SIDE, SHOWN_SAMPLES, SHOWN_SOFTNESS = 6, 128, 256, 0.08


def scenes(count: int, side: int, seed: int) -> RenderBatch:
    """Random images of the scene, without the sensor's noise."""
    space = load_space("tabletop").fix({"sensor_noise": 0})
    with Studio("tabletop", image_size=side) as studio:
        return studio.batch(space, space.sample(count, seed))


def contender(key: str, name: str, batch: RenderBatch, rebuilt: bool = False, **options: object) -> Contender:
    """A renderer that draws ``batch``, image by image if it is ``rebuilt`` for each."""
    renderer = make_renderer(name, **options)

    def draw() -> Images:
        if not rebuilt:
            return renderer.render(batch)
        parts = []
        for i in range(len(batch)):
            renderer.close()
            parts.append(renderer.render(batch[i : i + 1]))
        return Images.concatenate(parts)

    draw()  # loads and compiles
    return Contender(key, name, len(batch), triangles(batch), draw, lambda images: images.rgb)


def contenders() -> list[Contender]:
    """All rows that run here."""
    rows = []
    for side in SIDES:
        batch = scenes(IMAGES, side, seed=0)
        rows.append(contender(f"raster_{side}", "raster", batch))
        for variant in (SCALAR, LLVM, CUDA):
            if unusable(variant):
                print(f"skipped {variant}: {unusable(variant)}")
                continue
            for samples in SAMPLES:
                key = f"{variant}_{side}_{samples}"
                rows.append(contender(key, "pathtrace", batch, variant=variant, samples=samples))
        rows.append(contender(f"{SCALAR}_{side}_16_rebuilt", "pathtrace", batch, rebuilt=True))
    return rows


def show(timings: dict[str, Timing]) -> None:
    """A line for each row: a core's images a second are counted in CPU time."""
    print("| row | images/s of a core | CPU ms/image |\n|---|---|---|")
    for key, timing in timings.items():
        print(f"| {key} | {1e3 / timing.cpu_ms:,.2f} | {timing.cpu_ms:,.1f} |")


def picture(path: Path) -> None:
    """Six scenes, above as ``raster`` shows them and below path-traced, with a sun of some size."""
    batch = scenes(SHOWN, SHOWN_SIDE, seed=3)
    batch = replace(batch, light_softness=np.full_like(batch.light_softness, SHOWN_SOFTNESS))
    with (
        make_renderer("raster", supersample=3) as raster,
        make_renderer("pathtrace", samples=SHOWN_SAMPLES, variant="auto") as tracer,
    ):
        both = [renderer.render(batch).rgb for renderer in (raster, tracer)]
    save_png(path, contact_sheet(np.concatenate(both), columns=SHOWN))


def main() -> None:
    """Parse the command line and measure, or draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--picture", type=Path, help="draw this picture, and measure nothing")
    options = parser.parse_args()
    if options.picture:
        picture(options.picture)
        return
    timings = interleaved(contenders(), repetitions=1 if options.quick else 3, seconds=0.0)
    show(timings)
    if options.json:
        figures = {key: timing.cpu_ms for key, timing in timings.items()}
        options.json.write_text(json.dumps({**environment(), "cpu_ms": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
