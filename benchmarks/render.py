"""How fast images are rendered, side by side: `python benchmarks/render.py [--quick] [--json FILE]`.

Everyone draws the same random images of the scene ``tabletop``: a Panda, a textured table and room, an
object, a target, with light, textures, colours, camera and poses of their own, shadows on, rgb + depth +
segmentation, unless the row says otherwise. One core; every repetition times all rows in turn; the figures
are medians, and ratios are medians of the ratios within each repetition.

Peers run where installed (`pip install panda3d mujoco mujoco-warp`), else they are skipped with the reason.
On a machine with a GPU but without PyBullet, use what ``--save-batches FOLDER`` wrote elsewhere:
`python benchmarks/render.py --batches FOLDER --only cuda,mujoco_warp`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from peers import cuda, generation
from peers.contender import (
    Contender,
    Timing,
    Unavailable,
    interleaved,
    pin_to_one_core,
    ratio,
    ratio_cpu,
    release,
)
from peers.rows import RATIOS, ROWS
from peers.scenes import Row, Scenes

PACKAGES = ("simfactor", "numpy", "warp-lang", "torch", "pybullet", "panda3d", "mujoco", "mujoco-warp")
SHOWN = 8  # images of a contender in the pictures


def open_rows(rows: Sequence[Row], scenes: Scenes, renderer: str) -> tuple[list[Contender], dict[str, str]]:
    """The contenders that run here, each having drawn once, and why the others do not."""
    opened, skipped = [], {}
    for row in rows:
        try:
            contender = row.open(scenes, renderer)
            contender.draw()
        except Unavailable as reason:
            skipped[row.key] = str(reason)
        else:
            opened.append(contender)
    return opened, skipped


def figures(timings: dict[str, Timing]) -> dict[str, Any]:
    """Images/s and CPU ms of every row, None where it was not measured, and the ratios."""
    result: dict[str, Any] = {}
    for row in ROWS:
        timing = timings.get(row.key)
        result[f"{row.key}_fps"] = timing and timing.fps
        result[f"{row.key}_cpu_ms"] = timing and timing.cpu_ms
    for name, (fast, slow) in RATIOS.items():
        both = fast in timings and slow in timings
        result[name] = ratio(timings[fast], timings[slow]) if both else None
        result[f"{name}_cpu"] = ratio_cpu(timings[fast], timings[slow]) if both else None
    on_gpu = {row.key: timings[row.key].fps for row in cuda.ROWS if row.key in timings}
    return result | {f"{key}_fps": fps for key, fps in on_gpu.items()} | cuda.best(on_gpu)


def print_table(contenders: Sequence[Contender], timings: dict[str, Timing]) -> None:
    """A line for each contender."""
    print("| row | what | triangles | images/s | CPU ms/image |\n|---|---|---|---|---|")
    for contender in contenders:
        timing = timings[contender.key]
        print(
            f"| {contender.key} | {contender.label} | {contender.triangles:,.0f} | {timing.fps:,.1f} | "
            f"{timing.cpu_ms:.3f} |"
        )


def save_pictures(contenders: Sequence[Contender], folder: Path) -> None:
    """A strip of what each contender drew, and one sheet of all strips of one height."""
    import cv2  # here, because machines that only render may lack it

    folder.mkdir(parents=True, exist_ok=True)
    strips = []
    for contender in contenders:
        images = contender.rgb(contender.draw())[:SHOWN]
        strip = cv2.cvtColor(np.concatenate(list(images), axis=1), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{contender.key}.png"), strip)
        if strip.shape[0] == 64:
            large = cv2.resize(strip, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
            strips.append(cv2.putText(large, contender.key, (4, 14), 0, 0.5, (255, 255, 255), 1))
    if strips:
        cv2.imwrite(str(folder / "all.png"), np.concatenate(strips))


def environment() -> dict[str, Any]:
    """The machine and the versions that the figures belong to."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    cpuinfo = Path("/proc/cpuinfo")
    models = [
        line.split(":")[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else ())
        if line.startswith("model name")
    ]
    machine = {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "gpu": cuda.gpu_name(),
        "load_per_core": os.getloadavg()[0] / (os.cpu_count() or 1),
    }
    return {"machine": machine, "versions": versions}


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure the chosen rows and print them; returns what ``--json`` writes."""
    wanted = tuple(prefix for prefix in args.only.split(",") if prefix) or ("",)
    seconds = 0.15 if args.quick else 1.0
    repetitions = args.repetitions or (3 if args.quick else 9)
    result = environment()
    cores = pin_to_one_core()
    scenes = Scenes(args.batches)
    if args.save_batches:
        scenes.save(args.save_batches)
    rows = [row for row in (*ROWS, *cuda.ROWS) if row.key.startswith(wanted)]
    contenders, skipped = open_rows(rows, scenes, args.renderer)
    timings = interleaved(contenders, repetitions, seconds)
    print_table(contenders, timings)
    if args.pictures:
        save_pictures(contenders, args.pictures)
    release(cores)
    result |= {
        "renderer": args.renderer,
        "repetitions": repetitions,
        "seconds_per_repetition": seconds,
        "triangles_per_image": {contender.key: contender.triangles for contender in contenders},
        **figures(timings),
        "generate_64_images_per_s": None,
    }
    if "generate_64".startswith(wanted):
        try:
            # as many images as take two or ten seconds if rendering is all that counts
            expected = (2.0 if args.quick else 10.0) * generation.WORKERS * (result["raster_64_fps"] or 0.0)
            result |= generation.rate(args.renderer, 1 if args.quick else 3, round(expected))
        except Unavailable as reason:
            skipped["generate_64"] = str(reason)
    print_rest(result, skipped)
    return result | {"skipped": skipped}


def print_rest(result: dict[str, Any], skipped: dict[str, str]) -> None:
    """The ratios, generation, how busy the machine was, and what was skipped and why."""
    for name in RATIOS:
        if result[name] is not None:
            print(f"{name}: {result[name]:.1f} (in CPU time {result[f'{name}_cpu']:.1f})")
    if "generate_64_images" in result:
        steady = result["generate_64_images_per_s"]
        print(
            f"generation, {generation.WORKERS} workers, 64 px, {result['generate_64_images']:,} images: "
            f"{'too few to tell' if steady is None else f'{steady:,.0f}'} images/s, with the workers' start "
            f"({result['generate_64_start_s']:.1f} s) {result['generate_64_images_per_s_with_start']:,.0f}"
        )
    for reason in dict.fromkeys(skipped.values()):
        keys = [key for key in skipped if skipped[key] == reason]
        print(f"skipped {', '.join(keys[:7])}{f', {len(keys) - 7} more' if keys[7:] else ''}: {reason}")
    if result["machine"]["load_per_core"] > 0.25:
        print(f"The machine was busy with other work (load {result['machine']['load_per_core']:.2f} a core).")


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="shorter and fewer repetitions, under a minute")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--repetitions", type=int, help="of every row; default 9, quick 3")
    parser.add_argument("--only", default="", help="rows whose names start so, separated by commas")
    parser.add_argument("--renderer", default="raster", help="simfactor's renderer in the one-core rows")
    parser.add_argument("--pictures", type=Path, help="save what each contender drew in this folder")
    parser.add_argument("--batches", type=Path, help="folder of saved scenes to use instead of PyBullet")
    parser.add_argument("--save-batches", type=Path, help="folder to save the scenes in")
    args = parser.parse_args()
    result = run(args)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
        print(f"figures in {args.json}")


if __name__ == "__main__":
    main()
