"""Where the time of the batch renderer goes, kernel by kernel, against touching each triangle and pixel once.

    python benchmarks/raster_profile.py [--size 64] [--images 64] [--repetitions 30]

One core. Minima over the repetitions: other work on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import warp as wp

from simfactor.factors import load_space
from simfactor.frames import RenderBatch
from simfactor.render import Studio
from simfactor.render.raster import RasterRenderer

SEED = 7


@wp.kernel
def touch_triangles(
    corners: wp.array[wp.vec3i], points: wp.array[wp.vec4], first: wp.int32, out: wp.array[wp.float32]
):
    i = wp.tid()
    f = corners[first + i % 1024]
    out[i] = points[f[0]][2] + points[f[1]][2] + points[f[2]][2]


@wp.kernel
def touch_pixels(
    seen: wp.array[wp.uint64],
    rgb: wp.array[wp.uint8],
    depth: wp.array[wp.float32],
    labels: wp.array[wp.vec2i],
):
    i = wp.tid()
    key = wp.uint32(seen[i])
    rgb[3 * i] = wp.uint8(key)
    rgb[3 * i + 1] = wp.uint8(key >> wp.uint32(8))
    rgb[3 * i + 2] = wp.uint8(key >> wp.uint32(16))
    depth[i] = wp.float32(key)
    labels[i] = wp.vec2i(wp.int32(key), 0)


def floors(batch: RenderBatch) -> dict[str, Any]:
    """Kernels that read what every triangle and pixel needs, write what every pixel gives, and do no more."""
    triangles = sum(len(batch.meshes[m].faces) for row in batch.mesh for m in row if m >= 0)
    pixels = len(batch) * batch.height * batch.width
    corners = wp.array(batch.meshes[0].faces[:1024].repeat(1024, axis=0)[:1024], dtype=wp.vec3i, device="cpu")
    points = wp.zeros(len(batch.meshes[0].vertices), dtype=wp.vec4, device="cpu")
    sums = wp.zeros(triangles, dtype=wp.float32, device="cpu")
    seen = wp.zeros(pixels, dtype=wp.uint64, device="cpu")
    out = [
        wp.zeros(pixels * n, dtype=t, device="cpu")
        for n, t in ((3, wp.uint8), (1, wp.float32), (1, wp.vec2i))
    ]
    triangle_inputs, pixel_inputs = [corners, points, 0, sums], [seen, *out]
    return {
        "touch each triangle": wp.launch(
            touch_triangles, triangles, inputs=triangle_inputs, device="cpu", record_cmd=True
        ),
        "touch each pixel": wp.launch(
            touch_pixels, pixels, inputs=pixel_inputs, device="cpu", record_cmd=True
        ),
    }


def fastest(commands: dict[str, Any], repetitions: int) -> dict[str, float]:
    """Seconds of each kernel, the least of several interleaved runs."""
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(repetitions):
        for name, command in commands.items():
            start = time.perf_counter()
            command.launch()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=64, help="pixels a side (default: 64)")
    parser.add_argument("--images", type=int, default=64, help="images in the batch (default: 64)")
    parser.add_argument("--repetitions", type=int, default=30, help="runs, of which the fastest counts")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    space = load_space("tabletop").fix({"distractors": 0, "sensor_noise": 0})
    with Studio("tabletop", image_size=options.size) as studio:
        batch = studio.batch(space, space.sample(options.images, SEED))
    renderer = RasterRenderer()
    images = renderer.render(batch)  # kept, for the recorded launches write to it
    seconds = fastest({**renderer.launches, **floors(batch)}, options.repetitions)
    calls = []
    for _ in range(options.repetitions):
        start = time.perf_counter()
        images = renderer.render(batch)
        calls.append(time.perf_counter() - start)
    print(f"{options.images} images of {options.size} x {options.size}, microseconds an image\n")
    print("| kernel | time |\n|---|---|")
    for name, value in seconds.items():
        print(f"| {name} | {value / options.images * 1e6:.1f} |")
    kernels = sum(value for name, value in seconds.items() if not name.startswith("touch"))
    print(f"| all kernels | {kernels / options.images * 1e6:.1f} |")
    print(f"| a whole call of render | {min(calls) / len(images) * 1e6:.1f} |")


if __name__ == "__main__":
    main()
