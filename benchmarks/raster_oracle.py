"""How close the ``raster`` renderer is to PyBullet's TinyRenderer on random tabletop scenes.

Usage: ``python benchmarks/raster_oracle.py [--scenes 200] [--size 224] [--seed 0]``; a line for each figure.
"""

import argparse

import numpy as np

from simfactor.factors import load_space
from simfactor.frames import Images
from simfactor.render import Studio, make_renderer

CHUNK = 10  # scenes rendered at once


def mean_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Mean over the labels of either image (H, W, 2) of what they share over what they cover."""
    labels = np.unique(np.concatenate([a.reshape(-1, 2), b.reshape(-1, 2)]), axis=0)
    masks = [[(image == label).all(axis=-1) for image in (a, b)] for label in labels]
    return float(np.mean([(x & y).sum() / (x | y).sum() for x, y in masks]))


def compare(a: Images, b: Images) -> dict[str, np.ndarray]:
    """Figures per image, and the rgb differences of all pixels whose labels agree."""
    same = (a.segmentation == b.segmentation).all(axis=-1)
    hit = same & np.isfinite(a.depth) & np.isfinite(b.depth)
    millimetres = 1e3 * np.abs(a.depth - b.depth, where=hit, out=np.full(hit.shape, np.nan))
    return {
        "iou": np.array([mean_iou(x, y) for x, y in zip(a.segmentation, b.segmentation, strict=True)]),
        "equal": same.mean(axis=(1, 2)),
        "depth": np.nanmedian(millimetres, axis=(1, 2)),
        "rgb": np.abs(a.rgb.astype(int) - b.rgb).max(axis=-1)[same],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    space = load_space("tabletop").fix({"distractors": 0, "sensor_noise": 0})  # shading alone is compared
    rows = space.sample(options.scenes, seed=options.seed)
    parts = []
    with Studio("tabletop", "tiny", options.size) as studio, make_renderer("raster", device="cpu") as raster:
        for start in range(0, len(rows), CHUNK):
            batch = studio.batch(space, rows[start : start + CHUNK])
            parts.append(compare(studio.renderer.render(batch), raster.render(batch)))
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    iou, depth, rgb = found["iou"], found["depth"], found["rgb"]
    print(f"{options.scenes} tabletop scenes at {options.size}x{options.size}, raster against TinyRenderer")
    print(f"  IoU of the segments, mean (worst scene)      {iou.mean():.5f} ({iou.min():.5f})")
    print(f"  pixels with equal labels                     {100 * found['equal'].mean():.4f} %")
    print(f"  median depth error in mm (worst scene)       {np.median(depth):.5f} ({depth.max():.5f})")
    for share in (50, 90, 99, 99.9):
        print(f"  rgb difference that {share:>4} % are within       {np.percentile(rgb, share):.0f} levels")


if __name__ == "__main__":
    main()
